#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void foreign_text_is_fit_to_print(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "plain", "plain" },
		{ "\303\274ber", "\303\274ber" },
		{ "a\033[31mb", "a?[31mb" },
		{ "\033]52;c;aGk=\007", "?]52;c;aGk=?" },
		{ "a\r\n\tb", "a b" },
		{ "a \n b", "a  b" },
		{ "a\177b\302\233c", "a?b?c" },
		{ "\342\200\256evil", "?evil" },	/* U+202E */
		{ "\342\200\213x\342\201\246y", "?x?y" }, /* U+200B, 2066 */
		{ "\357\273\277x", "?x" },		/* BOM */
		{ "\342\200\250x", "?x" },		/* U+2028 */
		{ "\300\256", "??" },			/* overlong */
		{ "\355\240\200", "???" },		/* a surrogate */
		{ "\364\220\200\200", "????" },		/* beyond U+10FFFF */
		{ "\303", "?" },
		{ "\360\237\230\200", "\360\237\230\200" },
		{ "\363\240\201\201", "?" },		/* a tag character */
		{ "\363\240\204\200x", "?x" },
		{ "\341\240\216x", "?x" },		/* U+180E, no width */
		{ "$(id) `id`", "$(id) `id`" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char *got = bbk_scrubbed(rows[i].text);

		miss_text(got, rows[i].want, rows[i].want);
		free(got);
	}
}

static void a_nul_does_not_end_the_text(void **state)
{
	BBK_AUTO(str) out = BBK_STR_INIT;

	(void)state;
	bbk_scrub(&out, "a\0b\n\0c", 6, 100);
	assert_string_equal(bbk_str_get(&out), "a?b ?c");
}

static void long_text_is_cut_by_characters(void **state)
{
	BBK_AUTO(str) out = BBK_STR_INIT;
	char *long_text = bbk_alloc((1 << 20) + 1);
	char *got;

	(void)state;
	bbk_scrub(&out, "\303\274\303\274\303\274", 6, 2);
	assert_string_equal(bbk_str_get(&out), "\303\274\303\274...");
	memset(long_text, 'x', 1 << 20);
	got = bbk_scrubbed(long_text);
	assert_true(strlen(got) <= BBK_SCRUB_MAX + 3);
	free(got);
	free(long_text);
	assert_int_equal(bbk_columns("\303\274x"), 2);
}

static void a_shell_reads_one_word(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "/usr/bin/git-bbkey", "/usr/bin/git-bbkey" },
		{ "", "''" },
		{ "https://h/x", "'https://h/x'" },
		{ "LIB", "LIB" },
		{ "~dev", "'~dev'" },
		{ "*", "'*'" },
		{ "a b", "'a b'" },
		{ "it's", "'it'\\''s'" },
		{ "$(id)", "'$(id)'" },
		{ "https://[::1]/", "'https://[::1]/'" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char *got = bbk_shell_quoted(rows[i].text);

		miss_text(got, rows[i].want, rows[i].text);
		free(got);
	}
}

static void lines_are_folded_at_eighty_columns(void **state)
{
#define TEN "123456789 "
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN
	static const struct {
		const char *text;
		size_t indent;
		const char *want;
	} rows[] = {
		{ "", 4, "" },
		{ "a b", 0, "a b" },
		{ SEVENTY "1234567890 x", 0, SEVENTY "1234567890\nx" },
		{ SEVENTY "12345678901", 0,
		  "123456789 123456789 123456789 123456789 123456789 "
		  "123456789 123456789\n12345678901" },
		{ SEVENTY "12345678 x", 2, SEVENTY "12345678\n  x" },
		{ "a  b", 0, "a b" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(str) got = BBK_STR_INIT;

		bbk_fold(&got, rows[i].text, rows[i].indent);
		miss_text(bbk_str_get(&got), rows[i].want, rows[i].text);
	}
#undef SEVENTY
#undef TEN
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(foreign_text_is_fit_to_print),
		TEST(a_nul_does_not_end_the_text),
		TEST(long_text_is_cut_by_characters),
		TEST(a_shell_reads_one_word),
		TEST(lines_are_folded_at_eighty_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
