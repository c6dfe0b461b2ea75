#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "store/negative.h"

#define PROJ "refused/h:7999/proj"
#define NOBODY "refused/h:7999/@nobody"

static struct bbk_negative of(const char *project, bool submodule, bool token)
{
	return (struct bbk_negative){ .place = { "h", 7999, project, "app" },
				      .submodule = submodule,
				      .token = token };
}

static void expect(const char *row, struct bbk_negative negative, bool holds)
{
	if (bbk_negative_holds(&negative, test_dir()) != holds)
		miss("%s: it %s", row, holds ? "does not hold" : "holds");
}

static void note(struct bbk_negative negative)
{
	bbk_negative_note(&negative, test_dir());
}

static void make_old(const char *path, long seconds)
{
	struct timespec then = { .tv_sec = time(NULL) - seconds };
	struct timespec times[] = { then, then };

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void one_project_does_not_speak_for_another(void **state)
{
	(void)state;
	expect("nothing yet", of("PROJ", false, false), false);
	note(of("PROJ", false, false));
	expect("the same", of("PROJ", false, false), true);
	expect("in lower case", of("proj", false, false), true);
	expect("another one", of("LIB", false, false), false);
	expect("a longer name", of("PROJ2", false, false), false);
	expect("the host", of(NULL, false, false), false);
}

static void a_host_speaks_for_all_its_projects(void **state)
{
	struct bbk_negative port = of("PROJ", false, false);

	(void)state;
	port.place.port = 22;
	note(of(NULL, false, false));
	expect("a project", of("PROJ", false, false), true);
	expect("another", of("~jo", false, false), true);
	expect("another port", port, false);
}

static void submodules_and_tokens_are_cases_of_their_own(void **state)
{
	(void)state;
	note(of("PROJ", true, false));
	expect("a person's URL", of("PROJ", false, false), false);
	expect("a submodule's", of("PROJ", true, false), true);
	expect("with a token", of("PROJ", true, true), false);
	note(of("PROJ", false, true));
	expect("a token now", of("PROJ", false, true), true);
	expect("no token any more", of("PROJ", false, false), false);
}

static void it_holds_for_a_minute_and_not_in_the_future(void **state)
{
	static const struct {
		const char *row;
		long age;
		bool holds;
	} rows[] = { { "50 s", 50, true },
		     { "60 s", 60, false },
		     { "a day", 86400, false },
		     { "in an hour", -3600, false } };

	(void)state;
	note(of("PROJ", false, false));
	for (size_t i = 0; i < ROWS(rows); i++) {
		make_old(test_path(PROJ), rows[i].age);
		expect(rows[i].row, of("PROJ", false, false), rows[i].holds);
	}
}

static void the_next_command_asks_again(void **state)
{
	char group[64];

	(void)state;
	note(of("PROJ", false, false));
	(void)snprintf(group, sizeof(group), "group %ld\n", (long)getpgrp());
	assert_string_equal(test_read(test_path(PROJ)), group);
	(void)snprintf(group, sizeof(group), "group %ld\n",
		       (long)getpgrp() + 1);
	test_write(test_path(PROJ), group, 0600);
	expect("another process group", of("PROJ", false, false), false);
}

static void a_damaged_one_is_none(void **state)
{
	static const char *const texts[] = {
		"", "\n", "group\n", "group x\n", "group -1\n",
		"group 99999999999999999999\n", "token yes\n",
	};

	(void)state;
	note(of("PROJ", false, false));
	for (size_t i = 0; i < ROWS(texts); i++) {
		test_write(test_path(PROJ), texts[i], 0600);
		expect(texts[i], of("PROJ", false, false), false);
		expect(texts[i], of("PROJ", false, true), false);
	}
}

static void where_nothing_can_be_written_the_next_one_asks(void **state)
{
	(void)state;
	test_write(test_path("refused"), "a file is in the way", 0600);
	note(of("PROJ", false, false));
	expect("not written", of("PROJ", false, false), false);
}

/* --- what the configuration does not have -------------------------- */

static bool lacks(enum bbk_lack lack, unsigned port)
{
	struct bbk_paths paths = {
		.home = bbk_strdup(test_path("home")),
		.config = bbk_strdup(test_path("config")),
		.state = bbk_strdup(test_path("state")),
	};
	bool does = bbk_negative_lacks(lack, &paths, "h", port);

	bbk_paths_release(&paths);
	return does;
}

static bool is_nobody(unsigned port)
{
	return lacks(BBK_LACKS_INSTANCE, port);
}

static void make_folders(void)
{
	static const char *const names[] = { "state", "config", "git",
					     "home/.ssh" };
	BBK_AUTO(err) err = BBK_ERR_INIT;

	for (size_t i = 0; i < ROWS(names); i++)
		assert_int_equal(bbk_make_dirs(test_path(names[i]), &err), 0);
}

/* Seconds in which the system's files were not changed, at most max. */
static long unchanged_for(long max)
{
	static const char *const files[] = { "/etc/gitconfig",
					     "/etc/ssh/ssh_config" };
	struct stat st;

	for (size_t i = 0; i < ROWS(files); i++) {
		if (stat(files[i], &st) < 0)
			continue;
		if (time(NULL) - st.st_mtime <= max)
			max = time(NULL) - st.st_mtime - 1;
	}
	return max;
}

static void nobodys_host_is_known_for_a_day(void **state)
{
	(void)state;
	make_folders();
	assert_false(is_nobody(7999));
	bbk_negative_note_lack(BBK_LACKS_INSTANCE, test_path("state"), "h",
			       7999);
	assert_true(is_nobody(7999));
	assert_false(is_nobody(22));
	make_old(test_path("state/" NOBODY), unchanged_for(23 * 60 * 60));
	assert_true(is_nobody(7999));
	make_old(test_path("state/" NOBODY), 24 * 60 * 60);
	assert_false(is_nobody(7999));
	make_old(test_path("state/" NOBODY), -60);
	assert_false(is_nobody(7999));
}

static void that_there_is_no_token_is_known_for_ten_minutes(void **state)
{
	static const char *const names[] = {
		"GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT",
		"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "BBKEY_TOKEN",
	};

	(void)state;
	make_folders();
	bbk_negative_note_lack(BBK_LACKS_TOKEN, test_path("state"), "h", 443);
	assert_true(lacks(BBK_LACKS_TOKEN, 443));
	assert_false(lacks(BBK_LACKS_INSTANCE, 443));
	assert_false(lacks(BBK_LACKS_TOKEN, 7999));
	for (size_t i = 0; i < ROWS(names); i++) {
		setenv(names[i], "x", 1);
		if (lacks(BBK_LACKS_TOKEN, 443))
			miss("%s may have one", names[i]);
		unsetenv(names[i]);
	}
	assert_true(lacks(BBK_LACKS_TOKEN, 443));
	make_old(test_path("state/refused/h:443/@no-token"), 10 * 60);
	assert_false(lacks(BBK_LACKS_TOKEN, 443));
}

static void a_change_of_configuration_ends_it(void **state)
{
	static const char *const files[] = {
		"config/config", "git/config", "home/.gitconfig",
		"home/.ssh/config",
	};

	long age = unchanged_for(60);

	(void)state;
	make_folders();
	bbk_negative_note_lack(BBK_LACKS_INSTANCE, test_path("state"), "h",
			       7999);
	make_old(test_path("state/" NOBODY), age);
	for (size_t i = 0; i < ROWS(files); i++) {
		test_write(test_path(files[i]), "", 0600);
		if (is_nobody(7999))
			miss("%s was changed", files[i]);
		make_old(test_path(files[i]), age);
		if (is_nobody(7999))
			miss("%s was changed in the same second", files[i]);
		make_old(test_path(files[i]), age + 1);
		if (!is_nobody(7999))
			miss("%s was changed long ago", files[i]);
	}
}

static void where_nothing_was_set_up_nothing_is_written(void **state)
{
	(void)state;
	bbk_negative_note_lack(BBK_LACKS_INSTANCE, test_path("state"), "h",
			       7999);
	assert_int_equal(access(test_path("state"), F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_project_does_not_speak_for_another),
		TEST(a_host_speaks_for_all_its_projects),
		TEST(submodules_and_tokens_are_cases_of_their_own),
		TEST(it_holds_for_a_minute_and_not_in_the_future),
		TEST(the_next_command_asks_again),
		TEST(a_damaged_one_is_none),
		TEST(where_nothing_can_be_written_the_next_one_asks),
		TEST(nobodys_host_is_known_for_a_day),
		TEST(that_there_is_no_token_is_known_for_ten_minutes),
		TEST(a_change_of_configuration_ends_it),
		TEST(where_nothing_was_set_up_nothing_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
