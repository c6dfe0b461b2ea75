#include "test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/paths.h"

/* A sibling first: another installation's is another version. */
static void a_program_is_looked_for_beside_the_one_that_runs(void **state)
{
	static const struct {
		const char *started; /* in the folder of the test */
		bool absolute;
		const char *found;
	} rows[] = {
		{ "a/helper", true, "a/tool" },
		{ "b/helper", true, "path/tool" }, /* it may not be run */
		{ "c/helper", true, "path/tool" },
		{ "a/helper", false, "path/tool" },
		{ "helper", false, "path/tool" },
	};

	(void)state;
	assert_int_equal(mkdir(test_path("a"), 0700), 0);
	assert_int_equal(mkdir(test_path("b"), 0700), 0);
	assert_int_equal(mkdir(test_path("path"), 0700), 0);
	test_write(test_path("a/tool"), "#!/bin/sh\n", 0755);
	test_write(test_path("b/tool"), "#!/bin/sh\n", 0644);
	test_write(test_path("path/tool"), "#!/bin/sh\n", 0755);
	assert_int_equal(setenv("PATH", test_path("path"), 1), 0);
	assert_int_equal(chdir(test_dir()), 0);
	for (size_t i = 0; i < ROWS(rows); i++) {
		const char *argv0 = rows[i].absolute ?
			test_path(rows[i].started) : rows[i].started;
		char *found = bbk_program_beside(argv0, "tool");

		miss_text(found, test_path(rows[i].found), argv0);
		free(found);
	}
	assert_null(bbk_program_beside("helper", "no-such-tool"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_program_is_looked_for_beside_the_one_that_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
