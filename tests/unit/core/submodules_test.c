#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/paths.h"
#include "base/process.h"
#include "core/submodules.h"

/* git refuses to go up more often than that */
static const struct remote {
	const char *url;
	int ups;
} remotes[] = {
	{ "ssh://git@bitbucket.example.com:7999/proj/app.git", 9 },
	{ "ssh://git@bitbucket.example.com/proj/app.git/", 9 },
	{ "git@bitbucket.example.com:proj/app.git", 3 },
	{ "git@bitbucket.example.com:app.git", 2 },
	{ "https://bitbucket.example.com/scm/proj/app.git", 9 },
	{ "https://dev.example.com/bitbucket/scm/proj/app", 9 },
};

static const char *const urls[] = {
	"../tool.git", "../../lib/core.git", "./sub.git", "../tool.git/",
	"../../../lib/core.git", "../../../../evil.invalid/lib/core.git",
	"../.././../x/y", "../..", "../", "./", "../../", "./..",
	"../../evil", ".././tool.git", "..//tool.git", "../%2e%2e/x",
	"..", ".", "../-x", "tool.git", "/abs/tool.git",
	"ssh://git@other.example.com/x/y.git", "git@other:x/y.git",
	"ext::sh -c x", "file:///x", "../a b", "../\xd0\xbf.git",
};

static void git(const char *folder, const char *const *words,
		const struct bbk_str *input, struct bbk_str *out)
{
	BBK_AUTO(process) process = BBK_PROCESS_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	char *program = bbk_program_find("git");

	assert_non_null(program);
	bbk_strv_addl(&process.argv, program, "-C", folder, NULL);
	for (; *words; words++)
		bbk_strv_add(&process.argv, *words);
	bbk_strv_addl(&process.env, "GIT_CONFIG_GLOBAL=/dev/null",
		      "GIT_CONFIG_NOSYSTEM=1", "GIT_DIR", NULL);
	process.out_max = process.err_max = 1 << 16;
	process.input = input ? bbk_str_get(input) : NULL;
	process.input_len = input ? input->len : 0;
	assert_int_equal(bbk_process_run(&process, &err), 0);
	if (process.status)
		miss("git: %s", bbk_str_get(&process.err));
	if (out)
		bbk_str_addn(out, bbk_str_get(&process.out), process.out.len);
	free(program);
}

#define GIT(folder, input, out, ...) \
	git(folder, (const char *const[]){ __VA_ARGS__, NULL }, input, out)

static bool is_within(const char *url, const struct remote *remote)
{
	int ups = 0;

	for (; bbk_begins(url, "./") || bbk_begins(url, "../");
	     url = strchr(url, '/') + 1)
		ups += url[1] == '.';
	return ups <= remote->ups;
}

/* Every URL is a submodule's: "s00", "s01", ... */
static void make_superproject(const char *folder,
			      const struct remote *remote)
{
	BBK_AUTO(str) links = BBK_STR_INIT;
	BBK_AUTO(str) modules = BBK_STR_INIT;
	char *file = bbk_strf("%s/.gitmodules", folder);

	for (size_t i = 0; i < ROWS(urls); i++) {
		if (!is_within(urls[i], remote))
			continue;
		bbk_str_addf(&links, "160000 %040d\ts%02zu\n", 1, i);
		bbk_str_addf(&modules, "[submodule \"s%02zu\"]\n"
				       "\tpath = s%02zu\n\turl = \"%s\"\n",
			     i, i, urls[i]);
	}
	assert_int_equal(mkdir(folder, 0700), 0);
	test_write(file, bbk_str_get(&modules), 0600);
	GIT(folder, NULL, NULL, "init", "-q");
	GIT(folder, NULL, NULL, "remote", "add", "origin", remote->url);
	GIT(folder, &links, NULL, "update-index", "--index-info");
	free(file);
}

/* What `git submodule init` makes of them is in the configuration. */
static void compare(const char *folder, const struct remote *remote)
{
	BBK_AUTO(str) out = BBK_STR_INIT;
	const char *line;
	size_t i = 0;

	GIT(folder, NULL, NULL, "submodule", "init");
	GIT(folder, NULL, &out, "config", "-z", "--get-regexp",
	    "^submodule[.]s[0-9]+[.]url$");
	for (line = bbk_str_get(&out); i < ROWS(urls); i++) {
		char *want = bbk_strf("submodule.s%02zu.url\n", i);
		char *got = bbk_submodule_resolve(remote->url, urls[i]);

		if (!bbk_begins(line, want)) {
			if (is_within(urls[i], remote))
				miss("%s: git has no %s", remote->url, urls[i]);
		} else {
			miss_text(got, line + strlen(want), urls[i]);
			line += strlen(line) + 1;
		}
		free(want);
		free(got);
	}
}

static void relative_urls_are_resolved_as_git_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(remotes); i++) {
		char *folder = bbk_strf("%s/%zu", test_dir(), i);

		make_superproject(folder, &remotes[i]);
		compare(folder, &remotes[i]);
		free(folder);
	}
}

static void leave_is_a_command_for_a_shell(void **state)
{
	static const struct {
		const char *base, *project, *want;
	} rows[] = {
		{ "https://b.example.com", "LIB",
		  "git config --global --add "
		  "bbkey.https://b.example.com.projects LIB" },
		{ "https://[::1]:8443/x", "~dev",
		  "git config --global --add "
		  "'bbkey.https://[::1]:8443/x.projects' '~dev'" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct bbk_submodule_project project = {
			.base = bbk_strdup(rows[i].base),
			.project = bbk_strdup(rows[i].project) };
		char *got = bbk_submodule_allow_command(&project);

		miss_text(got, rows[i].want, rows[i].project);
		free(project.base);
		free(project.project);
		free(got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(relative_urls_are_resolved_as_git_does),
		TEST(leave_is_a_command_for_a_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
