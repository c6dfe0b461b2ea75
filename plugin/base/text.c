#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define LINE_COLUMNS 80

size_t bbk_utf8_char(const char *text, size_t len, unsigned long *code)
{
	static const unsigned long least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *s = (const unsigned char *)text;
	size_t n;

	if (!len)
		return 0;
	n = s[0] < 0x80 ? 1 : (s[0] & 0xe0) == 0xc0 ? 2 :
	    (s[0] & 0xf0) == 0xe0 ? 3 : (s[0] & 0xf8) == 0xf0 ? 4 : 0;
	if (!n || n > len)
		return 0;
	*code = n == 1 ? s[0] : s[0] & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3f);
	}
	if (*code < least[n] || *code > 0x10ffff ||
	    (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return n;
}

static bool printable(unsigned long code)
{
	if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad)
		return false;
	if ((code >= 0x200b && code <= 0x200f) || code == 0x061c ||
	    code == 0x180e ||
	    (code >= 0x2028 && code <= 0x202e) ||
	    (code >= 0x2060 && code <= 0x206f) || code == 0xfeff)
		return false;
	return !(code >= 0xfff0 && code <= 0xfffb) && code < 0xe0000;
}

void bbk_scrub(struct bbk_str *out, const char *text, size_t len, size_t max)
{
	size_t i = 0;

	for (size_t chars = 0; i < len && chars < max; chars++) {
		unsigned long code = 0;
		size_t n = bbk_utf8_char(text + i, len - i, &code);

		if (n && strchr("\r\n\t", text[i]) && text[i]) {
			bbk_str_addc(out, ' ');
			while (i < len && text[i] && strchr("\r\n\t ", text[i]))
				i++;
		} else if (n && printable(code)) {
			bbk_str_addn(out, text + i, n);
			i += n;
		} else {
			bbk_str_addc(out, '?');
			i += n ? n : 1;
		}
	}
	if (i < len)
		bbk_str_add(out, "...");
}

char *bbk_scrubbed(const char *text)
{
	struct bbk_str out = BBK_STR_INIT;

	bbk_scrub(&out, text, strlen(text), BBK_SCRUB_MAX);
	return bbk_str_take(&out);
}

size_t bbk_columns(const char *text)
{
	size_t columns = 0;

	for (; *text; text++)
		if ((*text & 0xc0) != 0x80)
			columns++;
	return columns;
}

void bbk_fold(struct bbk_str *out, const char *text, size_t indent)
{
	size_t column = indent;

	while (*text) {
		size_t len = strcspn(text, " ");
		char *word = bbk_strndup(text, len);
		size_t columns = bbk_columns(word);

		if (column > indent && column + 1 + columns > LINE_COLUMNS) {
			bbk_str_addf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			bbk_str_addc(out, ' ');
			column++;
		}
		bbk_str_add(out, word);
		column += columns;
		free(word);
		text += len + strspn(text + len, " ");
	}
}

void bbk_ssh_quote(struct bbk_str *out, const char *text, bool expands)
{
	bbk_str_addc(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			bbk_str_addc(out, '\\');
		if (*text == '%' && expands)
			bbk_str_addc(out, '%');
		bbk_str_addc(out, *text);
	}
	bbk_str_addc(out, '"');
}

char *bbk_shell_quoted(const char *text)
{
	BBK_AUTO(str) out = BBK_STR_INIT;
	bool plain = *text;

	for (const char *c = text; *c; c++)
		if (!bbk_is_alnum(*c) && !strchr("/._+-", *c))
			plain = false;
	if (plain)
		return bbk_strdup(text);
	bbk_str_addc(&out, '\'');
	for (const char *c = text; *c; c++) {
		if (*c == '\'')
			bbk_str_add(&out, "'\\'");
		bbk_str_addc(&out, *c);
	}
	bbk_str_addc(&out, '\'');
	return bbk_str_take(&out);
}

void bbk_shell_add_option(struct bbk_str *out, const char *name,
			  const char *value)
{
	char *quoted = value ? bbk_shell_quoted(value) : NULL;

	if (quoted)
		bbk_str_addf(out, " --%s %s", name, quoted);
	free(quoted);
}
