/*
 * Rows in columns that fit the terminal.
 *
 * A column that is empty in every row is left out.  Where the rows are wider
 * than the terminal, columns go, the least important first, until the elastic
 * one has room for MIN_ELASTIC characters; then that one is cut ("..."), and
 * nothing else ever is.  Without a terminal, and with -v, nothing goes and
 * nothing is cut.
 */
#ifndef CMD_COLUMNS_H
#define CMD_COLUMNS_H

#include "base/env.h"
#include "base/str.h"

struct bbk_column {
	const char *title;
	bool elastic;	/* one of them */
	unsigned spare; /* how easily it is spared: 0 never, else 1 first */
};

#define BBK_COLUMNS_MAX 12

struct bbk_columns {
	const struct bbk_column *column;
	size_t len; /* columns */
	struct bbk_strv cells;
};

void bbk_columns_init(struct bbk_columns *columns,
		      const struct bbk_column *column, size_t len);
void bbk_columns_release(struct bbk_columns *columns);

/* The cells of a row, one after another; NULL and "" are empty. */
void bbk_columns_add(struct bbk_columns *columns, const char *text);

/* Prints titles and rows, each line behind `indent` blanks. */
void bbk_columns_print(const struct bbk_columns *columns, FILE *out,
		       const struct bbk_env *env, size_t indent);

/* The same for a width; 0: as wide as it is. */
void bbk_columns_text(const struct bbk_columns *columns, struct bbk_str *out,
		      size_t width, size_t indent, bool utf8);

#endif
