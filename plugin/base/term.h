/*
 * Questions to a person.  A seam, so that a test can answer.
 *
 * The real one talks on /dev/tty, never on standard input or output: those
 * may be git's.  Nothing is asked where there is no terminal, where
 * GIT_TERMINAL_PROMPT is 0, or after --yes.
 */
#ifndef BASE_TERM_H
#define BASE_TERM_H

#include "base/err.h"
#include "base/secret.h"
#include "base/str.h"

#include <stdbool.h>

struct bbk_term {
	/* May a question be asked at all? */
	bool (*can_ask)(struct bbk_term *term);
	/*
	 * "<question> [Y/n] ", one line; an empty answer is fallback.  1 yes,
	 * 0 no, -1 where nothing can be asked or the answer ended (err set).
	 */
	int (*confirm)(struct bbk_term *term, const char *question,
		       bool fallback, struct bbk_err *err);
	/* One line, not echoed; an empty one leaves the answer empty. */
	int (*secret)(struct bbk_term *term, const char *question,
		      struct bbk_secret *answer, struct bbk_err *err);
	/* One line; "" where it is empty. */
	int (*line)(struct bbk_term *term, const char *question,
		    struct bbk_str *answer, struct bbk_err *err);
	/*
	 * The question, the choices with their numbers, then "[1] "; *chosen
	 * is from 0.  An empty answer is the first; what is no number of a
	 * choice is asked again.
	 */
	int (*choose)(struct bbk_term *term, const char *question,
		      const struct bbk_strv *choices, size_t *chosen,
		      struct bbk_err *err);
	bool never; /* --yes: no questions */
};

extern struct bbk_term bbk_system_term;

#endif
