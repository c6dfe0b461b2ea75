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
	/* One line, not echoed. */
	int (*secret)(struct bbk_term *term, const char *question,
		      struct bbk_secret *answer, struct bbk_err *err);
	bool never; /* --yes: no questions */
};

extern struct bbk_term bbk_system_term;

#endif
