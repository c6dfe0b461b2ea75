/*
 * Strings that grow, and lists of strings.
 *
 * A struct bbk_str always has a NUL behind its last byte once anything was
 * added; bbk_str_get() is "" before that.  It may hold any byte; `len` does
 * not count the final NUL.  Out of memory ends the program with one line.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/attr.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct bbk_str {
	char *s;
	size_t len;
	size_t cap;
};

#define BBK_STR_INIT { NULL, 0, 0 }

void bbk_str_release(struct bbk_str *str);
void bbk_str_reset(struct bbk_str *str); /* empty; keeps the memory */
const char *bbk_str_get(const struct bbk_str *str);
char *bbk_str_take(struct bbk_str *str); /* the caller owns it; str is empty */

void bbk_str_add(struct bbk_str *str, const char *text);
void bbk_str_addn(struct bbk_str *str, const void *bytes, size_t len);
void bbk_str_addc(struct bbk_str *str, char c);
void bbk_str_addf(struct bbk_str *str, const char *fmt, ...) BBK_PRINTF(2, 3);
void bbk_str_addv(struct bbk_str *str, const char *fmt, va_list args)
	BBK_PRINTF(2, 0);
void bbk_str_set(struct bbk_str *str, const char *text);
void bbk_str_cut(struct bbk_str *str, size_t len); /* at most len bytes */

/* A list of strings that it owns; `v` ends with a NULL, as argv does. */
struct bbk_strv {
	char **v;
	size_t len;
	size_t cap;
};

#define BBK_STRV_INIT { NULL, 0, 0 }

void bbk_strv_release(struct bbk_strv *list);
void bbk_strv_add(struct bbk_strv *list, const char *text);
void bbk_strv_addf(struct bbk_strv *list, const char *fmt, ...)
	BBK_PRINTF(2, 3);
/* Adds each argument up to a NULL: bbk_strv_addl(&v, "-o", x, NULL). */
void bbk_strv_addl(struct bbk_strv *list, ...) __attribute__((sentinel));
void bbk_strv_drop_last(struct bbk_strv *list); /* of at least one */
bool bbk_strv_has(const struct bbk_strv *list, const char *text);
bool bbk_strv_same(const struct bbk_strv *a, const struct bbk_strv *b);

/* Allocation that cannot fail: else one line on stderr, exit status 128. */
void *bbk_alloc(size_t size); /* zeroed */
void *bbk_realloc(void *old, size_t size);
char *bbk_strdup(const char *text);
char *bbk_strndup(const char *text, size_t len);
char *bbk_strf(const char *fmt, ...) BBK_PRINTF(1, 2);
/* Frees *to, then makes it a copy of text (NULL stays NULL). */
void bbk_replace(char **to, const char *text);

/* ASCII only, whatever the locale says. */
bool bbk_is_digit(int c);
bool bbk_is_alnum(int c);
int bbk_lower(int c);
int bbk_upper(int c);
bool bbk_same_nocase(const char *a, const char *b);
/* A truth value that git takes for false: git-config(1). */
bool bbk_is_off(const char *value);
bool bbk_begins(const char *text, const char *prefix);
bool bbk_ends(const char *text, const char *suffix);
/* NULL equals NULL only. */
bool bbk_same(const char *a, const char *b);

/*
 * A decimal number between min and max: digits only, no sign, no blanks, no
 * leading zero unless it is "0" itself.  0, or -1 with *out untouched.
 */
int bbk_parse_number(const char *text, long min, long max, long *out)
	BBK_MUST_CHECK;

#endif
