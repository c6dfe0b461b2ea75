#include "fuzz.h"

#include "base/text.h"

/* What comes out is UTF-8 without a control character, and not too long. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BBK_AUTO(str) out = BBK_STR_INIT;

	bbk_scrub(&out, (const char *)data, size, 200);
	HOLDS(bbk_columns(bbk_str_get(&out)) <= 203);
	for (size_t i = 0; i < out.len;) {
		unsigned long code = 0;
		size_t n = bbk_utf8_char(out.s + i, out.len - i, &code);

		HOLDS(n && code >= 0x20 && (code < 0x7f || code >= 0xa0));
		HOLDS(code < 0x202a || code > 0x202e);
		i += n;
	}
	return 0;
}
