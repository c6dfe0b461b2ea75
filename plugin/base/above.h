/*
 * How git-bbkey-ssh finds the `git bbkey clone` above it, which has started
 * the git that started it: by a socket that every program between them leaves
 * open, and a variable that says for which place it is.  What is said there is
 * in transport/help.h.
 *
 * Neither is a secret.  A host key that is said to have been seen counts only
 * where it is a pinned one.
 */
#ifndef BASE_ABOVE_H
#define BASE_ABOVE_H

#define BBK_ABOVE_FD 3
#define BBK_ABOVE_VARIABLE "GIT_BBKEY_ABOVE"

/* The variable's value, "host:port/project/repo"; the caller frees. */
char *bbk_above_place(const char *host, unsigned port, const char *project,
		      const char *repo);

/*
 * Takes both out of the way of whatever is started from here: the variable out
 * of the environment, the descriptor closes on exec.  The variable's value,
 * NULL where there is nobody above; the caller frees.
 */
char *bbk_above_take(void);

#endif
