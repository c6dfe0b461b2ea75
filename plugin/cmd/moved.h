/*
 * `init --all <folder>...`: the clones that still say bitbucket.org for SSH.
 */
#ifndef CMD_MOVED_H
#define CMD_MOVED_H

#include "base/env.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Shows what would be rewritten below these folders ("." where none is
 * given), asks once where that is possible, does it, and says how to undo it.
 * With json: one object on standard output.  0, or -1 with the first failure.
 */
int bbk_moved_on_screen(struct bbk_env *env, const struct bbk_strv *folders,
			bool dry_run, bool json, struct bbk_err *err)
	BBK_MUST_CHECK;

/* The whole of that form of init: its command line, too. */
int bbk_init_all(struct bbk_env *env, int argc, char **argv,
		 struct bbk_err *err) BBK_MUST_CHECK;

#endif
