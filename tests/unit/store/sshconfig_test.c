#include "test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sshconfig.h"

#define LINE "Include \"/x\""

static void the_line_counts_in_front_of_every_block(void **state)
{
	static const struct {
		const char *text;
		bool there;
	} rows[] = {
		{ "", false },
		{ LINE, true },
		{ LINE "\n", true },
		{ LINE "\r\nHost x\r\n", true },
		{ "# c\n\nPort 1\n" LINE "\n", true },
		{ "Host x\n" LINE "\n", false },
		{ "  host=x\n" LINE "\n", false },
		{ "MATCH all\n" LINE "\n", false },
		{ "\"Host\" x\n" LINE "\n", false },
		{ "HostName x\n" LINE "\n", true },
		{ "HostKeyAlias x\n" LINE "\n", true },
		{ "#" LINE "\n", false },
		{ LINE "2\n", false },
		{ "Include \"/x", false },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		if (bbk_sshconfig_includes(rows[i].text, strlen(rows[i].text),
					   LINE) != rows[i].there)
			miss("%s", rows[i].text);
}

static void add(const char *path, enum bbk_sshconfig_had want)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	enum bbk_sshconfig_had had = BBK_SSHCONFIG_LINE;

	assert_int_equal(bbk_sshconfig_add(path, LINE, &had, &err), 0);
	assert_int_equal(had, want);
}

static void the_line_comes_on_top_once_and_the_rest_stays(void **state)
{
	const char *path = test_path("config"), *link = test_path("link");
	struct stat before, after;

	(void)state;
	test_write(path, "Host x\r\n  Port 1", 0640);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(stat(path, &before), 0);
	add(link, BBK_SSHCONFIG_FILE);
	assert_string_equal(test_read(path), LINE "\r\nHost x\r\n  Port 1");
	add(link, BBK_SSHCONFIG_LINE);
	assert_string_equal(test_read(path), LINE "\r\nHost x\r\n  Port 1");
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(after.st_mode & 0777, 0640);
}

static void no_file_gets_one_and_a_dead_link_does_not(void **state)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	const char *path = test_path("config"), *link = test_path("link");
	enum bbk_sshconfig_had had;
	struct stat st;

	(void)state;
	add(path, BBK_SSHCONFIG_NONE);
	assert_string_equal(test_read(path), LINE "\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(symlink("nowhere", link), 0);
	assert_int_equal(bbk_sshconfig_add(link, LINE, &had, &err), -1);
	miss_class(&err, BBK_E_LOCAL, "a link to nothing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_line_counts_in_front_of_every_block),
		TEST(the_line_comes_on_top_once_and_the_rest_stays),
		TEST(no_file_gets_one_and_a_dead_link_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
