#include "test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "store/first.h"

#define PATH "records/h:7999/@first"

static void save(const char *key, const char *pin, const char *another)
{
	BBK_AUTO(first) first = BBK_FIRST_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	bbk_replace(&first.key, key);
	bbk_replace(&first.known_hosts, "\"/a b\" \"/c\"");
	bbk_strv_add(&first.pins, pin);
	if (another)
		bbk_strv_add(&first.pins, another);
	assert_int_equal(bbk_first_save(&first, test_dir(), "h", 7999, &err),
			 0);
}

static int get(struct bbk_first *first, unsigned port)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	int rc = bbk_first_read(first, test_dir(), "h", port, &err);

	assert_int_equal(err.class, BBK_OK);
	return rc;
}

static void everything_comes_back_in_its_order(void **state)
{
	BBK_AUTO(first) first = BBK_FIRST_INIT;
	struct stat st;

	(void)state;
	save("/home/%x y/.ssh/k", "SHA256:b", "SHA256:a");
	assert_int_equal(get(&first, 7999), 0);
	miss_text(first.key, "/home/%x y/.ssh/k", "key");
	miss_text(first.known_hosts, "\"/a b\" \"/c\"", "known hosts");
	assert_int_equal(first.pins.len, 2);
	miss_text(first.pins.v[0], "SHA256:b", "the first pin");
	miss_text(first.pins.v[1], "SHA256:a", "the second pin");
	assert_int_equal(stat(test_path(PATH), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(get(&first, 22), 1);
}

static void what_is_saved_last_counts_alone(void **state)
{
	BBK_AUTO(first) first = BBK_FIRST_INIT;

	(void)state;
	save("/old", "SHA256:a", "SHA256:b");
	assert_int_equal(get(&first, 7999), 0);
	save("/new", "SHA256:c", NULL);
	assert_int_equal(get(&first, 7999), 0);
	miss_text(first.key, "/new", "key");
	assert_int_equal(first.pins.len, 1);
	miss_text(first.pins.v[0], "SHA256:c", "pin");
}

static void one_that_lacks_something_is_none(void **state)
{
	static const char *const texts[] = {
		"", "key /k\n", "key /k\nknown_hosts x\n",
		"key /k\npin SHA256:a\n", "known_hosts x\npin SHA256:a\n",
		"key /k\nknown_hosts x\npin SHA256:a",
		"key /k\nknown_hosts x\npin SHA256:a\n\n",
		"key /k\nknown_hosts x\nPIN SHA256:a\n",
	};
	BBK_AUTO(first) first = BBK_FIRST_INIT;

	(void)state;
	save("/k", "SHA256:a", NULL);
	assert_int_equal(get(&first, 7999), 0);
	for (size_t i = 0; i < ROWS(texts); i++) {
		test_write(test_path(PATH), texts[i], 0600);
		if (get(&first, 7999) != 1)
			miss("row %zu is taken", i);
		miss_text(first.key, "/k", "what was there before");
	}
}

static void what_is_forgotten_is_gone(void **state)
{
	BBK_AUTO(first) first = BBK_FIRST_INIT;

	(void)state;
	bbk_first_forget(test_dir(), "h", 7999); /* there is none: fine */
	save("/k", "SHA256:a", NULL);
	bbk_first_forget(test_dir(), "h", 22);
	assert_int_equal(get(&first, 7999), 0);
	bbk_first_forget(test_dir(), "h", 7999);
	assert_int_equal(get(&first, 7999), 1);
}

static void one_that_cannot_be_read_or_saved_is_an_error(void **state)
{
	BBK_AUTO(first) first = BBK_FIRST_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	assert_int_equal(bbk_make_dirs(test_path(PATH), &err), 0);
	assert_int_equal(bbk_first_read(&first, test_dir(), "h", 7999, &err),
			 -1);
	miss_class(&err, BBK_E_LOCAL, "read");
	assert_int_equal(bbk_first_save(&first, test_dir(), "h", 7999, &err),
			 -1);
	miss_class(&err, BBK_E_LOCAL, "save");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(everything_comes_back_in_its_order),
		TEST(what_is_saved_last_counts_alone),
		TEST(one_that_lacks_something_is_none),
		TEST(what_is_forgotten_is_gone),
		TEST(one_that_cannot_be_read_or_saved_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
