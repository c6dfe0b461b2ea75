#include "test.h"

#include "core/hook.h"
#include "core/hooks.h"

static const struct {
	long major, minor;
	const char *hooks_path;
	enum bbk_hooks_way way;
} ways[] = {
	{ 2, 39, NULL, BBK_HOOKS_TEMPLATE },
	{ 2, 39, "", BBK_HOOKS_TEMPLATE },
	{ 2, 39, "/home/u/hooks", BBK_HOOKS_PATH },
	{ 2, 53, "/home/u/hooks", BBK_HOOKS_PATH },
	{ 2, 54, "/home/u/hooks", BBK_HOOKS_CONFIG },
	{ 2, 54, NULL, BBK_HOOKS_CONFIG },
	{ 3, 0, NULL, BBK_HOOKS_CONFIG },
	{ 1, 99, NULL, BBK_HOOKS_TEMPLATE },
};

static void the_way_follows_from_git_and_the_persons_setting(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(ways); i++) {
		struct bbk_git_version version = { ways[i].major,
						   ways[i].minor };

		if (bbk_hooks_way(&version, ways[i].hooks_path) != ways[i].way)
			miss("git %ld.%ld", ways[i].major, ways[i].minor);
	}
}

#define ZEROS "0000000000000000000000000000000000000000"
#define HASH "7bc04318de906755be7a8d240d7d221839327836"

static const struct {
	const char *previous, *flag;
	bool first;
} checkouts[] = {
	{ ZEROS, "1", true },
	{ ZEROS "000000000000000000000000", "1", true }, /* sha256 */
	{ ZEROS, "0", false }, /* a file was checked out */
	{ ZEROS, "", false },
	{ ZEROS, "11", false },
	{ HASH, "1", false },
	{ "0", "1", false },
	{ "", "1", false },
	{ ZEROS "0", "1", false },
};

static void only_a_checkout_with_nothing_before_it_is_the_first(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(checkouts); i++)
		if (bbk_hook_is_first(checkouts[i].previous,
				      checkouts[i].flag) != checkouts[i].first)
			miss("%s %s", checkouts[i].previous,
			     checkouts[i].flag);
}

static void a_key_that_may_only_read_may_not_push(void **state)
{
	struct bbk_record reads = BBK_RECORD_INIT;
	struct bbk_record writes = BBK_RECORD_INIT;
	struct bbk_record own = BBK_RECORD_INIT;
	char key[] = "/home/u/.ssh/bbkey_x";

	(void)state;
	reads.key = writes.key = key;
	writes.write = true;
	assert_false(bbk_hook_may_push(&reads));
	assert_true(bbk_hook_may_push(&writes));
	assert_true(bbk_hook_may_push(&own)); /* the server decides */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_way_follows_from_git_and_the_persons_setting),
		TEST(only_a_checkout_with_nothing_before_it_is_the_first),
		TEST(a_key_that_may_only_read_may_not_push),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
