/*
 * What the files of a repository say of it: its submodules, its attributes.
 *
 * They came with the clone, and are read as text: no filter runs, nothing is
 * fetched, no symbolic link is followed.
 */
#ifndef GIT_WORKTREE_H
#define GIT_WORKTREE_H

#include "git/repo.h"

/* The folder at the top of the work tree.  1: there is none. */
int bbk_worktree_top(const struct bbk_repo *repo, struct bbk_str *path,
		     struct bbk_err *err) BBK_MUST_CHECK;

/*
 * Every submodule.<name>.url of .gitmodules, in its order, as `git config`
 * reads that file.  1: there is no such file.  Class local where it is a link,
 * or git cannot read it.
 */
int bbk_worktree_submodules(const struct bbk_repo *repo, struct bbk_strv *names,
			    struct bbk_strv *urls, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * The lines of .gitattributes at the top of the work tree and of HEAD, and of
 * info/attributes.  What cannot be read is left out.
 */
void bbk_worktree_attributes(const struct bbk_repo *repo, struct bbk_str *text);

#endif
