/*
 * Our state files: one "name value" a line, LF at its end.
 *
 * Simple enough for the transport to read without a library.  A name is
 * [a-z_]+ and may repeat; a value is any bytes but LF, CR and NUL.  A line
 * that has another form makes the file worthless as a whole: it is as if there
 * were none, and the next run writes it anew.
 */
#ifndef STORE_FIELDS_H
#define STORE_FIELDS_H

#include "base/err.h"
#include "base/str.h"

#define BBK_FIELDS_MAX ((size_t)64 << 10) /* bytes of one state file */

struct bbk_fields {
	struct bbk_strv names;
	struct bbk_strv values;
};

#define BBK_FIELDS_INIT { BBK_STRV_INIT, BBK_STRV_INIT }

void bbk_fields_release(struct bbk_fields *fields);

/* NULL values are left out; a value with a line end is a broken invariant. */
void bbk_fields_add(struct bbk_fields *fields, const char *name,
		    const char *value);
/* The first value of that name, or NULL; borrowed. */
const char *bbk_fields_get(const struct bbk_fields *fields, const char *name);

/* 1: there is none, or it is damaged.  -1: it cannot be read, class local. */
int bbk_fields_read(struct bbk_fields *fields, const char *path,
		    struct bbk_err *err) BBK_MUST_CHECK;
/* Makes the folders it needs; replaces the file whole, mode 0600. */
int bbk_fields_write(const struct bbk_fields *fields, const char *path,
		     struct bbk_err *err) BBK_MUST_CHECK;

#endif
