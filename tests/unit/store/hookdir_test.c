#include "test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "base/tree.h"
#include "store/hookdir.h"

#define SCRIPTS SOURCE_DIR "/hooks"
#define PROGRAM "/opt/it's here/bin/git-bbkey"

static const struct bbk_hookdir wish = { SCRIPTS, PROGRAM };

static void folder(const char *name)
{
	assert_int_equal(mkdir(test_path(name), 0700), 0);
}

static void link_is(const char *name, const char *want)
{
	char target[1024] = "";

	if (readlink(test_path(name), target, sizeof(target) - 1) < 0)
		miss("%s is no link", name);
	miss_text(target, want, name);
}

static void has(const char *name, const char *words)
{
	const char *text = test_read(test_path(name));

	if (!text || !strstr(text, words))
		miss("%s has no '%s'", name, words);
}

static void the_program_is_written_in_quoted(void **state)
{
	static const struct {
		const char *script, *program, *want;
	} rows[] = {
		{ "#!/bin/sh\nbbkey=\nx\n", "/usr/bin/git-bbkey",
		  "#!/bin/sh\nbbkey=/usr/bin/git-bbkey\nx\n" },
		{ "\nbbkey=old; rm\nbbkey=\n", "/a b",
		  "\nbbkey='/a b'\nbbkey=\n" },
		{ "\nbbkey=", "/a'; id; '", "\nbbkey='/a'\\''; id; '\\'''" },
		{ "none\n", "/a", "none\n" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(str) out = BBK_STR_INIT;

		bbk_hookdir_fill(&out, rows[i].script, rows[i].program);
		miss_text(bbk_str_get(&out), rows[i].want, rows[i].program);
	}
}

static void a_folder_of_ours_hands_everything_on(void **state)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	char theirs[512], want[600];

	(void)state;
	(void)snprintf(theirs, sizeof(theirs), "%s", test_path("theirs"));
	folder("theirs");
	test_write(test_path("theirs/lib.sh"), "x", 0644);
	test_write(test_path("theirs/pre-push"), "#!/bin/sh\n", 0755);
	/* again over what is there: it is made anew */
	for (int i = 0; i < 2; i++)
		assert_int_equal(bbk_hookdir_make(&wish, test_path("ours"),
						  theirs, &err), 0);
	link_is("ours/bbkey-chained", theirs);
	(void)snprintf(want, sizeof(want), "%s/lib.sh", theirs);
	link_is("ours/lib.sh", want);
	(void)snprintf(want, sizeof(want), "%s/commit-msg", theirs);
	link_is("ours/commit-msg", want); /* not there yet */
	has("ours/pre-push", "bbkey='/opt/it'\\''s here/bin/git-bbkey'");
	assert_string_equal(test_read(test_path("theirs/pre-push")),
			    "#!/bin/sh\n");
	assert_int_equal(bbk_hookdir_look(test_path("ours"), "pre-push"),
			 BBK_HOOK_FILE_OURS);
	assert_int_equal(bbk_hookdir_look(test_path("ours"), "commit-msg"),
			 BBK_HOOK_FILE_NONE);
	assert_int_equal(bbk_hookdir_look(theirs, "pre-push"),
			 BBK_HOOK_FILE_OTHER);
}

static void a_template_is_theirs_with_ours_in_it(void **state)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	struct stat st;

	(void)state;
	folder("theirs");
	folder("theirs/hooks");
	folder("theirs/info");
	test_write(test_path("theirs/info/exclude"), "*.o\n", 0640);
	test_write(test_path("theirs/hooks/pre-push"), "mine\n", 0755);
	assert_int_equal(symlink("/nowhere", test_path("theirs/link")), 0);
	assert_int_equal(bbk_hookdir_template(&wish, test_path("ours"),
					      test_path("theirs"), &err), 0);
	has("ours/info/exclude", "*.o");
	assert_int_equal(stat(test_path("ours/info/exclude"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	link_is("ours/link", "/nowhere");
	has("ours/hooks/post-checkout", "# git-bbkey: ");
	has("ours/hooks/pre-push", "# git-bbkey: ");
	has("ours/hooks/bbkey-chained/pre-push", "mine");
	assert_string_equal(test_read(test_path("theirs/hooks/pre-push")),
			    "mine\n");
}

static void nothing_is_chained_where_theirs_has_none_of_ours(void **state)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	folder("theirs");
	folder("theirs/hooks");
	test_write(test_path("theirs/hooks/pre-push.sample"), "x", 0755);
	assert_int_equal(bbk_hookdir_template(&wish, test_path("ours"),
					      test_path("theirs"), &err), 0);
	assert_int_not_equal(access(test_path("ours/hooks/bbkey-chained"),
				    F_OK), 0);
	assert_int_equal(bbk_hookdir_template(&wish, test_path("ours"), NULL,
					      &err), 0);
	assert_int_not_equal(access(test_path("ours/hooks/pre-push.sample"),
				    F_OK), 0);
}

static void a_linked_hooks_folder_is_never_written_through(void **state)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	folder("dotfiles");
	test_write(test_path("dotfiles/post-checkout"), "mine\n", 0755);
	folder("theirs");
	assert_int_equal(symlink(test_path("dotfiles"),
				 test_path("theirs/hooks")), 0);
	assert_int_equal(bbk_hookdir_template(&wish, test_path("ours"),
					      test_path("theirs"), &err), 0);
	has("ours/hooks/post-checkout", "# git-bbkey: ");
	has("ours/hooks/bbkey-chained/post-checkout", "mine");
	assert_string_equal(test_read(test_path("dotfiles/post-checkout")),
			    "mine\n");
	/* a relative link leads to another place in each repository */
	assert_int_equal(unlink(test_path("theirs/hooks")), 0);
	assert_int_equal(symlink("../.githooks", test_path("theirs/hooks")),
			 0);
	assert_int_equal(bbk_hookdir_template(&wish, test_path("ours"),
					      test_path("theirs"), &err), -1);
	miss_class(&err, BBK_E_LOCAL, "relative");
	has("ours/hooks/post-checkout", "# git-bbkey: "); /* as it was */
	assert_int_not_equal(access(test_path("ours.new"), F_OK), 0);
}

static void a_folder_too_deep_is_refused(void **state)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	BBK_AUTO(str) name = BBK_STR_INIT;

	(void)state;
	bbk_str_add(&name, "deep");
	for (int i = 0; i < BBK_TREE_DEPTH + 2; i++) {
		folder(bbk_str_get(&name));
		bbk_str_add(&name, "/d");
	}
	assert_int_equal(bbk_tree_copy(test_path("deep"), test_path("copy"),
				       &err), -1);
	miss_class(&err, BBK_E_LOCAL, "deep");
	assert_int_equal(bbk_tree_remove(test_path("copy"), &err), 0);
	assert_int_equal(bbk_tree_remove(test_path("copy"), &err), 0);
	assert_int_not_equal(access(test_path("copy"), F_OK), 0);
}

static void removing_does_not_follow_links(void **state)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	folder("keep");
	test_write(test_path("keep/file"), "x", 0600);
	folder("gone");
	assert_int_equal(symlink(test_path("keep"), test_path("gone/link")),
			 0);
	assert_int_equal(bbk_tree_remove(test_path("gone"), &err), 0);
	assert_non_null(test_read(test_path("keep/file")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_program_is_written_in_quoted),
		TEST(a_folder_of_ours_hands_everything_on),
		TEST(a_template_is_theirs_with_ours_in_it),
		TEST(nothing_is_chained_where_theirs_has_none_of_ours),
		TEST(a_linked_hooks_folder_is_never_written_through),
		TEST(a_folder_too_deep_is_refused),
		TEST(removing_does_not_follow_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
