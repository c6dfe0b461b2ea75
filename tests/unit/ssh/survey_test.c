#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ssh/agent.h"
#include "ssh/survey.h"

#define BLOB "AAAAC3NzaC1lZDI1NTE5AAAAIIazEu89wgQZ4bqs3d63QSMzYVa0" \
	     "MuJ2e2gKTKqu+UUO"
#define ED "ssh-ed25519 " BLOB

static void add_string(struct bbk_str *out, const char *bytes, size_t len)
{
	const char head[] = { 0, 0, (char)(len >> 8), (char)len };

	bbk_str_addn(out, head, sizeof(head));
	bbk_str_addn(out, bytes, len);
}

/* What an agent says of a key of this type and number. */
static void add_key(struct bbk_str *out, const char *type, int number,
		    const char *comment)
{
	BBK_AUTO(str) blob = BBK_STR_INIT;

	add_string(&blob, type, strlen(type));
	bbk_str_addf(&blob, "%032d", number);
	add_string(out, blob.s, blob.len);
	add_string(out, comment, strlen(comment));
}

static const char *file(const char *name, const char *text)
{
	const char *path = test_path(name);

	test_write(path, text, 0600);
	return path;
}

static void a_line_is_that_of_the_file(void **state)
{
	BBK_AUTO(survey) survey = BBK_SURVEY_INIT;
	char *line;

	(void)state;
	bbk_survey_add_file(&survey, file("a.pub", ED " jo@box\n"));
	assert_int_equal(survey.len, 1);
	line = bbk_survey_key_line(&survey.keys[0]);
	assert_string_equal(line, ED);
	free(line);
	miss_text(survey.keys[0].path, test_path("a.pub"), "path");
	assert_null(survey.keys[0].comment);
}

static void a_line_has_its_padding(void **state)
{
	(void)state;
	for (size_t more = 0; more < 3; more++) {
		BBK_AUTO(survey) survey = BBK_SURVEY_INIT;
		BBK_AUTO(str) said = BBK_STR_INIT;
		char type[] = "ssh-ed25519xx";
		char *line;

		type[strlen("ssh-ed25519") + more] = '\0';
		add_key(&said, type, 1, "");
		bbk_survey_add_agent(&survey, &said);
		assert_int_equal(survey.len, 1);
		line = bbk_survey_key_line(&survey.keys[0]);
		if (strlen(strchr(line, ' ') + 1) % 4)
			miss("%s", line);
		bbk_survey_add_file(&survey, file("b.pub", line));
		assert_int_equal(survey.len, 1);
		miss_text(survey.keys[0].path, test_path("b.pub"), line);
		free(line);
	}
}

static void a_key_is_there_once(void **state)
{
	BBK_AUTO(survey) survey = BBK_SURVEY_INIT;
	BBK_AUTO(str) said = BBK_STR_INIT;
	char *line;

	(void)state;
	add_key(&said, "ssh-ed25519", 1, "the first");
	add_key(&said, "ssh-ed25519", 1, "the same");
	add_key(&said, "ssh-ed25519", 2, "another");
	bbk_survey_add_agent(&survey, &said);
	assert_int_equal(survey.len, 2);
	assert_string_equal(survey.keys[0].comment, "the first");
	line = bbk_survey_key_line(&survey.keys[1]);
	bbk_survey_add_file(&survey, file("one.pub", line));
	bbk_survey_add_file(&survey, file("two.pub", line));
	free(line);
	assert_int_equal(survey.len, 2);
	miss_text(survey.keys[1].path, test_path("one.pub"), "path");
	assert_string_equal(survey.keys[1].comment, "another");
	assert_null(survey.keys[0].path);
}

static void what_is_no_public_key_is_passed_over(void **state)
{
	static const char *const texts[] = {
		"", "a note\n", "ssh-ed25519\n", "ssh-ed25519 AAAA\n",
		"-----BEGIN OPENSSH PRIVATE KEY-----\n",
	};
	BBK_AUTO(survey) survey = BBK_SURVEY_INIT;

	(void)state;
	for (size_t i = 0; i < ROWS(texts); i++)
		bbk_survey_add_file(&survey, file("x.pub", texts[i]));
	bbk_survey_add_file(&survey, test_path("none.pub"));
	bbk_survey_add_file(&survey, test_dir());
	assert_int_equal(survey.len, 0);
}

static void there_is_room_for_so_many(void **state)
{
	BBK_AUTO(survey) survey = BBK_SURVEY_INIT;
	BBK_AUTO(str) said = BBK_STR_INIT;

	(void)state;
	for (int i = 0; i < BBK_SURVEY_MAX + 8; i++)
		add_key(&said, "ssh-ed25519", i, "c");
	bbk_survey_add_agent(&survey, &said);
	assert_int_equal(survey.len, BBK_SURVEY_MAX);
	bbk_survey_add_file(&survey, file("a.pub", ED));
	assert_int_equal(survey.len, BBK_SURVEY_MAX);
}

static void what_an_agent_cannot_mean_is_the_end(void **state)
{
	static const struct {
		const char *bytes;
		size_t len, keys;
	} rows[] = {
		{ "", 0, 0 },
		{ "\0\0\0", 3, 0 },
		{ "\0\0\0\0\0\0\0", 7, 0 },
		{ "\0\0\0\1a\0\0\0\1b", 10, 1 },
		{ "\0\0\0\1a\0\0\0\2b", 10, 0 },
		{ "\xff\xff\xff\xff""abcd", 8, 0 },
		{ "\0\0\0\5abcd", 8, 0 },
		{ "\0\0\0\0\0\0\0\0", 8, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(survey) survey = BBK_SURVEY_INIT;
		BBK_AUTO(str) said = BBK_STR_INIT;
		struct bbk_agent_key key;
		size_t at = 0, keys = 0;

		bbk_str_addn(&said, rows[i].bytes, rows[i].len);
		while (bbk_agent_next(&said, &at, &key))
			keys++;
		if (keys != rows[i].keys)
			miss("row %zu: %zu keys", i, keys);
		bbk_survey_add_agent(&survey, &said);
		if (survey.len)
			miss("row %zu: no such key is asked about", i);
	}
}

/* libssh2 1.10 copies as many bytes as the length in front says. */
static void a_blob_without_its_type_is_not_asked_about(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {
		{ "", 0 },		   { "\0\0\0\0", 4 },
		{ "\0\0\0\0a", 5 },	   { "\0\0\0\1a", 5 },
		{ "\0\0\0\4abc", 7 },	   { "\0\0\1\1abcdef", 10 },
		{ "\xff\xff\xff\xff" "abc", 7 }, { "\0\0\0\1\nabc", 8 },
		{ "\0\0\0\1\0abc", 8 },	   { "\0\0\0\1 abc", 8 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(survey) survey = BBK_SURVEY_INIT;
		BBK_AUTO(str) said = BBK_STR_INIT;

		add_string(&said, rows[i].bytes, rows[i].len);
		add_string(&said, "c", 1);
		bbk_survey_add_agent(&survey, &said);
		if (survey.len)
			miss("row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_is_that_of_the_file),
		TEST(a_line_has_its_padding),
		TEST(a_key_is_there_once),
		TEST(what_is_no_public_key_is_passed_over),
		TEST(there_is_room_for_so_many),
		TEST(what_an_agent_cannot_mean_is_the_end),
		TEST(a_blob_without_its_type_is_not_asked_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
