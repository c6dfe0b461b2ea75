#include "ssh/pubkey.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/str.h"

#define LINE_MAX_BYTES 16384
#define TYPE_MAX 64

void bbk_pubkey_release(struct bbk_pubkey *key)
{
	free(key->type);
	free(key->blob);
	free(key->comment);
	*key = (struct bbk_pubkey)BBK_PUBKEY_INIT;
}

static int refuse(struct bbk_err *err)
{
	return bbk_err_set(err, BBK_E_KEYFILE,
			   "this is not an OpenSSH public key");
}

static bool type_byte(int c)
{
	return bbk_is_digit(c) || (c >= 'a' && c <= 'z') ||
	       (c && strchr("@.-", c));
}

static int base64_value(int c)
{
	const char *at = c ? strchr(bbk_base64_digits, c) : NULL;

	return at ? (int)(at - bbk_base64_digits) : -1;
}

static bool blob_is_base64(const char *blob, size_t len)
{
	size_t pad = 0;

	if (!len || len % 4)
		return false;
	while (pad < 2 && blob[len - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < len - pad; i++)
		if (base64_value(blob[i]) < 0)
			return false;
	return true;
}

/* The first bytes of the decoded blob: a length of four bytes, the type. */
static bool blob_names_type(const char *blob, size_t len, const char *type)
{
	size_t want = 4 + strlen(type), at = 0;
	unsigned long bits = 0;

	if (len / 4 * 3 < want + 2)
		return false;
	for (size_t i = 0; at < want; i++) {
		unsigned char byte;
		unsigned char expect;

		bits = bits << 6 | ((unsigned)base64_value(blob[i]) & 0x3f);
		if (i % 4 == 0)
			continue;
		byte = (unsigned char)(bits >> (6 - 2 * (i % 4)));
		expect = at < 3 ? 0 : at == 3 ? (unsigned char)(want - 4) :
			 (unsigned char)type[at - 4];
		if (byte != expect)
			return false;
		at++;
	}
	return true;
}

int bbk_pubkey_parse(struct bbk_pubkey *key, const char *line, size_t len,
		     struct bbk_err *err)
{
	BBK_AUTO(pubkey) parsed = BBK_PUBKEY_INIT;
	size_t type = 0, blob;

	if (len > LINE_MAX_BYTES || memchr(line, '\0', len))
		return refuse(err);
	while (len && (line[len - 1] == '\n' || line[len - 1] == '\r' ||
		       line[len - 1] == ' '))
		len--;
	while (type < len && type_byte(line[type]))
		type++;
	if (!type || type > TYPE_MAX || type == len || line[type] != ' ')
		return refuse(err);
	parsed.type = bbk_strndup(line, type);
	line += type + 1;
	len -= type + 1;
	for (blob = 0; blob < len && line[blob] != ' '; blob++)
		;
	if (!blob_is_base64(line, blob) ||
	    !blob_names_type(line, blob, parsed.type))
		return refuse(err);
	parsed.blob = bbk_strndup(line, blob);
	parsed.comment = blob < len ?
		bbk_strndup(line + blob + 1, len - blob - 1) : bbk_strdup("");
	if (strpbrk(parsed.comment, "\r\n"))
		return refuse(err);
	bbk_pubkey_release(key);
	*key = parsed;
	parsed = (struct bbk_pubkey)BBK_PUBKEY_INIT;
	return 0;
}

void bbk_pubkey_blob(const struct bbk_pubkey *key, struct bbk_str *bytes)
{
	unsigned long bits = 0;
	int have = 0;

	for (const char *c = key->blob; *c && *c != '='; c++) {
		bits = bits << 6 | (unsigned)base64_value(*c);
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		bbk_str_addc(bytes, (char)(bits >> have & 0xff));
	}
}
