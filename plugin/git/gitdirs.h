/*
 * The repositories below some folders, found without opening one of them.
 *
 * A repository is a folder that git keeps: HEAD, objects/ and refs/.  It is
 * found as .git, as itself (bare), through a .git file (linked worktrees,
 * submodules, --separate-git-dir: where that leads counts, also elsewhere),
 * and in modules/ of another one.  Work trees are looked into, for clones
 * inside clones.  Each is found once, by its device and inode.
 *
 * No symbolic link below a folder is followed, and no other file system
 * entered: a mount may be slow, or show a folder twice.
 */
#ifndef GIT_GITDIRS_H
#define GIT_GITDIRS_H

#include "base/err.h"
#include "base/str.h"

#include <sys/types.h>

#define BBK_GITDIRS_DEPTH 48 /* folders in folders, below the one given */

/* Why something was left out. */
enum bbk_gitdirs_skip {
	BBK_GITDIRS_FOREIGN,	/* a repository whose owner is another user */
	BBK_GITDIRS_LINKED,	/* its .git or config is a symbolic link */
	BBK_GITDIRS_UNREADABLE, /* a folder that cannot be read */
	BBK_GITDIRS_MOUNTED,	/* a folder on another file system */
	BBK_GITDIRS_DEEP,	/* a folder beyond BBK_GITDIRS_DEPTH */
	BBK_GITDIRS_SKIPS,
};

struct bbk_gitdir {
	char *path; /* absolute, of what git keeps: .../.git */
	dev_t device;
	ino_t inode;
};

struct bbk_gitdirs {
	struct bbk_gitdir *v; /* sorted by path */
	size_t len, cap;
	struct bbk_strv skipped[BBK_GITDIRS_SKIPS]; /* paths */
};

#define BBK_GITDIRS_INIT { NULL, 0, 0, { BBK_STRV_INIT } }

void bbk_gitdirs_release(struct bbk_gitdirs *found);

/*
 * Adds what is in this folder and below.  Class local where it is not there,
 * is no folder, or cannot be read; what is below it is at most left out.
 */
int bbk_gitdirs_find(struct bbk_gitdirs *found, const char *folder,
		     struct bbk_err *err) BBK_MUST_CHECK;

/*
 * Its configuration files: config, and each config.worktree.  Only regular
 * files of ours.
 */
void bbk_gitdir_configs(const struct bbk_gitdir *gitdir,
			struct bbk_strv *files);

/* The work tree that people know it by, or itself; the caller frees. */
char *bbk_gitdir_shown(const char *path);

#endif
