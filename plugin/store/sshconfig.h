/*
 * The person's own ~/.ssh/config: one line of ours at its top.
 *
 * That file is never replaced: it is changed in place, through a symbolic
 * link, with its mode, its owner and every byte that was there.
 */
#ifndef STORE_SSHCONFIG_H
#define STORE_SSHCONFIG_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum bbk_sshconfig_had {
	BBK_SSHCONFIG_LINE, /* the line is there already */
	BBK_SSHCONFIG_FILE, /* a file without it */
	BBK_SSHCONFIG_NONE, /* no file */
};

/*
 * Is the line in front of every Host and Match, where it counts for all?  A
 * line may end in CR LF.
 */
bool bbk_sshconfig_includes(const char *text, size_t len, const char *line);

/* Looks only. */
int bbk_sshconfig_look(const char *path, const char *line,
		       enum bbk_sshconfig_had *had, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * Puts the line at the top where it is not there, with the file's own line
 * end; makes the file, mode 0600, where there is none.  Class local where it
 * is not a file of ours, or the disk is full: then its bytes are as before.
 */
int bbk_sshconfig_add(const char *path, const char *line,
		      enum bbk_sshconfig_had *had, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
