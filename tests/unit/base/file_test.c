#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static void a_file_is_replaced_whole(void **state)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	BBK_AUTO(str) text = BBK_STR_INIT;
	const char *path = test_path("a");
	struct stat st;
	mode_t mask = umask(0);

	(void)state;
	test_write(path, "old", 0644);
	assert_int_equal(bbk_file_write(path, "new", 3, 0600, &err), 0);
	umask(0777);
	assert_int_equal(bbk_file_write(test_path("b"), "b", 1, 0600, &err),
			 0);
	umask(mask);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(test_path("b"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(bbk_file_read(&text, path, 3, &err), 0);
	assert_string_equal(text.s, "new");
}

static void a_failed_write_leaves_the_old_file_and_no_other(void **state)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	char command[1200];

	(void)state;
	assert_int_equal(mkdir(test_path("dir"), 0700), 0);
	test_write(test_path("dir/inside"), "x", 0600);
	assert_int_equal(bbk_file_write(test_path("dir"), "x", 1, 0600, &err),
			 -1);
	miss_class(&err, BBK_E_LOCAL, "a folder is in the way");
	assert_int_equal(bbk_file_write(test_path("no/file"), "x", 1, 0600,
					&err), -1);
	miss_class(&err, BBK_E_LOCAL, "no folder");
	(void)snprintf(command, sizeof(command),
		       "test \"$(ls -A '%s')\" = dir", test_dir());
	assert_int_equal(system(command), 0);
}

static void what_is_no_file_is_not_read(void **state)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	BBK_AUTO(str) text = BBK_STR_INIT;

	(void)state;
	assert_int_equal(mkfifo(test_path("fifo"), 0600), 0);
	assert_int_equal(bbk_file_read(&text, test_path("fifo"), 9, &err), -1);
	miss_class(&err, BBK_E_LOCAL, "fifo");
	assert_int_equal(bbk_file_read(&text, test_dir(), 9, &err), -1);
	miss_class(&err, BBK_E_LOCAL, "folder");
	assert_int_equal(bbk_file_read(&text, "/dev/zero", 9, &err), -1);
	miss_class(&err, BBK_E_LOCAL, "device");
	assert_int_equal(bbk_file_read(&text, test_path("none"), 9, &err), 1);
	assert_null(err.what);
	assert_int_equal(symlink("loop", test_path("loop")), 0);
	assert_int_equal(bbk_file_read(&text, test_path("loop"), 9, &err), -1);
	assert_null(text.s);
}

static void a_file_beyond_its_limit_is_refused_whole(void **state)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	BBK_AUTO(str) text = BBK_STR_INIT;

	(void)state;
	test_write(test_path("f"), "12345", 0600);
	assert_int_equal(bbk_file_read(&text, test_path("f"), 5, &err), 0);
	assert_int_equal(text.len, 5);
	assert_int_equal(bbk_file_read(&text, test_path("f"), 4, &err), -1);
	assert_string_equal(text.s, "12345");
}

static void kinds_are_told_apart_without_opening(void **state)
{
	(void)state;
	test_write(test_path("f"), "", 0);
	assert_int_equal(mkfifo(test_path("p"), 0600), 0);
	assert_int_equal(symlink("f", test_path("l")), 0);
	assert_int_equal(bbk_file_kind_at(AT_FDCWD, test_path("f")),
			 BBK_FILE_REGULAR);
	assert_int_equal(bbk_file_kind_at(AT_FDCWD, test_path("p")),
			 BBK_FILE_OTHER);
	assert_int_equal(bbk_file_kind_at(AT_FDCWD, test_path("l")),
			 BBK_FILE_SYMLINK);
	assert_int_equal(bbk_file_kind_at(AT_FDCWD, test_dir()), BBK_FILE_DIR);
	assert_int_equal(bbk_file_kind_at(AT_FDCWD, test_path("f/x")),
			 BBK_FILE_NONE);
}

static void missing_folders_are_made_private(void **state)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	struct stat st;
	char *shown;

	(void)state;
	assert_int_equal(bbk_make_parents(test_path("a/b/c"), &err), 0);
	assert_int_equal(stat(test_path("a/b"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(bbk_make_dirs(test_path("a/b"), &err), 0);
	test_write(test_path("f"), "", 0600);
	assert_int_equal(bbk_make_dirs(test_path("f/x"), &err), -1);
	shown = bbk_path_shown("/home/jo/x\033y", "/home/jo");
	assert_string_equal(shown, "~/x?y");
	free(shown);
	shown = bbk_path_shown("/home/joan/x", "/home/jo");
	assert_string_equal(shown, "/home/joan/x");
	free(shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_replaced_whole),
		TEST(a_failed_write_leaves_the_old_file_and_no_other),
		TEST(what_is_no_file_is_not_read),
		TEST(a_file_beyond_its_limit_is_refused_whole),
		TEST(kinds_are_told_apart_without_opening),
		TEST(missing_folders_are_made_private),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
