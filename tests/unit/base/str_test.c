#include "test.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static void a_string_holds_any_byte_and_a_final_nul(void **state)
{
	BBK_AUTO(str) s = BBK_STR_INIT;
	char *taken;

	(void)state;
	assert_string_equal(bbk_str_get(&s), "");
	bbk_str_addn(&s, "a\0b", 3);
	bbk_str_addn(&s, NULL, 0);
	assert_int_equal(s.len, 3);
	assert_int_equal(s.s[3], 0);
	bbk_str_cut(&s, 9);
	assert_int_equal(s.len, 3);
	bbk_str_cut(&s, 1);
	bbk_str_addf(&s, "%d-%s", 42, "x");
	assert_string_equal(s.s, "a42-x");
	taken = bbk_str_take(&s);
	assert_null(s.s);
	free(taken);
	taken = bbk_str_take(&s);
	assert_string_equal(taken, "");
	free(taken);
}

/* The sanitizers look at every length around a doubling. */
static void growing_never_writes_beyond_the_end(void **state)
{
	(void)state;
	for (size_t len = 0; len < 300; len++) {
		BBK_AUTO(str) s = BBK_STR_INIT;
		BBK_AUTO(strv) v = BBK_STRV_INIT;

		for (size_t i = 0; i < len; i++) {
			bbk_str_addc(&s, 'x');
			bbk_strv_add(&v, "x");
		}
		bbk_str_addf(&s, "%*s", (int)len, "");
		assert_int_equal(strlen(bbk_str_get(&s)), 2 * len);
		assert_int_equal(v.len, len);
		assert_true(!len || !v.v[len]);
	}
}

static void a_number_is_plain_decimal_in_its_range(void **state)
{
	static const struct {
		const char *text;
		long min, max, want; /* -1: refused */
	} rows[] = {
		{ "0", 0, 9, 0 },	   { "1", 1, 65535, 1 },
		{ "65535", 1, 65535, 65535 }, { "65536", 1, 65535, -1 },
		{ "0", 1, 65535, -1 },	   { "", 0, 9, -1 },
		{ "00", 0, 9, -1 },	   { "022", 0, 99, -1 },
		{ "-1", 0, 9, -1 },	   { "+1", 0, 9, -1 },
		{ " 1", 0, 9, -1 },	   { "1 ", 0, 9, -1 },
		{ "1x", 0, 9, -1 },	   { "0x1", 0, 9, -1 },
		{ "9223372036854775807", 0, LONG_MAX, LONG_MAX },
		{ "9223372036854775808", 0, LONG_MAX, -1 },
		{ "18446744073709551617", 0, LONG_MAX, -1 },
		{ "5", 0, 0, -1 },	   { "10", 0, 3, -1 },
		{ "\331\241", 0, 9, -1 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		long n = -77;
		int rc = bbk_parse_number(rows[i].text, rows[i].min,
					  rows[i].max, &n);

		if (rows[i].want < 0 ? rc != -1 || n != -77 :
				       rc != 0 || n != rows[i].want)
			miss("'%s': %d, %ld", rows[i].text, rc, n);
	}
}

static void letters_are_those_of_ascii(void **state)
{
	(void)state;
	for (int c = -128; c < 256; c++) {
		bool alnum = (c >= '0' && c <= '9') ||
			     (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		assert_int_equal(bbk_is_alnum(c), alnum);
		if (!alnum)
			assert_int_equal(bbk_lower(c), c);
	}
	assert_true(bbk_same_nocase("aZ", "Az"));
	assert_false(bbk_same_nocase("a", "ab"));
	assert_false(bbk_same_nocase("@", "`"));
	assert_true(bbk_ends("x.git", ".git"));
	assert_false(bbk_ends("git", ".git"));
	assert_true(bbk_same(NULL, NULL));
	assert_false(bbk_same(NULL, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_string_holds_any_byte_and_a_final_nul),
		TEST(growing_never_writes_beyond_the_end),
		TEST(a_number_is_plain_decimal_in_its_range),
		TEST(letters_are_those_of_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
