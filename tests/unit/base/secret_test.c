#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/str.h"

#define TEXT(s) s, sizeof(s) - 1

/* R19, and the header injections of acceptance 3.4 */
static void a_token_is_taken_only_as_it_must_be(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *want; /* NULL: refused */
	} rows[] = {
		{ TEXT("tok"), "tok" },	    { TEXT("tok\n"), "tok" },
		{ TEXT(""), NULL },	    { TEXT("\n"), NULL },
		{ TEXT("tok\r\n"), NULL },  { TEXT("sesame\n\n"), NULL },
		{ TEXT("to\nk"), NULL },    { TEXT("sesame\r\nX-Y: 1"), NULL },
		{ TEXT("to\0k"), NULL },    { TEXT("to\tk"), NULL },
		{ TEXT("tok\177"), NULL },  { TEXT("to\033k"), NULL },
		{ TEXT("\n tok"), NULL },   { TEXT("a b"), "a b" },
		{ TEXT("\357\273\277tok"), NULL }, /* a BOM is no password's */
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(secret) secret = BBK_SECRET_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		int rc = bbk_secret_from_text(&secret, rows[i].text,
					      rows[i].len, "a file", &err);

		if (rows[i].want) {
			miss_text(secret.bytes, rows[i].want, rows[i].text);
			continue;
		}
		if (rc == 0 || bbk_secret_is_set(&secret)) {
			miss("row %zu is taken", i);
			continue;
		}
		if (rows[i].len > 4 && strstr(err.what, "sesame"))
			miss("row %zu: the value is in '%s'", i, err.what);
		miss_class(&err, BBK_E_AUTH, rows[i].text);
	}
}

static void a_token_ends_at_4096_bytes(void **state)
{
	BBK_AUTO(secret) secret = BBK_SECRET_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	BBK_AUTO(str) text = BBK_STR_INIT;

	(void)state;
	for (int i = 0; i < 4096; i++)
		bbk_str_addc(&text, 'a');
	bbk_str_addc(&text, '\n');
	assert_int_equal(bbk_secret_from_text(&secret, text.s, text.len, "f",
					      &err), 0);
	assert_true(bbk_secret_is_token(&secret));
	text.s[4096] = 'a';
	assert_int_equal(bbk_secret_from_text(&secret, text.s, text.len, "f",
					      &err), -1);
	bbk_secret_set(&secret, text.s, text.len);
	if (bbk_secret_is_token(&secret))
		miss("4097 bytes are a token");
}

static void a_bearer_token_has_no_byte_that_could_end_a_header(void **state)
{
	BBK_AUTO(secret) secret = BBK_SECRET_INIT;

	(void)state;
	for (int c = 0; c < 256; c++) {
		char text[] = { 'a', (char)c, 'b' };
		bool want = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			    (c >= 'A' && c <= 'Z') ||
			    (c && strchr("._~+/=:-", c));

		bbk_secret_set(&secret, text, 3);
		if (bbk_secret_is_token(&secret) != want)
			miss("byte 0x%02x", (unsigned)c);
	}
	bbk_secret_set(&secret, "", 0);
	assert_false(bbk_secret_is_token(&secret));
}

static void a_moved_secret_is_gone_from_where_it_was(void **state)
{
	BBK_AUTO(secret) a = BBK_SECRET_INIT;
	BBK_AUTO(secret) b = BBK_SECRET_INIT;
	char bytes[] = "secret";

	(void)state;
	bbk_secret_set(&a, "x", 1);
	bbk_secret_move(&b, &a);
	assert_false(bbk_secret_is_set(&a));
	assert_string_equal(bbk_secret_bytes(&a), "");
	assert_string_equal(bbk_secret_bytes(&b), "x");
	bbk_wipe(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		assert_int_equal(bytes[i], 0);
}

static void a_mark_tells_tokens_apart(void **state)
{
	static const char *const tokens[] = { "", "a", "b", "ab", "ba" };
	char *marks[ROWS(tokens)];

	(void)state;
	for (size_t i = 0; i < ROWS(tokens); i++) {
		BBK_AUTO(secret) secret = BBK_SECRET_INIT;

		bbk_secret_set(&secret, tokens[i], strlen(tokens[i]));
		marks[i] = bbk_secret_mark(&secret);
		assert_int_equal(strlen(marks[i]), 8);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(marks[i], marks[j]))
				miss("%s and %s", tokens[i], tokens[j]);
	}
	assert_string_equal(marks[1], "e40c292c"); /* FNV-1a's own example */
	for (size_t i = 0; i < ROWS(tokens); i++)
		free(marks[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_token_is_taken_only_as_it_must_be),
		TEST(a_token_ends_at_4096_bytes),
		TEST(a_bearer_token_has_no_byte_that_could_end_a_header),
		TEST(a_moved_secret_is_gone_from_where_it_was),
		TEST(a_mark_tells_tokens_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
