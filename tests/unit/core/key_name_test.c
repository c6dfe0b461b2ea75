#include "test.h"

#include <stdlib.h>

#include "base/date.h"
#include "core/key_name.h"

static void another_key_is_made_when_the_last_one_expires(void **state)
{
	char *soon = bbk_date_text(bbk_date_today() + 3);
	char *over = bbk_date_text(bbk_date_today() - 3);
	char *far = bbk_date_text(bbk_date_today() + 90);
	const struct {
		const char *recorded, *expires, *want;
	} rows[] = {
		{ NULL, NULL, "bbkey_h_p" },
		{ "/h/.ssh/bbkey_h", soon, "bbkey_h_p" },
		{ "/h/.ssh/id_ed25519", soon, "bbkey_h_p" },
		{ "/h/.ssh/bbkey_h_p", NULL, "bbkey_h_p" },
		{ "/h/.ssh/bbkey_h_p", far, "bbkey_h_p" },
		{ "/h/.ssh/bbkey_h_p", soon, "bbkey_h_p_2" },
		{ "/h/.ssh/bbkey_h_p", over, "bbkey_h_p_2" },
		{ "/h/.ssh/bbkey_h_p_2", far, "bbkey_h_p_2" },
		{ "/h/.ssh/bbkey_h_p_2", soon, "bbkey_h_p_3" },
		{ "/h/.ssh/bbkey_h_p_9", soon, "bbkey_h_p_10" },
		{ "/h/.ssh/bbkey_h_p_2_4", far, "bbkey_h_p_2_4" },
		{ "/h/.ssh/bbkey_h_p_2_4", soon, "bbkey_h_p_5" },
		/* other projects' */
		{ "/h/.ssh/bbkey_h_p_x", soon, "bbkey_h_p" },
		{ "/h/.ssh/bbkey_h_p2", soon, "bbkey_h_p" },
		{ "/h/.ssh/bbkey_h_p_x_2", far, "bbkey_h_p" },
		/* no names of ours */
		{ "/h/.ssh/bbkey_h_p_", soon, "bbkey_h_p" },
		{ "/h/.ssh/bbkey_h_p_1", soon, "bbkey_h_p" },
		{ "/h/.ssh/bbkey_h_p_99999999999999999999", soon,
		  "bbkey_h_p" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char *name = bbk_key_name_next("bbkey_h_p", rows[i].recorded,
					       rows[i].expires);

		miss_text(name, rows[i].want, rows[i].recorded ?
			  rows[i].recorded : "no record");
		free(name);
	}
	free(soon);
	free(over);
	free(far);
}

static void a_place_is_named_by_what_the_url_says(void **state)
{
	static const struct {
		const char *url;
		bool cloud;
		enum bbk_scope scope;
		const char *want;
	} rows[] = {
		{ "ssh://git@h/proj/app.git", false, BBK_SCOPE_PROJECT,
		  "proj" },
		{ "ssh://git@h/proj/app.git", false, BBK_SCOPE_REPO,
		  "proj_app" },
		{ "ssh://git@h/proj/app.git", false, BBK_SCOPE_PERSONAL,
		  "proj" },
		{ "https://h/projects/PROJ", false, BBK_SCOPE_PROJECT,
		  "PROJ" },
		{ "git@h:acme/app.git", true, BBK_SCOPE_PROJECT, "acme_app" },
		{ "git@h:acme/app.git", true, BBK_SCOPE_REPO, "acme_app" },
		{ "git@h:acme/app.git", true, BBK_SCOPE_PERSONAL, "acme" },
		{ "https://bitbucket.org/acme/workspace/projects/KEY", true,
		  BBK_SCOPE_PROJECT, "acme_KEY" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(err) err = BBK_ERR_INIT;
		BBK_AUTO(url) url = BBK_URL_INIT;
		BBK_AUTO(address) address = BBK_ADDRESS_INIT;
		char *place;

		assert_int_equal(bbk_url_parse(&url, rows[i].url, &err), 0);
		assert_int_equal(bbk_address_of(&address, &url, rows[i].cloud,
						&err), 0);
		place = bbk_key_place(&address, rows[i].scope);
		miss_text(place, rows[i].want, rows[i].url);
		free(place);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(another_key_is_made_when_the_last_one_expires),
		TEST(a_place_is_named_by_what_the_url_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
