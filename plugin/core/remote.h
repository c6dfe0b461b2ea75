/*
 * The remote that a command is about: --remote, else "origin", else the only
 * one.
 */
#ifndef CORE_REMOTE_H
#define CORE_REMOTE_H

#include "base/err.h"

/*
 * Both strings are the caller's.  1: not inside a repository.  Class usage
 * where there are several and none was named, or none by that name.
 */
int bbk_remote_choose(const char *wanted, char **name, char **url,
		      struct bbk_err *err) BBK_MUST_CHECK;

#endif
