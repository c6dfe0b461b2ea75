#include "test.h"

#include "base/drop.h"

static void only_the_words_of_a_drop_are_one(void **state)
{
	static const struct {
		const char *line;
		bool is;
	} lines[] = {
		{ "kex_exchange_identification: Connection closed by remote "
		  "host\r\n", true },
		{ "kex_exchange_identification: read: Connection reset by "
		  "peer\r\n", true },
		{ "banner exchange: Connection to 127.0.0.1 port 22: Broken "
		  "pipe\r\n", true },
		{ "kex_exchange_identification: banner line too long\r\n",
		  false },
		{ "banner exchange: Connection to 127.0.0.1 port 22: invalid "
		  "format\r\n", false },
		{ "Connection reset by 127.0.0.1 port 22\r\n", false },
		{ " kex_exchange_identification: Connection closed by remote "
		  "host\r\n", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(lines); i++)
		if (bbk_drop_is(lines[i].line) != lines[i].is)
			miss("%s", lines[i].line);
}

static void the_pauses_grow_and_stay_within_their_bounds(void **state)
{
	static const int64_t most[BBK_DROPS_MAX] = { 400, 800, 1600 };

	(void)state;
	for (int i = 0; i < BBK_DROPS_MAX; i++) {
		int64_t pause = bbk_drop_pause(i);

		assert_in_range(pause, most[i] / 2, most[i] - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_the_words_of_a_drop_are_one),
		TEST(the_pauses_grow_and_stay_within_their_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
