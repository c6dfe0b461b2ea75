#include "test.h"

#include <string.h>

#include "core/lfs.h"

static void filter_lfs_is_found_as_git_reads_attributes(void **state)
{
	static const struct {
		const char *text;
		bool used;
	} rows[] = {
		{ "", false },
		{ "*.bin filter=lfs diff=lfs merge=lfs -text\n", true },
		{ "*.bin filter=lfs", true },
		{ "*.bin\tfilter=lfs\r\n", true },
		{ "  *.bin -text filter=lfs\n", true },
		{ "*.txt text\n*.bin filter=lfs\n", true },
		{ "[attr]big filter=lfs\n", true },
		{ "\"a b.bin\" filter=lfs\n", true },
		{ "\"a \\\" filter=lfs\" text\n", false },
		{ "\"a filter=lfs\" text\n", false },
		{ "# *.bin filter=lfs\n", false },
		{ "  # *.bin filter=lfs\n", false },
		{ "*.bin -filter\n", false },
		{ "*.bin filter=lfs2\n", false },
		{ "*.bin xfilter=lfs\n", false },
		{ "filter=lfs\n", false },
		{ "filter=lfs text\n", false },
		{ "filter=lfs filter=lfs\n", true },
		{ "*.bin filter=crypt\n\n\n", false },
		{ "\"never ends filter=lfs\n", false },
		{ "\"never ends \\", false },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		/* of its exact size, so that one byte too far is seen */
		size_t len = strlen(rows[i].text);
		char *text = test_malloc(len + !len);

		memcpy(text, rows[i].text, len);
		if (bbk_lfs_in_attributes(text, len) != rows[i].used)
			miss("%s", rows[i].text);
		test_free(text);
	}
}

static void a_nul_is_no_end(void **state)
{
	static const char text[] = "a\0b filter=lfs\n";

	(void)state;
	assert_true(bbk_lfs_in_attributes(text, sizeof(text) - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(filter_lfs_is_found_as_git_reads_attributes),
		TEST(a_nul_is_no_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
