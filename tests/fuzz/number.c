#include "fuzz.h"

#include "base/secret.h"
#include "bitbucket/rest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BBK_AUTO(secret) secret = BBK_SECRET_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	char *text = bbk_strndup((const char *)data, size);
	int64_t pause = bbk_retry_after(text, 77);
	long n = -1;

	HOLDS(pause >= 0 && pause <= 10000);
	if (bbk_parse_number(text, 1, 65535, &n) == 0) {
		char *again = bbk_strf("%ld", n);

		HOLDS(n >= 1 && n <= 65535 && !strcmp(again, text));
		free(again);
	}
	if (bbk_secret_from_text(&secret, (const char *)data, size, "x",
				 &err) == 0)
		HOLDS(!strpbrk(bbk_secret_bytes(&secret), "\r\n") &&
		      strlen(secret.bytes) == secret.len);
	free(text);
	return 0;
}
