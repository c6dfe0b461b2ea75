#include "base/str.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"

static BBK_NORETURN void out_of_memory(void)
{
	static const char line[] = "git-bbkey: fatal: out of memory\n";

	(void)bbk_write_all(STDERR_FILENO, line, sizeof(line) - 1);
	_exit(bbk_class_status(BBK_E_FATAL));
}

void *bbk_alloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *bbk_realloc(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

char *bbk_strndup(const char *text, size_t len)
{
	char *copy = bbk_alloc(len + 1);

	memcpy(copy, text, len);
	return copy;
}

char *bbk_strdup(const char *text)
{
	return bbk_strndup(text, strlen(text));
}

char *bbk_strf(const char *fmt, ...)
{
	struct bbk_str str = BBK_STR_INIT;
	va_list args;

	va_start(args, fmt);
	bbk_str_addv(&str, fmt, args);
	va_end(args);
	return bbk_str_take(&str);
}

void bbk_replace(char **to, const char *text)
{
	char *copy = text ? bbk_strdup(text) : NULL;

	free(*to);
	*to = copy;
}

void bbk_str_release(struct bbk_str *str)
{
	free(str->s);
	str->s = NULL;
	str->len = str->cap = 0;
}

void bbk_str_reset(struct bbk_str *str)
{
	str->len = 0;
	if (str->s)
		str->s[0] = '\0';
}

const char *bbk_str_get(const struct bbk_str *str)
{
	return str->s ? str->s : "";
}

char *bbk_str_take(struct bbk_str *str)
{
	char *s = str->s ? str->s : bbk_strdup("");

	str->s = NULL;
	str->len = str->cap = 0;
	return s;
}

static void make_room(struct bbk_str *str, size_t more)
{
	size_t want;

	assert(more < SIZE_MAX / 4 && str->len < SIZE_MAX / 4);
	want = str->len + more + 1;
	if (want <= str->cap)
		return;
	if (want < str->cap * 2)
		want = str->cap * 2;
	str->s = bbk_realloc(str->s, want);
	str->cap = want;
}

void bbk_str_addn(struct bbk_str *str, const void *bytes, size_t len)
{
	make_room(str, len);
	if (len)
		memcpy(str->s + str->len, bytes, len);
	str->len += len;
	str->s[str->len] = '\0';
}

void bbk_str_add(struct bbk_str *str, const char *text)
{
	bbk_str_addn(str, text, strlen(text));
}

void bbk_str_addc(struct bbk_str *str, char c)
{
	bbk_str_addn(str, &c, 1);
}

void bbk_str_addv(struct bbk_str *str, const char *fmt, va_list args)
{
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	assert(len >= 0);
	make_room(str, (size_t)len);
	(void)vsnprintf(str->s + str->len, (size_t)len + 1, fmt, args);
	str->len += (size_t)len;
}

void bbk_str_addf(struct bbk_str *str, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	bbk_str_addv(str, fmt, args);
	va_end(args);
}

void bbk_str_set(struct bbk_str *str, const char *text)
{
	bbk_str_reset(str);
	bbk_str_add(str, text);
}

void bbk_str_cut(struct bbk_str *str, size_t len)
{
	if (str->len <= len)
		return;
	str->len = len;
	str->s[len] = '\0';
}

void bbk_strv_release(struct bbk_strv *list)
{
	for (size_t i = 0; i < list->len; i++)
		free(list->v[i]);
	free(list->v);
	list->v = NULL;
	list->len = list->cap = 0;
}

static void strv_own(struct bbk_strv *list, char *text)
{
	if (list->len + 2 > list->cap) {
		list->cap = list->cap ? list->cap * 2 : 16;
		list->v = bbk_realloc(list->v,
				      list->cap * sizeof(list->v[0]));
	}
	list->v[list->len++] = text;
	list->v[list->len] = NULL;
}

void bbk_strv_add(struct bbk_strv *list, const char *text)
{
	strv_own(list, bbk_strdup(text));
}

void bbk_strv_addf(struct bbk_strv *list, const char *fmt, ...)
{
	struct bbk_str str = BBK_STR_INIT;
	va_list args;

	va_start(args, fmt);
	bbk_str_addv(&str, fmt, args);
	va_end(args);
	strv_own(list, bbk_str_take(&str));
}

void bbk_strv_addl(struct bbk_strv *list, ...)
{
	const char *text;
	va_list args;

	va_start(args, list);
	while ((text = va_arg(args, const char *)))
		bbk_strv_add(list, text);
	va_end(args);
}

void bbk_strv_drop_last(struct bbk_strv *list)
{
	free(list->v[--list->len]);
	list->v[list->len] = NULL;
}

bool bbk_strv_same(const struct bbk_strv *a, const struct bbk_strv *b)
{
	for (size_t i = 0; i < a->len && i < b->len; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return a->len == b->len;
}

bool bbk_strv_has(const struct bbk_strv *list, const char *text)
{
	for (size_t i = 0; i < list->len; i++)
		if (!strcmp(list->v[i], text))
			return true;
	return false;
}

bool bbk_is_digit(int c)
{
	return c >= '0' && c <= '9';
}

int bbk_lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

int bbk_upper(int c)
{
	return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
}

bool bbk_is_alnum(int c)
{
	int low = bbk_lower(c);

	return bbk_is_digit(c) || (low >= 'a' && low <= 'z');
}

bool bbk_same_nocase(const char *a, const char *b)
{
	while (*a && bbk_lower(*a) == bbk_lower(*b))
		a++, b++;
	return !*a && !*b;
}

bool bbk_is_off(const char *value)
{
	static const char *const off[] = { "", "0", "false", "no", "off" };

	for (size_t i = 0; i < BBK_ARRAY_LEN(off); i++)
		if (bbk_same_nocase(value, off[i]))
			return true;
	return false;
}

bool bbk_begins(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

bool bbk_ends(const char *text, const char *suffix)
{
	size_t len = strlen(text), tail = strlen(suffix);

	return len >= tail && !strcmp(text + len - tail, suffix);
}

bool bbk_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

int bbk_parse_number(const char *text, long min, long max, long *out)
{
	long n = 0;

	if (!bbk_is_digit(text[0]) || (text[0] == '0' && text[1]))
		return -1;
	for (; *text; text++) {
		if (!bbk_is_digit(*text) || n > (max - (*text - '0')) / 10)
			return -1;
		n = n * 10 + (*text - '0');
	}
	if (n < min || n > max)
		return -1;
	*out = n;
	return 0;
}
