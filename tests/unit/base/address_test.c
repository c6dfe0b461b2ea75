#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/cloud.h"

static const struct {
	const char *text, *context, *project, *repo;
} forms[] = {
	{ "https://h", "", NULL, NULL },
	{ "https://h/bitbucket", "/bitbucket", NULL, NULL },
	{ "https://h/scm/proj/app.git", "", "proj", "app" },
	{ "https://h:7990/bitbucket/scm/qa/qa-res.git", "/bitbucket", "qa",
	  "qa-res" },
	{ "http://jo@h:7990/scm/~jo/slug.git", "", "~jo", "slug" },
	{ "https://h/projects/QA/repos/qa-res/browse", "", "QA", "qa-res" },
	{ "https://h/stash/projects/QA/repos/qa-res/browse/src/a.c", "/stash",
	  "QA", "qa-res" },
	{ "https://h/projects/QA", "", "QA", NULL },
	{ "https://h/projects/QA/", "", "QA", NULL },
	{ "https://h/projects/QA/repos", "", "QA", NULL },
	{ "https://h/users/jo/repos/slug/browse", "", "~jo", "slug" },
	{ "https://h/users/jo", "", "~jo", NULL },
	{ "https://h/projects/~jo/repos/slug", "", "~jo", "slug" },
	{ "ssh://git@h:7999/proj/app.git", NULL, "proj", "app" },
	{ "ssh://git@h/PROJ/app.git", NULL, "PROJ", "app" },
	{ "ssh://git@h:7999/~jo/app.git", NULL, "~jo", "app" },
	{ "ssh://git@h:7999/proj/app", NULL, "proj", "app" },
	{ "git@h:PROJ/app.git", NULL, "PROJ", "app" },
	{ "git@h:~jo/app.git", NULL, "~jo", "app" },
	{ "ssh://git@h:7999", NULL, NULL, NULL },
	{ "https://h/scm/p/a.git.git", "", "p", "a.git" },
	{ "https://h/scm/scm/scm.git", "", "scm", "scm" },
	{ "https://h/projects/users/repos/repos", "", "users", "repos" },
};

static const char *const refused[] = {
	"ssh://h/a", "ssh://h/a/b/c", "git@h:7999/a/b", "https://h/scm/p/.git",
	"https://h/scm/p/..git", "https://h/scm/p/...git", "ssh://h/~/r",
	"ssh://h/~~jo/r", "ssh://h/p/~r", "https://h/users/~jo",
	"ssh://h/p~q/r", "ssh://h/-p/r", "ssh://h/p/-r", "https://h/scm",
	"https://h/scm/p", "https://h/scm/p/r.git/info/refs",
	"https://h/bitbucket/scm/p/r/x",
};

static void every_documented_form_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(forms); i++) {
		BBK_AUTO(url) url = BBK_URL_INIT;
		BBK_AUTO(address) address = BBK_ADDRESS_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;

		if (bbk_url_parse(&url, forms[i].text, &err) < 0 ||
		    bbk_address_of(&address, &url, false, &err) < 0) {
			miss("%s: %s", forms[i].text, err.what);
			continue;
		}
		miss_text(address.context, forms[i].context, forms[i].text);
		miss_text(address.project, forms[i].project, forms[i].text);
		miss_text(address.repo, forms[i].repo, forms[i].text);
	}
}

static void what_has_no_form_is_not_bitbucket(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(refused); i++) {
		BBK_AUTO(url) url = BBK_URL_INIT;
		BBK_AUTO(address) address = BBK_ADDRESS_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;

		if (bbk_url_parse(&url, refused[i], &err) == 0 &&
		    bbk_address_of(&address, &url, false, &err) == 0)
			miss("%s: project '%s', repo '%s'", refused[i],
			     address.project ? address.project : "",
			     address.repo ? address.repo : "");
		else
			miss_class(&err, BBK_E_NOT_BITBUCKET, refused[i]);
	}
}

/* Half a clone URL would become an instance with a context of its own. */
static void half_a_clone_url_is_no_instance(void **state)
{
	static const char *const texts[] = {
		"https://h/scm/PROJ", "https://h/scm/p/r.git/info/refs",
		"https://h/scm", "https://h/projects",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(texts); i++) {
		BBK_AUTO(url) url = BBK_URL_INIT;
		BBK_AUTO(address) address = BBK_ADDRESS_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;

		assert_int_equal(bbk_url_parse(&url, texts[i], &err), 0);
		if (bbk_address_of(&address, &url, false, &err) == 0 &&
		    !address.project)
			miss("%s is an instance at '%s'", texts[i],
			     address.context);
	}
}

static void a_page_ends_at_its_project_or_repository(void **state)
{
	static const char *const pages[][2] = {
		{ "https://h/projects/P/repos/r/browse?at=x#1",
		  "https://h/projects/P/repos/r" },
		{ "https://h/bb/projects/P/repos/r?at=x",
		  "https://h/bb/projects/P/repos/r" },
		{ "https://h/projects/P?a=b", "https://h/projects/P" },
		{ "https://h/projects/P#1", "https://h/projects/P" },
		{ "https://h/projects/P/repos/r#12",
		  "https://h/projects/P/repos/r" },
		{ "https://h/users/jo/repos/r/browse/a b.c",
		  "https://h/users/jo/repos/r" },
		{ "https://h/users/jo/repos/r/browse/projects/x?at=y",
		  "https://h/users/jo/repos/r" },
		{ "https://h/users/jo/repos/r?at=refs/projects/x",
		  "https://h/users/jo/repos/r" },
		{ "https://h/scm/p/r.git?x", "https://h/scm/p/r.git?x" },
		{ "ssh://git@h/p/r.git#1", "ssh://git@h/p/r.git#1" },
		{ "", "" }, { "https://h/projects/", "https://h/projects/" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(pages); i++) {
		char *page = bbk_address_page(pages[i][0], false);

		miss_text(page, pages[i][1], pages[i][0]);
		free(page);
	}
}

static void names_are_what_bitbucket_allows(void **state)
{
	char name[140] = "";

	(void)state;
	for (int i = 0; i < 129; i++)
		name[i] = 'a';
	assert_false(bbk_repo_is_valid(name));
	assert_false(bbk_project_is_valid(name));
	name[128] = '\0';
	assert_true(bbk_repo_is_valid(name));
	assert_true(bbk_project_same("PROJ", "proj"));
	assert_false(bbk_project_same("PROJ", "proj2"));
	assert_false(bbk_project_same("PROJ", "~proj"));
	assert_false(bbk_repo_is_valid(""));
	assert_false(bbk_repo_is_valid("a\nb"));
	assert_false(bbk_repo_is_valid("@project"));
}

static void a_project_key_is_upper_case_but_for_a_person(void **state)
{
	static const char *const rows[][2] = {
		{ "proj", "PROJ" }, { "Proj_1", "PROJ_1" },
		{ "~dev", "~dev" }, { "~Dev", "~Dev" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char *got = bbk_project_key(rows[i][0]);

		miss_text(got, rows[i][1], rows[i][0]);
		free(got);
	}
}

/* --- Cloud: reference 3, and M3 to M5 ------------------------------------- */

static const struct {
	const char *text, *workspace, *project, *repo;
} cloud_forms[] = {
	{ "git@bitbucket.org:ws/repo.git", "ws", NULL, "repo" },
	{ "ssh://git@bitbucket.org/ws/repo.git", "ws", NULL, "repo" },
	{ "https://user@bitbucket.org/ws/repo.git", "ws", NULL, "repo" },
	{ "git@ssh.bitbucket.org:ws/repo.git", "ws", NULL, "repo" },
	{ "ssh://git@ssh.bitbucket.org/ws/repo", "ws", NULL, "repo" },
	{ "ssh://git@altssh.bitbucket.org:443/ws/repo.git", "ws", NULL,
	  "repo" },
	{ "ssh://fawzanm@bitbucket.org/ws/repo.git", "ws", NULL, "repo" },
	{ "https://bitbucket.org/ws/repo", "ws", NULL, "repo" },
	{ "https://bitbucket.org/ws/repo/", "ws", NULL, "repo" },
	{ "https://bitbucket.org/ws/repo/src/main/a.c", "ws", NULL, "repo" },
	{ "https://bitbucket.org/ws/workspace/projects/KEY", "ws", "KEY",
	  NULL },
	{ "https://bitbucket.org/ws/workspace/projects/KEY/settings", "ws",
	  "KEY", NULL },
	{ "https://bitbucket.org/workspace/workspace/projects/P", "workspace",
	  "P", NULL },
	{ "https://bitbucket.org/ws/projects", "ws", NULL, "projects" },
	{ "https://bitbucket.org/scm/repo.git", "scm", NULL, "repo" },
	{ "git@bitbucket.org:ws/workspace.git", "ws", NULL, "workspace" },
	{ "https://bitbucket.org", NULL, NULL, NULL },
	{ "ssh://git@ssh.bitbucket.org", NULL, NULL, NULL },
};

static const char *const cloud_refused[] = {
	"git@bitbucket.org:repo.git", "git@bitbucket.org:ws/a/b.git",
	"ssh://git@bitbucket.org/ws", "https://bitbucket.org/ws",
	"https://bitbucket.org/ws/..", "https://bitbucket.org/../ws/repo",
	"https://bitbucket.org/ws/.git", "https://bitbucket.org/~ws/repo",
	"https://bitbucket.org/-ws/repo", "https://bitbucket.org/ws/-repo",
	"https://bitbucket.org/ws/re%2fpo", "https://bitbucket.org/ws//repo",
	"https://bitbucket.org/ws/workspace/projects",
	"https://bitbucket.org/ws/workspace/x/KEY",
	"https://bitbucket.org/ws/workspace/projects/..",
	"https://bitbucket.org/ws/workspace", "https://bitbucket.org/ws/a;id",
	"https://bitbucket.org/ws/$(id)", "git@bitbucket.org:ws/a\nb",
	"https://bitbucket.org/ws/\xd0\xb0pp", "git@bitbucket.org:ws/a b",
	"https://bitbucket.org@evil@x/ws/repo", "https://bitbucket.org./ws/r",
};

static void every_form_of_cloud_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(cloud_forms); i++) {
		BBK_AUTO(url) url = BBK_URL_INIT;
		BBK_AUTO(address) address = BBK_ADDRESS_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		const char *text = cloud_forms[i].text;

		if (bbk_url_parse(&url, text, &err) < 0 ||
		    bbk_address_of(&address, &url, true, &err) < 0) {
			miss("%s: %s", text, err.what);
			continue;
		}
		miss_text(address.workspace, cloud_forms[i].workspace, text);
		miss_text(address.project, cloud_forms[i].project, text);
		miss_text(address.repo, cloud_forms[i].repo, text);
	}
}

static void what_has_no_form_is_not_cloud(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(cloud_refused); i++) {
		BBK_AUTO(url) url = BBK_URL_INIT;
		BBK_AUTO(address) address = BBK_ADDRESS_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;

		if (bbk_url_parse(&url, cloud_refused[i], &err) == 0 &&
		    bbk_address_of(&address, &url, true, &err) == 0)
			miss("%s is read", cloud_refused[i]);
		else
			miss_class(&err, BBK_E_NOT_BITBUCKET,
				   cloud_refused[i]);
	}
}

static void a_page_of_cloud_ends_at_its_repository_or_project(void **state)
{
#define WS "https://bitbucket.org/ws"
	static const char *const pages[][2] = {
		{ WS "/repo/src/main/a b.c?at=x#lines-3", WS "/repo" },
		{ WS "/repo?x", WS "/repo" }, { WS "/repo#x", WS "/repo" },
		{ WS "/repo.git", WS "/repo.git" }, { WS, WS },
		{ WS "/workspace/projects/P/settings?x#y",
		  WS "/workspace/projects/P" },
		{ WS "/workspace/projects/P", WS "/workspace/projects/P" },
		{ WS "/repo/workspace/projects/P", WS "/repo" },
		{ "https://bitbucket.org?x", "https://bitbucket.org" },
		{ "git@bitbucket.org:ws/repo.git?x",
		  "git@bitbucket.org:ws/repo.git?x" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(pages); i++) {
		char *page = bbk_address_page(pages[i][0], true);

		miss_text(page, pages[i][1], pages[i][0]);
		free(page);
	}
}

/* M4: by canonical host and port, and by nothing less. */
static void three_places_are_clouds_ssh_and_no_other(void **state)
{
	static const struct {
		const char *text;
		bool is_ssh, is_old;
	} rows[] = {
		{ "git@bitbucket.org:a/b", true, true },
		{ "git@BitBucket.ORG:a/b", true, true },
		{ "ssh://bitbucket.org:22/a/b", true, true },
		{ "git@ssh.bitbucket.org:a/b", true, false },
		{ "ssh://altssh.bitbucket.org:443/a/b", true, false },
		{ "git@altssh.bitbucket.org:a/b", false, false },
		{ "ssh://bitbucket.org:443/a/b", false, false },
		{ "ssh://bitbucket.org:2222/a/b", false, false },
		{ "ssh://ssh.bitbucket.org:443/a/b", false, false },
		{ "git@bitbucket.org.evil:a/b", false, false },
		{ "git@evil-bitbucket.org:a/b", false, false },
		{ "git@xn--btbucket-n5h.org:a/b", false, false },
		{ "git@www.bitbucket.org:a/b", false, false },
		{ "git@api.bitbucket.org:a/b", false, false },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(url) url = BBK_URL_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		const char *host;
		unsigned port;

		assert_int_equal(bbk_url_parse(&url, rows[i].text, &err), 0);
		host = url.host;
		port = url.port;
		if (bbk_cloud_is_ssh(host, port) != rows[i].is_ssh ||
		    bbk_cloud_is_old(host, port) != rows[i].is_old)
			miss("%s", rows[i].text);
		bbk_cloud_canonical(&host, &port);
		if (!strcmp(host, BBK_CLOUD_SSH_HOST) != rows[i].is_ssh &&
		    strcmp(url.host, BBK_CLOUD_SSH_HOST) != 0)
			miss("%s becomes %s", rows[i].text, host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_documented_form_is_read),
		TEST(what_has_no_form_is_not_bitbucket),
		TEST(half_a_clone_url_is_no_instance),
		TEST(a_page_ends_at_its_project_or_repository),
		TEST(names_are_what_bitbucket_allows),
		TEST(a_project_key_is_upper_case_but_for_a_person),
		TEST(every_form_of_cloud_is_read),
		TEST(what_has_no_form_is_not_cloud),
		TEST(a_page_of_cloud_ends_at_its_repository_or_project),
		TEST(three_places_are_clouds_ssh_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
