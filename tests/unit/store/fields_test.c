#include "test.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/fields.h"

static void what_was_written_is_read(void **state)
{
	BBK_AUTO(fields) out = BBK_FIELDS_INIT;
	BBK_AUTO(fields) in = BBK_FIELDS_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	struct stat st;

	(void)state;
	bbk_fields_add(&out, "version", "1");
	bbk_fields_add(&out, "left_out", NULL);
	bbk_fields_add(&out, "empty", "");
	bbk_fields_add(&out, "odd", "  \033\377 %s=\"x\" ");
	bbk_fields_add(&out, "again", "1");
	bbk_fields_add(&out, "again", "2");
	assert_int_equal(bbk_fields_write(&out, test_path("a/b/f"), &err), 0);
	assert_int_equal(stat(test_path("a/b/f"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(bbk_fields_read(&in, test_path("a/b/f"), &err), 0);
	assert_int_equal(in.names.len, 5);
	assert_string_equal(bbk_fields_get(&in, "odd"), "  \033\377 %s=\"x\" ");
	assert_string_equal(bbk_fields_get(&in, "empty"), "");
	assert_string_equal(bbk_fields_get(&in, "again"), "1");
	assert_null(bbk_fields_get(&in, "left_out"));
}

static void a_damaged_file_is_refused_whole(void **state)
{
	static const char *const texts[] = {
		"version 1", "version\n", "Version 1\n", " version 1\n",
		"version 1\n\n", "version 1\r\n", "version\t1\n", "1 1\n",
		"version 1\nnoend", "\n", "version 1\nx-y 1\n", "=\n",
	};
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ROWS(texts); i++) {
		BBK_AUTO(fields) in = BBK_FIELDS_INIT;

		test_write(test_path("f"), texts[i], 0600);
		if (bbk_fields_read(&in, test_path("f"), &err) != 1 ||
		    in.names.len || in.values.len)
			miss("'%s' is read", texts[i]);
		miss_class(&err, BBK_OK, texts[i]);
	}
}

static void a_nul_damages_and_a_missing_file_is_none(void **state)
{
	BBK_AUTO(fields) in = BBK_FIELDS_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	assert_int_equal(bbk_fields_read(&in, test_path("none"), &err), 1);
	assert_null(err.what);
	test_write(test_path("f"), "key /a_b\n", 0600);
	assert_int_equal(bbk_fields_read(&in, test_path("f"), &err), 0);
	assert_int_equal(truncate(test_path("f"), 12), 0);
	assert_int_equal(bbk_fields_read(&in, test_path("f"), &err), 1);
	assert_string_equal(bbk_fields_get(&in, "key"), "/a_b");
}

static void what_cannot_be_read_is_an_error(void **state)
{
	BBK_AUTO(fields) in = BBK_FIELDS_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	assert_int_equal(bbk_fields_read(&in, test_dir(), &err), -1);
	miss_class(&err, BBK_E_LOCAL, "a folder");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_written_is_read),
		TEST(a_damaged_file_is_refused_whole),
		TEST(a_nul_damages_and_a_missing_file_is_none),
		TEST(what_cannot_be_read_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
