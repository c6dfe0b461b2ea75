#include "base/base64.h"

const char bbk_base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void add_digit(struct bbk_str *out, unsigned long bits)
{
	bbk_str_addc(out, bbk_base64_digits[bits & 0x3f]);
}

void bbk_base64(struct bbk_str *out, const void *bytes, size_t len)
{
	const unsigned char *byte = bytes;
	unsigned long bits = 0;
	int have = 0;

	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | byte[i];
		for (have += 8; have >= 6; have -= 6)
			add_digit(out, bits >> (have - 6));
	}
	if (have)
		add_digit(out, bits << (6 - have));
}

void bbk_base64_padded(struct bbk_str *out, const void *bytes, size_t len)
{
	bbk_base64(out, bytes, len);
	for (size_t n = len % 3; n && n < 3; n++)
		bbk_str_addc(out, '=');
}
