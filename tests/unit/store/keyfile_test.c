#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/keyfile.h"

static bool exists(const char *name)
{
	struct stat st;

	return lstat(test_path(name), &st) == 0;
}

/* L4, L5: the home folder is test_dir()/home */
static void a_folder_that_others_can_change_gets_no_key(void **state)
{
	static const struct {
		unsigned home, ssh; /* modes; 0: there is none */
		const char *link;   /* .ssh is a link to this */
		bool good;
	} rows[] = {
		{ 0700, 0, NULL, true },      { 0755, 0700, NULL, true },
		{ 0755, 0755, NULL, true },   { 0755, 0777, NULL, false },
		{ 0755, 0770, NULL, false },  { 0775, 0700, NULL, false },
		{ 0777, 0700, NULL, false },  { 0755, 0, "real", true },
		{ 0755, 0, "missing", false }, { 0755, 0, ".ssh", false },
		{ 0755, 0, "wide", false },   { 0755, 0, "file", false },
		{ 01777, 0700, NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(keydir) dir = BBK_KEYDIR_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		char home[16], ssh[32], at[40];
		const char *path;

		(void)snprintf(home, sizeof(home), "home%zu", i);
		(void)snprintf(ssh, sizeof(ssh), "%s/.ssh", home);
		assert_int_equal(mkdir(test_path(home), 0700), 0);
		(void)snprintf(at, sizeof(at), "%s/real", home);
		assert_int_equal(mkdir(test_path(at), 0700), 0);
		(void)snprintf(at, sizeof(at), "%s/wide", home);
		path = test_path(at);
		assert_int_equal(mkdir(path, 0700) | chmod(path, 0777), 0);
		(void)snprintf(at, sizeof(at), "%s/file", home);
		test_write(test_path(at), "", 0600);
		path = test_path(ssh);
		if (rows[i].ssh)
			assert_int_equal(mkdir(path, 0700) |
					 chmod(path, rows[i].ssh), 0);
		if (rows[i].link)
			assert_int_equal(symlink(rows[i].link, path), 0);
		assert_int_equal(chmod(test_path(home), rows[i].home), 0);
		if ((bbk_keydir_open(&dir, test_path(home), &err) == 0) !=
		    rows[i].good)
			miss("row %zu: %s", i, err.what ? err.what : "taken");
		else if (!rows[i].good)
			miss_class(&err, BBK_E_LOCAL, home);
	}
}

static void open_home(struct bbk_keydir *dir)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;

	assert_int_equal(bbk_keydir_open(dir, test_dir(), &err), 0);
}

static void a_file_is_judged_by_what_ssh_would_do(void **state)
{
	BBK_AUTO(keydir) dir = BBK_KEYDIR_INIT;

	(void)state;
	open_home(&dir);
	test_write(test_path(".ssh/key"), "x", 0600);
	test_write(test_path(".ssh/read"), "x", 0400);
	test_write(test_path(".ssh/open"), "x", 0640);
	test_write(test_path(".ssh/empty"), "", 0600);
	assert_int_equal(mkdir(test_path(".ssh/dir"), 0700), 0);
	assert_int_equal(mkfifo(test_path(".ssh/fifo"), 0600), 0);
	assert_int_equal(symlink("key", test_path(".ssh/link")), 0);
	assert_int_equal(bbk_keyfile_state(&dir, "none"), BBK_KEYFILE_NONE);
	assert_int_equal(bbk_keyfile_state(&dir, "key"), BBK_KEYFILE_LIKELY);
	assert_int_equal(bbk_keyfile_state(&dir, "read"), BBK_KEYFILE_LIKELY);
	assert_int_equal(bbk_keyfile_state(&dir, "open"), BBK_KEYFILE_OPEN);
	assert_int_equal(bbk_keyfile_state(&dir, "empty"), BBK_KEYFILE_EMPTY);
	assert_int_equal(bbk_keyfile_state(&dir, "dir"), BBK_KEYFILE_STRANGE);
	assert_int_equal(bbk_keyfile_state(&dir, "fifo"), BBK_KEYFILE_STRANGE);
	assert_int_equal(bbk_keyfile_state(&dir, "link"), BBK_KEYFILE_STRANGE);
}

static int make(struct bbk_keydir *dir, const char *name, const char *text)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	BBK_AUTO(str) public = BBK_STR_INIT;
	char *key = NULL;
	int rc;

	assert_int_equal(bbk_keydir_begin(dir, &key, &err), 0);
	test_write(key, text, 0644);
	bbk_str_addf(&public, "%s.pub", key);
	test_write(public.s, "public\n", 0600);
	free(key);
	rc = bbk_keydir_commit(dir, name, &err);
	return rc;
}

static void a_key_appears_whole_and_never_over_another(void **state)
{
	BBK_AUTO(keydir) dir = BBK_KEYDIR_INIT;
	struct stat st;

	(void)state;
	open_home(&dir);
	assert_int_equal(make(&dir, "k", "one"), 0);
	assert_int_equal(stat(test_path(".ssh/k"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(test_path(".ssh/k.pub"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	test_write(test_path(".ssh/k.pub"), "kept", 0644);
	assert_int_equal(make(&dir, "k", "two"), 1);
	assert_string_equal(test_read(test_path(".ssh/k")), "one");
	assert_string_equal(test_read(test_path(".ssh/k.pub")), "kept");
	assert_int_equal(symlink("nowhere", test_path(".ssh/l")), 0);
	assert_int_equal(make(&dir, "l", "three"), 1);
	assert_false(exists(".ssh/nowhere"));
}

/* I4: a file that was there before stays as it is. */
static void a_public_file_without_its_key_is_replaced(void **state)
{
	BBK_AUTO(keydir) dir = BBK_KEYDIR_INIT;

	(void)state;
	open_home(&dir);
	test_write(test_path(".ssh/k.pub"), "an old one", 0644);
	assert_int_equal(make(&dir, "k", "one"), 0);
	miss_text(test_read(test_path(".ssh/k")), "one", "k");
	miss_text(test_read(test_path(".ssh/k.pub")), "public\n", "k.pub");
}

static void a_public_file_with_its_key_is_not_overwritten(void **state)
{
	BBK_AUTO(keydir) dir = BBK_KEYDIR_INIT;

	(void)state;
	open_home(&dir);
	test_write(test_path(".ssh/k"), "private", 0600);
	test_write(test_path(".ssh/k.pub"), "somebody's", 0644);
	assert_int_equal(make(&dir, "k", "one"), 1);
	miss_text(test_read(test_path(".ssh/k")), "private", "k");
	miss_text(test_read(test_path(".ssh/k.pub")), "somebody's", "k.pub");
}

static void half_a_key_is_not_published(void **state)
{
	BBK_AUTO(keydir) dir = BBK_KEYDIR_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	char *key = NULL;

	(void)state;
	open_home(&dir);
	assert_int_equal(bbk_keydir_begin(&dir, &key, &err), 0);
	test_write(key, "private only", 0600);
	free(key);
	assert_int_equal(bbk_keydir_commit(&dir, "k", &err), -1);
	assert_false(exists(".ssh/k"));
}

static void age(const char *name, int seconds)
{
	struct timespec times[2];

	clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= seconds;
	times[1] = times[0];
	assert_int_equal(utimensat(AT_FDCWD, test_path(name), times, 0), 0);
}

static void only_stale_leftovers_are_removed(void **state)
{
	static const char *const names[] = { ".ssh/.bbkey-new-old111",
					     ".ssh/.bbkey-new-young1",
					     ".ssh/.other-new-old111" };
	BBK_AUTO(keydir) dir = BBK_KEYDIR_INIT;

	(void)state;
	open_home(&dir);
	for (size_t i = 0; i < ROWS(names); i++)
		assert_int_equal(mkdir(test_path(names[i]), 0700), 0);
	test_write(test_path(".ssh/.bbkey-new-old111/key"), "x", 0600);
	test_write(test_path("victim"), "x", 0600);
	assert_int_equal(symlink("../victim",
				 test_path(".ssh/.bbkey-new-link11")), 0);
	age(names[0], 400);
	age(names[2], 400);
	open_home(&dir);
	assert_false(exists(names[0]));
	assert_true(exists(names[1]));
	assert_true(exists(names[2]));
	assert_true(exists("victim"));
}

static void a_run_that_stops_leaves_nothing(void **state)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	char *key = NULL;

	(void)state;
	{
		BBK_AUTO(keydir) dir = BBK_KEYDIR_INIT;

		open_home(&dir);
		assert_int_equal(bbk_keydir_begin(&dir, &key, &err), 0);
		test_write(key, "x", 0600);
	}
	assert_null(test_read(key));
	*strrchr(key, '/') = '\0';
	assert_int_equal(access(key, F_OK), -1);
	free(key);
}

static void a_wreck_moves_aside_with_its_public_half(void **state)
{
	BBK_AUTO(keydir) dir = BBK_KEYDIR_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	BBK_AUTO(str) line = BBK_STR_INIT;

	(void)state;
	open_home(&dir);
	test_write(test_path(".ssh/k"), "wreck", 0600);
	test_write(test_path(".ssh/k.pub"), "line", 0644);
	assert_int_equal(bbk_keyfile_read_public(&dir, "k", &line, &err), 0);
	assert_string_equal(line.s, "line");
	assert_int_equal(bbk_keyfile_move_aside(&dir, "k", "corrupt", &err), 0);
	assert_false(exists(".ssh/k"));
	assert_false(exists(".ssh/k.pub"));
	assert_int_equal(bbk_keyfile_read_public(&dir, "k", &line, &err), 1);
	assert_int_equal(bbk_keyfile_move_aside(&dir, "k", "corrupt", &err),
			 -1);
	miss_class(&err, BBK_E_LOCAL, "nothing to move");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_folder_that_others_can_change_gets_no_key),
		TEST(a_file_is_judged_by_what_ssh_would_do),
		TEST(a_key_appears_whole_and_never_over_another),
		TEST(a_public_file_without_its_key_is_replaced),
		TEST(a_public_file_with_its_key_is_not_overwritten),
		TEST(half_a_key_is_not_published),
		TEST(only_stale_leftovers_are_removed),
		TEST(a_run_that_stops_leaves_nothing),
		TEST(a_wreck_moves_aside_with_its_public_half),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
