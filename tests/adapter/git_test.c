#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "git/config.h"
#include "git/credential.h"
#include "git/repo.h"

/* libgit2 1.5 does not free what it matches with. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libpcre2";
}

static void home(void)
{
	setenv("HOME", test_dir(), 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	unsetenv("XDG_CONFIG_HOME");
	assert_int_equal(chdir(test_dir()), 0);
}

static void sh(const char *script)
{
	assert_int_equal(system(script), 0);
}

static void hostile_local_configuration_is_not_seen(void **state)
{
	BBK_AUTO(config) config = BBK_CONFIG_INIT;
	BBK_AUTO(strv) bases = BBK_STRV_INIT;
	BBK_AUTO(strv) keys = BBK_STRV_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	home();
	sh("git config --global bbkey.https://h.ssh ssh://git@h:7999;"
	   "git init -q r; git -C r config bbkey.https://evil.ssh x;"
	   "git -C r config bbkey.https://h.apiurl https://evil;"
	   "git -C r config core.sshCommand evil");
	assert_int_equal(chdir(test_path("r")), 0);
	assert_int_equal(bbk_config_load(&config, &err), 0);
	bbk_config_bases(&config, &bases);
	assert_int_equal(bases.len, 1);
	assert_string_equal(bbk_config_base(&config, "https://h", "ssh"),
			    "ssh://git@h:7999");
	assert_null(bbk_config_base(&config, "https://h", "apiurl"));
	assert_null(bbk_config_get(&config, "core.sshcommand"));
	bbk_config_repository_meddles(&keys);
	assert_int_equal(keys.len, 3);
	assert_true(bbk_strv_has(&keys, "bbkey.https://evil.ssh"));
	assert_true(bbk_strv_has(&keys, "bbkey.https://h.apiurl"));
	assert_true(bbk_strv_has(&keys, "core.sshcommand"));
}

/* CVE-2025-48384: what is written is read back, or refused. */
static void a_value_comes_back_byte_for_byte_or_not_at_all(void **state)
{
	static const struct {
		const char *value;
		bool good;
	} rows[] = {
		{ "plain", true }, { "x\"#;\\ y", true }, { " lead ", true },
		{ "", true }, { "-x", true }, { "--unset-all", true },
		{ "\303\274", true }, { "a=b", true }, { "x\r", false },
		{ "x\n[core]", false }, { "\033", false },
	};

	(void)state;
	home();
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(strv) values = BBK_STRV_INIT;
		BBK_AUTO(strv) back = BBK_STRV_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		bool changed = false;
		int rc;

		bbk_strv_add(&values, rows[i].value);
		rc = bbk_config_file_set(test_path("c"), "a.b", &values,
					 &changed, &err);
		if (rc != (rows[i].good ? 0 : -1)) {
			miss("row %zu: %d (%s)", i, rc, err.what);
			continue;
		}
		if (!rows[i].good)
			continue;
		assert_int_equal(bbk_config_file_get(test_path("c"), "a.b",
						     &back, &err), 0);
		miss_text(back.len ? back.v[0] : NULL, rows[i].value, "value");
	}
}

static void a_refused_value_leaves_the_old_ones(void **state)
{
	BBK_AUTO(strv) values = BBK_STRV_INIT;
	BBK_AUTO(strv) back = BBK_STRV_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	bool changed = false;

	(void)state;
	home();
	sh("git config --file c a.b old");
	bbk_strv_addl(&values, "new", "x\n", NULL);
	assert_int_equal(bbk_config_file_set(test_path("c"), "a.b", &values,
					     &changed, &err), -1);
	bbk_err_release(&err);
	assert_int_equal(bbk_config_file_get(test_path("c"), "a.b", &back,
					     &err), 0);
	if (back.len != 1 || strcmp(back.v[0], "old") != 0)
		miss("%zu values are left, not the old one", back.len);
}

static void remotes_are_read_in_every_kind_of_repository(void **state)
{
	static const char *const options[] = {
		"", "--object-format=sha256", "worktree" };

	(void)state;
	home();
	for (size_t i = 0; i < ROWS(options); i++) {
		BBK_AUTO(repo) repo = BBK_REPO_INIT;
		BBK_AUTO(strv) names = BBK_STRV_INIT;
		BBK_AUTO(str) url = BBK_STR_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		char script[300];

		(void)snprintf(script, sizeof(script),
			       "git init -q %s r%zu && cd r%zu && "
			       "git remote add origin https://h/x && "
			       "git config url.ssh://evil/.insteadOf https:// "
			       "%s", i == 1 ? options[i] : "", i, i,
			       i == 2 ? "&& git config core."
					"repositoryformatversion 1 && git "
					"config extensions.worktreeConfig "
					"true" : "");
		assert_int_equal(chdir(test_dir()), 0);
		sh(script);
		(void)snprintf(script, sizeof(script), "r%zu", i);
		assert_int_equal(chdir(test_path(script)), 0);
		assert_int_equal(bbk_repo_open(&repo, &err), 0);
		assert_int_equal(bbk_repo_remotes(&repo, &names, &err), 0);
		assert_int_equal(names.len, 1);
		assert_int_equal(bbk_repo_remote_url(&repo, "origin", &url,
						     &err), 0);
		miss_text(url.s, "https://h/x", script);
		assert_int_equal(bbk_repo_set_remote_url(&repo, "origin",
							 "ssh://g@h/x", &err),
				 0);
		assert_int_equal(bbk_repo_remote_url(&repo, "origin", &url,
						     &err), 0);
		miss_text(url.s, "ssh://g@h/x", script);
		assert_int_equal(bbk_repo_remote_url(&repo, "none", &url,
						     &err), 1);
	}
	assert_int_equal(chdir(test_dir()), 0);
	{
		BBK_AUTO(repo) repo = BBK_REPO_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;

		assert_int_equal(bbk_repo_open(&repo, &err), 1);
	}
}

/* git fetches from the first. */
static void the_first_of_two_urls_counts(void **state)
{
	BBK_AUTO(repo) repo = BBK_REPO_INIT;
	BBK_AUTO(str) url = BBK_STR_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	home();
	sh("git init -q r && cd r && git remote add origin https://h/one && "
	   "git remote set-url --add origin https://h/two");
	assert_int_equal(chdir(test_path("r")), 0);
	assert_int_equal(bbk_repo_open(&repo, &err), 0);
	assert_int_equal(bbk_repo_remote_url(&repo, "origin", &url, &err), 0);
	miss_text(url.s, "https://h/one", "url");
}

static void a_helper_is_asked_for_one_origin_only(void **state)
{
	BBK_AUTO(url) base = BBK_URL_INIT;
	BBK_AUTO(secret) secret = BBK_SECRET_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	char *user = NULL;

	(void)state;
	home();
	assert_int_equal(bbk_url_parse(&base, "https://h:7990/bb", &err), 0);
	assert_int_equal(bbk_credential_fill(&base, NULL, &secret, &user,
					     &err), 1);
	sh("git config --global credential.helper '!f() { cat >asked; "
	   "echo username=jo; echo password=tok; }; f'");
	assert_int_equal(bbk_credential_fill(&base, NULL, &secret, &user,
					     &err), 0);
	assert_string_equal(bbk_secret_bytes(&secret), "tok");
	assert_string_equal(user, "jo");
	free(user);
	user = NULL;
	assert_non_null(strstr(test_read(test_path("asked")), "host=h:7990\n"));
	if (bbk_credential_fill(&base, "jo\nhost=evil", &secret, &user,
				&err) == 0)
		miss("a user name with a line end was handed on");
	if (strstr(test_read(test_path("asked")), "evil"))
		miss("git was asked for another host");
	free(user);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hostile_local_configuration_is_not_seen),
		TEST(a_value_comes_back_byte_for_byte_or_not_at_all),
		TEST(a_refused_value_leaves_the_old_ones),
		TEST(remotes_are_read_in_every_kind_of_repository),
		TEST(the_first_of_two_urls_counts),
		TEST(a_helper_is_asked_for_one_origin_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
