/*
 * Running git: for this layer only.
 */
#ifndef GIT_GIT_H
#define GIT_GIT_H

#include "base/process.h"

/* argv[0], the environment of a child that may not ask, caps, a deadline. */
int bbk_git_begin(struct bbk_process *process, struct bbk_err *err)
	BBK_MUST_CHECK;
/* "cannot <wanted>: git said: ...", class local.  Returns -1. */
int bbk_git_failed(const struct bbk_process *process, const char *wanted,
		   struct bbk_err *err);

#endif
