/*
 * The global configuration as a file, and what git's own defaults are: for
 * whoever changes how git behaves everywhere.
 */
#ifndef GIT_GLOBAL_H
#define GIT_GLOBAL_H

#include "base/err.h"
#include "base/paths.h"

#include <stdbool.h>

struct bbk_git_version {
	long major, minor;
};

/* "git version 2.39.5 (Apple Git-154)"; false where it is something else. */
bool bbk_git_version_parse(struct bbk_git_version *version, const char *text)
	BBK_MUST_CHECK;
int bbk_git_version(struct bbk_git_version *version, struct bbk_err *err)
	BBK_MUST_CHECK;

/* The file that `git config --global` writes to; the caller frees. */
char *bbk_global_file(const struct bbk_paths *paths);

/*
 * The value in force outside of any repository, '~' expanded; the caller
 * frees.  1: not set.
 */
int bbk_global_path(const char *key, char **path, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * Where git takes a new repository's first files from when nobody says so;
 * the caller frees.  1: there is no such folder.
 */
int bbk_git_templates(char **folder, struct bbk_err *err) BBK_MUST_CHECK;

#endif
