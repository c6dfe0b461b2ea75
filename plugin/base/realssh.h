/*
 * Which program the real ssh is: the one on the PATH, or the command that
 * core.sshCommand named before automatic setup took its place.
 *
 * That command is kept in <config>/ssh-command, one line, and run by a shell
 * with ssh's arguments behind it, as git would (git-config(1),
 * core.sshCommand).  Nobody but git-bbkey writes the file.
 */
#ifndef BASE_REALSSH_H
#define BASE_REALSSH_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

struct bbk_realssh {
	char *program;	       /* absolute */
	struct bbk_strv words; /* argv[0] and what comes before ssh's own */
	bool chained;	       /* somebody's command, not ssh from the PATH */
};

#define BBK_REALSSH_INIT { NULL, BBK_STRV_INIT, false }

void bbk_realssh_release(struct bbk_realssh *ssh);

/* <config>/ssh-command; the caller frees. */
char *bbk_realssh_path(const char *config);

/* config may be NULL: the one on the PATH.  Class local where there is none. */
int bbk_realssh_find(struct bbk_realssh *ssh, const char *config,
		     struct bbk_err *err) BBK_MUST_CHECK;

#endif
