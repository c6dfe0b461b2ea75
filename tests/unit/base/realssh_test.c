#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/process.h"
#include "base/realssh.h"

static void set_command(const char *text)
{
	char *path = bbk_realssh_path(test_dir());

	miss_text(path, test_path("ssh-command"), "where it is");
	test_write(path, text, 0600);
	free(path);
}

/* Puts an ssh of our own onto the PATH, and nothing else. */
static void set_path(const char *folder)
{
	test_write(test_path("ssh"), "#!/bin/sh\n", 0700);
	assert_int_equal(setenv("PATH", folder, 1), 0);
}

static int find(struct bbk_realssh *ssh, const char *config)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	int rc = bbk_realssh_find(ssh, config, &err);

	miss_class(&err, rc ? BBK_E_LOCAL : BBK_OK, "find");
	return rc;
}

static void without_a_command_it_is_the_one_on_the_path(void **state)
{
	static const char *const texts[] = { NULL, "", "\n", "\nssh -v\n" };

	(void)state;
	set_path(test_dir());
	for (size_t i = 0; i < ROWS(texts); i++) {
		BBK_AUTO(realssh) ssh = BBK_REALSSH_INIT;

		if (texts[i])
			set_command(texts[i]);
		assert_int_equal(find(&ssh, test_dir()), 0);
		miss_text(ssh.program, test_path("ssh"), "the program");
		assert_int_equal(ssh.words.len, 1);
		miss_text(ssh.words.v[0], "ssh", "argv[0]");
		assert_false(ssh.chained);
	}
}

static void without_a_folder_no_command_counts(void **state)
{
	BBK_AUTO(realssh) ssh = BBK_REALSSH_INIT;

	(void)state;
	set_path(test_dir());
	set_command("wrapper\n");
	assert_int_equal(find(&ssh, NULL), 0);
	assert_false(ssh.chained);
}

static void a_missing_ssh_is_an_error_and_changes_nothing(void **state)
{
	BBK_AUTO(realssh) ssh = BBK_REALSSH_INIT;

	(void)state;
	set_path(test_dir());
	assert_int_equal(find(&ssh, NULL), 0);
	set_path("/nonexistent");
	assert_int_equal(find(&ssh, test_dir()), -1);
	miss_text(ssh.program, test_path("ssh"), "what was there before");
}

static void a_command_gets_our_words_as_they_are(void **state)
{
	BBK_AUTO(process) run = BBK_PROCESS_INIT;
	BBK_AUTO(realssh) ssh = BBK_REALSSH_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	set_command("printf '<%s>' 'its own'\nsecond line\n");
	assert_int_equal(find(&ssh, test_dir()), 0);
	assert_true(ssh.chained);
	bbk_strv_add(&run.argv, ssh.program);
	for (size_t i = 1; i < ssh.words.len; i++)
		bbk_strv_add(&run.argv, ssh.words.v[i]);
	bbk_strv_addl(&run.argv, "-o", "X=\"a b\"", "$HOME", "", "*", NULL);
	run.out_max = 1000;
	assert_int_equal(bbk_process_run(&run, &err), 0);
	miss_text(bbk_str_get(&run.out),
		  "<its own><-o><X=\"a b\"><$HOME><><*>", "argv");
}

static void a_command_that_is_too_long_is_none(void **state)
{
	BBK_AUTO(realssh) ssh = BBK_REALSSH_INIT;
	static char text[5000];

	(void)state;
	set_path(test_dir());
	memset(text, 'x', sizeof(text) - 1);
	set_command(text);
	assert_int_equal(find(&ssh, test_dir()), 0);
	assert_false(ssh.chained);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_command_it_is_the_one_on_the_path),
		TEST(without_a_folder_no_command_counts),
		TEST(a_missing_ssh_is_an_error_and_changes_nothing),
		TEST(a_command_gets_our_words_as_they_are),
		TEST(a_command_that_is_too_long_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
