#include "test.h"

#include <string.h>

#include "base/base64.h"

/* RFC 4648, section 10, and what goes beyond seven bits. */
static void every_length_comes_out_right(void **state)
{
	static const struct {
		const char *bytes, *bare, *padded;
	} rows[] = {
		{ "", "", "" },
		{ "f", "Zg", "Zg==" },
		{ "fo", "Zm8", "Zm8=" },
		{ "foo", "Zm9v", "Zm9v" },
		{ "foob", "Zm9vYg", "Zm9vYg==" },
		{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
		{ "\xfb\xff\xbf", "+/+/", "+/+/" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(str) bare = BBK_STR_INIT;
		BBK_AUTO(str) padded = BBK_STR_INIT;
		size_t len = strlen(rows[i].bytes);

		bbk_base64(&bare, rows[i].bytes, len);
		bbk_base64_padded(&padded, rows[i].bytes, len);
		miss_text(bbk_str_get(&bare), rows[i].bare, rows[i].bytes);
		miss_text(bbk_str_get(&padded), rows[i].padded, rows[i].bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_length_comes_out_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
