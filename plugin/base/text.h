/*
 * Bytes from outside, made fit to print.
 *
 * Everything that a server, a repository, a file or a terminal gave us goes
 * through bbk_scrub() before it reaches a person.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/str.h"

#define BBK_SCRUB_MAX 200 /* characters of foreign text in one message */

/*
 * Adds at most max characters of text[0..len).  Control characters (C0, DEL,
 * C1), bidirectional controls, zero-width and line separators, and bytes that
 * are not UTF-8 become '?'; runs of line ends and tabs become one blank.
 */
void bbk_scrub(struct bbk_str *out, const char *text, size_t len, size_t max);
/* The same into a new string, BBK_SCRUB_MAX characters; the caller frees. */
char *bbk_scrubbed(const char *text);

/* Length of the UTF-8 character at text (1..4), 0 if it is not one. */
size_t bbk_utf8_char(const char *text, size_t len, unsigned long *code);

/* Columns that text takes on a terminal: one a character. */
size_t bbk_columns(const char *text);

/*
 * Adds text in lines of at most 80 columns, broken at blanks.  The first one
 * begins at column `indent`, where the caller is; the others with as many
 * blanks.  A longer word has a line of its own.
 */
void bbk_fold(struct bbk_str *out, const char *text, size_t indent);

/* One argument of an ssh option, in quotes; '%' doubled where it expands. */
void bbk_ssh_quote(struct bbk_str *out, const char *text, bool expands);

/* One word for sh, in quotes where it needs them; the caller frees. */
char *bbk_shell_quoted(const char *text);
/* Adds " --<name> <value>" for sh; nothing where value is NULL. */
void bbk_shell_add_option(struct bbk_str *out, const char *name,
			  const char *value);

#endif
