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
		{ NULL, NULL, "bbkey_h+p" },
		{ "/h/.ssh/bbkey_h", soon, "bbkey_h+p" },
		{ "/h/.ssh/id_ed25519", soon, "bbkey_h+p" },
		{ "/h/.ssh/bbkey_h+p", NULL, "bbkey_h+p" },
		{ "/h/.ssh/bbkey_h+p", far, "bbkey_h+p" },
		{ "/h/.ssh/bbkey_h+p", soon, "bbkey_h+p++2" },
		{ "/h/.ssh/bbkey_h+p", over, "bbkey_h+p++2" },
		{ "/h/.ssh/bbkey_h+p++2", far, "bbkey_h+p++2" },
		{ "/h/.ssh/bbkey_h+p++2", soon, "bbkey_h+p++3" },
		{ "/h/.ssh/bbkey_h+p++9", soon, "bbkey_h+p++10" },
		{ "/h/.ssh/bbkey_h+p++2_4", far, "bbkey_h+p++2_4" },
		{ "/h/.ssh/bbkey_h+p++2_4", soon, "bbkey_h+p++3" },
		{ "/h/.ssh/bbkey_h+p++rsa", far, "bbkey_h+p++rsa" },
		{ "/h/.ssh/bbkey_h+p++2++rsa", soon, "bbkey_h+p++3" },
		{ "/h/.ssh/bbkey_h+p++rsa++2", soon, "bbkey_h+p++3" },
		/* other places' */
		{ "/h/.ssh/bbkey_h+p_x", soon, "bbkey_h+p" },
		{ "/h/.ssh/bbkey_h+p2", soon, "bbkey_h+p" },
		{ "/h/.ssh/bbkey_h+p+x", soon, "bbkey_h+p" },
		{ "/h/.ssh/bbkey_h+p+2", soon, "bbkey_h+p" },
		{ "/h/.ssh/bbkey_h+p+x++2", far, "bbkey_h+p" },
		{ "/h/.ssh/bbkey_h_p_2", soon, "bbkey_h+p" },
		/* no names of ours */
		{ "/h/.ssh/bbkey_h+p_", soon, "bbkey_h+p" },
		{ "/h/.ssh/bbkey_h+p++", soon, "bbkey_h+p" },
		{ "/h/.ssh/bbkey_h+p++1", soon, "bbkey_h+p" },
		{ "/h/.ssh/bbkey_h+p++dsa", soon, "bbkey_h+p" },
		{ "/h/.ssh/bbkey_h+p++99999999999999999999", soon,
		  "bbkey_h+p" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char *name = bbk_key_name_next("bbkey_h+p", rows[i].recorded,
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
		  "proj+app" },
		{ "ssh://git@h/proj/app.git", false, BBK_SCOPE_PERSONAL,
		  "proj" },
		{ "https://h/projects/PROJ", false, BBK_SCOPE_PROJECT,
		  "PROJ" },
		{ "git@h:acme/app.git", true, BBK_SCOPE_PROJECT, "acme+app" },
		{ "git@h:acme/app.git", true, BBK_SCOPE_REPO, "acme+app" },
		{ "git@h:acme/app.git", true, BBK_SCOPE_PERSONAL, "acme" },
		{ "https://bitbucket.org/acme/workspace/projects/KEY", true,
		  BBK_SCOPE_PROJECT, "acme+KEY" },
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

static void two_places_have_two_names(void **state)
{
	static const struct {
		enum bbk_scope scope;
		const char *place;
		enum bbk_key_type type;
		const char *want;
	} rows[] = {
		{ BBK_SCOPE_PROJECT, NULL, BBK_KEY_ED25519, "bbkey_h" },
		{ BBK_SCOPE_PROJECT, NULL, BBK_KEY_RSA, "bbkey_h_rsa" },
		{ BBK_SCOPE_PERSONAL, NULL, BBK_KEY_RSA,
		  "bbkey_h_account_rsa" },
		{ BBK_SCOPE_PROJECT, "RSA", BBK_KEY_ED25519, "bbkey_h+rsa" },
		{ BBK_SCOPE_PROJECT, "ACCOUNT", BBK_KEY_ED25519,
		  "bbkey_h+account" },
		{ BBK_SCOPE_PROJECT, "PROJ", BBK_KEY_RSA, "bbkey_h+proj++rsa" },
		{ BBK_SCOPE_PROJECT, "PROJ_RSA", BBK_KEY_ED25519,
		  "bbkey_h+proj_rsa" },
		{ BBK_SCOPE_REPO, "A+b_c", BBK_KEY_ED25519, "bbkey_h+a+b_c" },
		{ BBK_SCOPE_REPO, "A_B+c", BBK_KEY_ED25519, "bbkey_h+a_b+c" },
		{ BBK_SCOPE_PROJECT, "BOB", BBK_KEY_ED25519, "bbkey_h+bob" },
		{ BBK_SCOPE_PROJECT, "~bob", BBK_KEY_ED25519, "bbkey_h++bob" },
		{ BBK_SCOPE_PROJECT, "~2", BBK_KEY_ED25519, "bbkey_h++2" },
	};
	BBK_AUTO(err) err = BBK_ERR_INIT;
	BBK_AUTO(instance) instance = BBK_INSTANCE_INIT;

	(void)state;
	assert_int_equal(bbk_url_parse(&instance.url, "https://h", &err), 0);
	for (size_t i = 0; i < ROWS(rows); i++) {
		char *name = bbk_key_name(&instance, rows[i].scope,
					  rows[i].place, rows[i].type);
		char *again = bbk_key_name_typed(name, BBK_KEY_RSA);

		miss_text(name, rows[i].want, rows[i].want);
		if (rows[i].type == BBK_KEY_RSA)
			miss_text(again, name, "it is one already");
		free(name);
		free(again);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(another_key_is_made_when_the_last_one_expires),
		TEST(a_place_is_named_by_what_the_url_says),
		TEST(two_places_have_two_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
