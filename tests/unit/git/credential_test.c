#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "git/credential.h"

/* git-credential-store, in the test's folder. */
static void begin(struct bbk_url *base, const char *url)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	char *config = bbk_strf("[credential]\n\thelper = store --file '%s'\n",
				test_path("kept"));

	test_write(test_path("config"), config, 0600);
	free(config);
	setenv("GIT_CONFIG_GLOBAL", test_path("config"), 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	assert_int_equal(bbk_url_parse(base, url, &err), 0);
}

static void what_is_approved_is_found_until_it_is_rejected(void **state)
{
	static const struct {
		const char *url, *user, *secret;
	} rows[] = {
		{ "https://h", "dev", "tok" },
		{ "https://h:8443/bitbucket", "x-token-auth", "tok" },
		{ "https://h", "a b@example.com", "two words: \\ \" %41=" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(err) err = BBK_ERR_INIT;
		BBK_AUTO(url) base = BBK_URL_INIT;
		BBK_AUTO(secret) secret = BBK_SECRET_INIT;
		BBK_AUTO(secret) found = BBK_SECRET_INIT;
		char *user = NULL;

		begin(&base, rows[i].url);
		bbk_secret_set(&secret, rows[i].secret,
			       strlen(rows[i].secret));
		assert_int_equal(bbk_credential_approve(&base, rows[i].user,
							&secret, &err), 0);
		assert_int_equal(bbk_credential_fill(&base, NULL, &found,
						     &user, &err), 0);
		miss_text(bbk_secret_bytes(&found), rows[i].secret,
			  rows[i].url);
		miss_text(user, rows[i].user, rows[i].url);
		free(user);
		user = NULL;
		assert_int_equal(bbk_credential_reject(&base, rows[i].user,
						       &err), 0);
		if (bbk_credential_fill(&base, NULL, &found, &user, &err) != 1)
			miss("%s: it is there still", rows[i].url);
		free(user);
	}
}

static void a_user_name_with_a_line_end_gets_nowhere(void **state)
{
	static const char *const users[] = { "a\nhost=evil", "a\rb", "a\tb",
					     "\x7f", "a\n" };

	(void)state;
	for (size_t i = 0; i < ROWS(users); i++) {
		BBK_AUTO(err) err = BBK_ERR_INIT;
		BBK_AUTO(url) base = BBK_URL_INIT;
		BBK_AUTO(secret) secret = BBK_SECRET_INIT;
		char *user = NULL;

		begin(&base, "https://h");
		bbk_secret_set(&secret, "tok", 3);
		if (bbk_credential_approve(&base, users[i], &secret, &err) !=
		    -1)
			miss("row %zu is approved", i);
		miss_class(&err, BBK_E_AUTH, "approve");
		if (bbk_credential_reject(&base, users[i], &err) != -1)
			miss("row %zu is rejected", i);
		miss_class(&err, BBK_E_AUTH, "reject");
		if (bbk_credential_fill(&base, users[i], &secret, &user,
					&err) != -1)
			miss("row %zu is looked for", i);
		miss_class(&err, BBK_E_AUTH, "fill");
		if (test_read(test_path("kept")))
			miss("row %zu is kept", i);
	}
}

static void gits_own_helpers_are_named(void **state)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	BBK_AUTO(strv) names = BBK_STRV_INIT;

	(void)state;
	assert_int_equal(bbk_credential_helpers(&names, &err), 0);
	if (!bbk_strv_has(&names, "store") || !bbk_strv_has(&names, "cache"))
		miss("git comes with two");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_approved_is_found_until_it_is_rejected),
		TEST(a_user_name_with_a_line_end_gets_nowhere),
		TEST(gits_own_helpers_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
