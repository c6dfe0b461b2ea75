#include "fuzz.h"

#include "ssh/hostkey.h"

/* "algorithm LF value", or a value alone */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = bbk_strndup((const char *)data, size);
	char *value = strchr(text, '\n');
	char *got, *again;
	BBK_AUTO(str) quoted = BBK_STR_INIT;

	if (value)
		*value++ = '\0';
	got = bbk_fingerprint_canonical(value ? text : NULL,
					value ? value : text);
	if (got) {
		HOLDS(strlen(got) == (got[0] == 'M' ? 51 : 50));
		HOLDS(!strpbrk(got, " \"'$`;%\\\n"));
		again = bbk_fingerprint_canonical(NULL, got);
		HOLDS(again && !strcmp(got, again));
		free(again);
	}
	bbk_ssh_quote(&quoted, text, true);
	HOLDS(quoted.len >= strlen(text) + 2);
	free(got);
	free(text);
	return 0;
}
