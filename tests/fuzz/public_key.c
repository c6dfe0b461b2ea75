#include "fuzz.h"

#include "ssh/pubkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	BBK_AUTO(pubkey) key = BBK_PUBKEY_INIT;
	BBK_AUTO(pubkey) again = BBK_PUBKEY_INIT;
	BBK_AUTO(str) line = BBK_STR_INIT;

	if (bbk_pubkey_parse(&key, (const char *)data, size, &err) < 0)
		return 0;
	HOLDS(*key.type && *key.blob && !strpbrk(key.comment, "\r\n"));
	bbk_str_addf(&line, "%s %s", key.type, key.blob);
	HOLDS(bbk_pubkey_parse(&again, line.s, line.len, &err) == 0);
	HOLDS(!strcmp(again.blob, key.blob) && !*again.comment);
	return 0;
}
