#include "test.h"

#include <string.h>

#include "git/pktline.h"

#define UP BBK_PKTLINE_UP
#define DOWN BBK_PKTLINE_DOWN
#define ON BBK_PKTLINE_ON
#define OVER BBK_PKTLINE_OVER
#define BROKEN BBK_PKTLINE_BROKEN

static const struct row {
	const char *row;
	enum bbk_pktline_way way;
	const char *in, *out;
	enum bbk_pktline_state state;
	bool whole;
} rows[] = {
	{ "nothing", UP, "", "", ON, true },
	{ "a request", UP, "0014command=ls-refs\n0000",
	  "0014command=ls-refs\n0000", ON, true },
	{ "marks within it", UP, "0006a\n00010006b\n0000",
	  "0006a\n00010006b\n0000", ON, true },
	{ "git ends it at once", UP, "0000", "", OVER, true },
	{ "and after a request", UP, "0006a\n00000000", "0006a\n0000", OVER,
	  true },
	{ "what comes then is not read", UP, "0006a\n000000000006b\n",
	  "0006a\n0000", OVER, true },
	{ "an answer without its end", DOWN, "0006a\n00000002",
	  "0006a\n0000", ON, true },
	{ "two answers", DOWN, "0006a\n000000020006b\n00000002",
	  "0006a\n00000006b\n0000", ON, true },
	{ "an empty answer is one", DOWN, "00000002", "0000", ON, true },
	{ "content that looks like an end", DOWN, "000c000200000000",
	  "000c000200000000", ON, true },
	{ "an empty packet", DOWN, "00040000", "00040000", ON, true },
	{ "upper case", DOWN, "000A\n\n\n\n\n\n", "000A\n\n\n\n\n\n", ON,
	  true },
	{ "half a length", DOWN, "0006a\n00", "0006a\n", ON, false },
	{ "half a packet", DOWN, "0008a\n", "0008a\n", ON, false },
	{ "an impossible length", DOWN, "0006a\n0003", "0006a\n", BROKEN,
	  true },
	{ "no length at all", DOWN, "HTTP/1.1", "", BROKEN, true },
	{ "a blank in it", UP, " 006a\n", "", BROKEN, true },
	{ "a sign in it", UP, "+006a\n", "", BROKEN, true },
};

/* The same, however the bytes come. */
static void try(const struct row *row, size_t step)
{
	struct bbk_pktline line = { .way = row->way };
	BBK_AUTO(str) out = BBK_STR_INIT;
	enum bbk_pktline_state state = ON;
	size_t len = strlen(row->in);

	for (size_t at = 0; at < len && state == ON; at += step)
		state = bbk_pktline_take(&line, row->in + at,
					 step < len - at ? step : len - at,
					 &out);
	if (state != row->state || bbk_pktline_is_whole(&line) != row->whole)
		miss("%s, by %zu: state %d, whole %d", row->row, step, state,
		     bbk_pktline_is_whole(&line));
	miss_text(bbk_str_get(&out), row->out, row->row);
}

static void packets_pass_as_they_are_but_for_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		for (size_t step = 1; step < 9; step++)
			try(&rows[i], step);
}

static void the_largest_packet_passes(void **state)
{
	struct bbk_pktline line = { .way = DOWN };
	BBK_AUTO(str) in = BBK_STR_INIT;
	BBK_AUTO(str) out = BBK_STR_INIT;

	(void)state;
	bbk_str_add(&in, "ffff");
	for (int i = 0; i < 0xffff - 4; i++)
		bbk_str_addc(&in, i % 7 ? '0' : '\0');
	bbk_str_add(&in, "0002");
	assert_int_equal(bbk_pktline_take(&line, in.s, in.len, &out), ON);
	assert_int_equal(out.len, in.len - 4);
	assert_memory_equal(out.s, in.s, out.len);
	assert_true(bbk_pktline_is_whole(&line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(packets_pass_as_they_are_but_for_ends),
		TEST(the_largest_packet_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
