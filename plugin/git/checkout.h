/*
 * What a hook has to know of the repository that git runs it in.  Nothing of
 * this decides where a token goes or which key is used.
 */
#ifndef GIT_CHECKOUT_H
#define GIT_CHECKOUT_H

#include "base/err.h"

#include <stdbool.h>

/* A repository with its own remotes: no linked worktree, no submodule. */
int bbk_checkout_is_main(bool *is_main, struct bbk_err *err) BBK_MUST_CHECK;

/* The URL that git really fetches from, insteadOf applied; caller frees. */
int bbk_checkout_url(const char *remote, char **url, struct bbk_err *err)
	BBK_MUST_CHECK;

/* The value in force here; the caller frees.  1: not set. */
int bbk_checkout_setting(const char *key, char **value, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * The folder that git takes hooks from, and the core.hooksPath that says so
 * (NULL: it is the repository's own); the caller frees.  1: no repository.
 */
int bbk_checkout_hooks(char **folder, char **hooks_path, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
