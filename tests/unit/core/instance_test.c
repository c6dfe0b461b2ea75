#include "test.h"

#include <stdlib.h>

#include "base/cloud.h"
#include "core/instance.h"
#include "git/config.h"

static void set(struct bbk_config *config, const char *key, const char *value)
{
	bbk_strv_add(&config->keys, key);
	bbk_strv_add(&config->values, value);
}

/* CONTRACT.md: bbkey.<base>.projects; on Cloud a workspace comes first. */
static void a_listed_project_is_the_workspaces_own(void **state)
{
	static const struct {
		const char *entry, *workspace, *project;
		bool listed, known, unknown; /* could it be, to whom */
	} rows[] = {
		{ "*", "acme", NULL, true, true, false },
		{ "PROJ", NULL, "proj", true, false, false },
		{ "PROJ", NULL, "PROJ2", false, false, false },
		{ "PROJ", "acme", "PROJ", true, true, false },
		{ "PROJ", "acme", NULL, false, true, false },
		{ "acme", "acme", NULL, true, false, false },
		{ "acme", "acme2", "ACME", false, false, false },
		{ "ACME", "acme", "X", false, true, false }, /* a key */
		{ "acme/PROJ", "acme", "PROJ", true, true, true },
		{ "Acme/proj", "acme", "PROJ", true, true, true },
		{ "acme/PROJ", "acme", NULL, false, true, true },
		{ "acme/PROJ", "acme", "PROJ2", false, true, true },
		{ "acme/PROJ", "other", "PROJ", false, false, false },
		{ "acme/PROJ", "acm", "PROJ", false, false, false },
		{ "acme/PROJ", NULL, "PROJ", false, false, false },
		{ "acme/", "acme", "PROJ", false, true, true },
		{ "/PROJ", "acme", "PROJ", false, false, false },
		{ "acme/*", "acme", "PROJ", false, true, true },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(config) config = BBK_CONFIG_INIT;
		BBK_AUTO(instance) instance = BBK_INSTANCE_INIT;
		struct bbk_env env = { .config = &config };

		instance.base = bbk_strdup(BBK_CLOUD_BASE);
		set(&config, "bbkey." BBK_CLOUD_BASE ".projects",
		    rows[i].entry);
		if (bbk_instance_lists_project(&instance, &env,
					       rows[i].workspace,
					       rows[i].project) !=
		    rows[i].listed)
			miss("row %zu, '%s': listed", i, rows[i].entry);
		if (rows[i].workspace &&
		    bbk_instance_may_list(&instance, &env, rows[i].workspace,
					  true) != rows[i].known)
			miss("row %zu, '%s': known", i, rows[i].entry);
		if (rows[i].workspace &&
		    bbk_instance_may_list(&instance, &env, rows[i].workspace,
					  false) != rows[i].unknown)
			miss("row %zu, '%s': unknown", i, rows[i].entry);
	}
}

/* M4 */
static void what_only_looks_like_cloud_is_not(void **state)
{
	static const struct {
		const char *url, *base;
		bool cloud;
	} rows[] = {
		{ "https://bitbucket.org/a/b", NULL, true },
		{ "https://BITBUCKET.org/a/b", NULL, true },
		{ "git@bitbucket.org:a/b", NULL, true },
		{ "git@ssh.bitbucket.org:a/b", NULL, true },
		{ "ssh://git@altssh.bitbucket.org:443/a/b", NULL, true },
		{ "ssh://git@altssh.bitbucket.org/a/b", NULL, false },
		{ "ssh://git@bitbucket.org:2222/a/b", NULL, false },
		{ "git@bitbucket.org.evil:a/b", NULL, false },
		{ "https://bitbucket.org.evil/a/b", NULL, false },
		{ "https://ssh.bitbucket.org/a/b", NULL, false },
		{ "https://evil-bitbucket.org/a/b", NULL, false },
		{ "https://stand.in/a/b", NULL, true },
		{ "https://stand.in:444/a/b", NULL, false },
		{ "ssh://git@stand.in:7999/a/b", NULL, true },
		{ "https://own.example/a/b", NULL, false },
		{ "git@alias:a/b", BBK_CLOUD_BASE, true },
		{ "git@alias:a/b", "https://own.example", false },
	};
	BBK_AUTO(config) config = BBK_CONFIG_INIT;
	struct bbk_env env = { .config = &config };

	(void)state;
	set(&config, "bbkey.https://stand.in.edition", "cloud");
	set(&config, "bbkey.https://stand.in.ssh", "ssh://git@stand.in:7999");
	set(&config, "bbkey.https://own.example.edition", "datacenter");
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(url) url = BBK_URL_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;

		assert_int_equal(bbk_url_parse(&url, rows[i].url, &err), 0);
		if (bbk_instance_is_cloud(&env, &url, rows[i].base) !=
		    rows[i].cloud)
			miss("%s", rows[i].url);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_listed_project_is_the_workspaces_own),
		TEST(what_only_looks_like_cloud_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
