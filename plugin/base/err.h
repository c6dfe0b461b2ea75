/*
 * What went wrong: a class, one sentence, and the next step.
 *
 * A function that can fail returns 0 or -1 and takes `struct bbk_err *err`
 * last.  The sentence is made where the failure is noticed, gets what was
 * wanted put in front on its way up, and is printed only in cmd/ and main.c:
 *
 *	git-bbkey: auth: cannot read project 'PROJ': ... (HTTP 401)
 *	hint: run 'git bbkey login https://bitbucket.example.com'
 *
 * The first failure stays: an error that is set is not overwritten.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/attr.h"

#include <stdbool.h>

enum bbk_class {
	BBK_OK,
#define BBK_CLASS(name, word, status, meaning) BBK_E_##name,
#include "base/err.def"
#undef BBK_CLASS
};

struct bbk_err {
	enum bbk_class class;
	char *what; /* lower case, no full stop; NULL: nothing failed */
	char *hint; /* what to do next, or NULL */
};

#define BBK_ERR_INIT { BBK_OK, NULL, NULL }

void bbk_err_release(struct bbk_err *err);

/* Returns -1, so that `return bbk_err_set(err, ...)` reads as what it is. */
int bbk_err_set(struct bbk_err *err, enum bbk_class class, const char *fmt,
		...) BBK_PRINTF(3, 4);
/* The same with ": <strerror(errnum)>" behind it. */
int bbk_err_errno(struct bbk_err *err, enum bbk_class class, int errnum,
		  const char *fmt, ...) BBK_PRINTF(4, 5);
/* Puts "<what was wanted>: " in front.  Returns -1. */
int bbk_err_wrap(struct bbk_err *err, const char *fmt, ...) BBK_PRINTF(2, 3);
/* Replaces the hint.  Returns -1. */
int bbk_err_hint(struct bbk_err *err, const char *fmt, ...) BBK_PRINTF(2, 3);

const char *bbk_class_word(enum bbk_class class);
int bbk_class_status(enum bbk_class class); /* the exit status; 0 for BBK_OK */

#endif
