/*
 * Folders of hooks that git is pointed to: ours, chained with a person's own.
 *
 * A folder holds our sh files (hooks/ of the project, with the path of
 * git-bbkey written in), and beside them, where the person has hooks,
 *
 *	bbkey-chained/		theirs, which ours run next
 *
 * so that each of theirs finds its own name and its neighbours as before.
 */
#ifndef STORE_HOOKDIR_H
#define STORE_HOOKDIR_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

struct bbk_hookdir {
	const char *scripts; /* the folder with our sh files */
	const char *program; /* git-bbkey, absolute */
};

/* "post-checkout", "pre-push", NULL */
extern const char *const bbk_hook_names[];

/*
 * Makes the folder anew.  theirs NULL: ours alone.  Else bbkey-chained is a
 * link to it, and so is every hook that git knows and everything in theirs,
 * there or not: git passes over a link that leads nowhere, and a hook that the
 * person adds later works.
 */
int bbk_hookdir_make(const struct bbk_hookdir *wish, const char *path,
		     const char *theirs, struct bbk_err *err) BBK_MUST_CHECK;

/*
 * Makes a template folder anew: a copy of theirs (NULL: nothing) with our
 * hooks in it.  bbkey-chained is there only where theirs has one of our two.
 * Class local where their hooks folder is a link to somewhere in each
 * repository.
 */
int bbk_hookdir_template(const struct bbk_hookdir *wish, const char *path,
			 const char *theirs, struct bbk_err *err)
	BBK_MUST_CHECK;

/* Our sh file with the program's path in it.  Pure. */
void bbk_hookdir_fill(struct bbk_str *out, const char *script,
		      const char *program);

enum bbk_hook_file {
	BBK_HOOK_FILE_NONE,  /* git would run nothing */
	BBK_HOOK_FILE_OURS,
	BBK_HOOK_FILE_OTHER, /* somebody else's */
};

/* What git would run at <folder>/<name>; reads it, runs nothing. */
enum bbk_hook_file bbk_hookdir_look(const char *folder, const char *name);

#endif
