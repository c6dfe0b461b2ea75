/*
 * Child processes: an argv array, an absolute program, a deadline, a cap on
 * what is kept of their output.  No shell, ever.
 *
 * A child starts with default signals, standard input from `input` (or
 * /dev/null), and this process's environment with `env` applied.  Only 0, 1
 * and 2 are open in it, and what `above` says.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct bbk_process {
	struct bbk_strv argv; /* argv.v[0] is an absolute path */
	struct bbk_strv env;  /* "NAME=value" sets, "NAME" removes */
	const void *input;    /* borrowed; NULL: none */
	size_t input_len;
	bool inherit;	      /* 0, 1, 2 are ours: for talk with a person */
	int above;	      /* becomes BBK_ABOVE_FD of it; 0: nothing */
	bool inherit_err;     /* 2 is ours */
	size_t out_max;	      /* bytes of 1 and 2 to keep; the rest is read */
	size_t err_max;	      /* and dropped.  0: /dev/null */
	bool stop_when_full;  /* killed once out_max is reached */
	int64_t deadline_ms;  /* 0: none.  Killed when it is over */

	struct bbk_str out;
	struct bbk_str err;
	int status;	      /* exit status, or 128 + signal */
	bool timed_out;
};

#define BBK_PROCESS_INIT \
	{ BBK_STRV_INIT, BBK_STRV_INIT, NULL, 0, false, 0, false, 0, 0, \
	  false, 0, \
	  BBK_STR_INIT, BBK_STR_INIT, 0, false }

void bbk_process_release(struct bbk_process *process);

/*
 * Runs it to its end.  0 whatever its exit status is; -1, class local, where
 * it could not be started, or its output not be read.  What was captured is
 * wiped on release.
 */
int bbk_process_run(struct bbk_process *process, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * The same in two halves, one such process at a time, with our own 0, 1 and 2.
 * Until it was waited for, a signal that ends us goes to it, too: SIGINT,
 * SIGTERM, SIGHUP, SIGQUIT.
 */
int bbk_process_start(struct bbk_process *process, pid_t *pid,
		      struct bbk_err *err) BBK_MUST_CHECK;
/* Has it ended?  Then *status is its exit status, or 128 + signal. */
bool bbk_process_ended(pid_t pid, int *status);
int bbk_process_wait(pid_t pid); /* for its end: the same status */

#endif
