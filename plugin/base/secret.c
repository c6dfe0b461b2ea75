#include "base/secret.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define TOKEN_MAX 4096

void bbk_wipe(void *p, size_t len)
{
	volatile unsigned char *byte = p;

	while (len--)
		*byte++ = 0;
}

void bbk_secret_release(struct bbk_secret *secret)
{
	if (secret->bytes)
		bbk_wipe(secret->bytes, secret->len);
	free(secret->bytes);
	secret->bytes = NULL;
	secret->len = 0;
}

bool bbk_secret_is_set(const struct bbk_secret *secret)
{
	return secret->bytes != NULL;
}

const char *bbk_secret_bytes(const struct bbk_secret *secret)
{
	return secret->bytes ? secret->bytes : "";
}

void bbk_secret_set(struct bbk_secret *secret, const char *bytes, size_t len)
{
	char *copy = bbk_strndup(bytes, len);

	bbk_secret_release(secret);
	secret->bytes = copy;
	secret->len = len;
}

void bbk_secret_move(struct bbk_secret *to, struct bbk_secret *from)
{
	bbk_secret_release(to);
	*to = *from;
	from->bytes = NULL;
	from->len = 0;
}

bool bbk_secret_is_token(const struct bbk_secret *secret)
{
	for (size_t i = 0; i < secret->len; i++)
		if (!bbk_is_alnum(secret->bytes[i]) &&
		    (!secret->bytes[i] ||
		     !strchr("._~+/=:-", secret->bytes[i])))
			return false;
	return secret->len > 0 && secret->len <= TOKEN_MAX;
}

char *bbk_secret_mark(const struct bbk_secret *secret)
{
	uint32_t mark = 2166136261U; /* FNV-1a */

	for (size_t i = 0; i < secret->len; i++)
		mark = (mark ^ (unsigned char)secret->bytes[i]) * 16777619U;
	return bbk_strf("%08" PRIx32, mark);
}

int bbk_secret_from_text(struct bbk_secret *secret, const char *bytes,
			 size_t len, const char *source, struct bbk_err *err)
{
	if (len && bytes[len - 1] == '\n')
		len--;
	if (!len)
		return bbk_err_set(err, BBK_E_AUTH,
				   "the token from %s is empty", source);
	if (len > TOKEN_MAX)
		return bbk_err_set(err, BBK_E_AUTH,
				   "the token from %s is longer than %d bytes",
				   source, TOKEN_MAX);
	if (len >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3))
		return bbk_err_set(err, BBK_E_AUTH,
				   "the token from %s begins with a byte order "
				   "mark", source);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)bytes[i] < 0x20 || bytes[i] == 0x7f)
			return bbk_err_set(
				err, BBK_E_AUTH,
				"the token from %s has a control character "
				"at position %zu",
				source, i + 1);
	bbk_secret_set(secret, bytes, len);
	return 0;
}
