/*
 * The folders that git-bbkey uses, by the rules of CONTRACT "Files".
 *
 * Home is $HOME where that is an absolute folder other than "/"; else the
 * password database's, as ssh does it.  XDG_* count only where absolute.
 */
#ifndef BASE_PATHS_H
#define BASE_PATHS_H

#include "base/err.h"

#include <stdbool.h>

struct bbk_paths {
	char *home;
	bool from_passwd; /* $HOME could not be used */
	char *ssh;	  /* <home>/.ssh */
	char *config;	  /* $XDG_CONFIG_HOME/git-bbkey */
	char *state;	  /* $XDG_STATE_HOME/git-bbkey */
};

#define BBK_PATHS_INIT { NULL, false, NULL, NULL, NULL }

void bbk_paths_release(struct bbk_paths *paths);

/* Class local where there is no home, or its path has a control character. */
int bbk_paths_find(struct bbk_paths *paths, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * Is this home also ssh's?  It takes "~" from the password database, whatever
 * $HOME says.
 */
bool bbk_paths_are_ssh(const struct bbk_paths *paths);

/*
 * The absolute path of a program on PATH, or NULL; the caller frees.  Empty
 * and relative parts of PATH are passed over: the current folder is never
 * searched.
 */
char *bbk_program_find(const char *name);
/*
 * A sibling of the program that was started as argv0, or of what that is a
 * link to; else one on PATH.
 */
char *bbk_program_beside(const char *argv0, const char *name);
/* Class local, with the name, where it is missing. */
int bbk_program_need(char **path, const char *name, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
