/*
 * The repository that the person stands in: its remotes.
 *
 * libgit2 opens it; where it cannot (sha256, worktreeConfig, a folder that git
 * does not call safe) git is asked.  What is read here decides nothing but
 * which URL we are talking about.
 */
#ifndef GIT_REPO_H
#define GIT_REPO_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <sys/types.h>

struct bbk_repo {
	struct git_repository *handle; /* NULL: by the git program */
};

#define BBK_REPO_INIT { NULL }

void bbk_repo_release(struct bbk_repo *repo);

/* 1: not inside a repository. */
int bbk_repo_open(struct bbk_repo *repo, struct bbk_err *err) BBK_MUST_CHECK;
int bbk_repo_remotes(struct bbk_repo *repo, struct bbk_strv *names,
		     struct bbk_err *err) BBK_MUST_CHECK;
/* The URL as it is written in the repository, no insteadOf.  1: no remote. */
int bbk_repo_remote_url(struct bbk_repo *repo, const char *remote,
			struct bbk_str *url, struct bbk_err *err)
	BBK_MUST_CHECK;
int bbk_repo_set_remote_url(struct bbk_repo *repo, const char *remote,
			    const char *url, struct bbk_err *err)
	BBK_MUST_CHECK;

/* Strings are borrowed. */
struct bbk_git_clone {
	const char *url;
	const char *dir;		/* NULL: as git calls it */
	const struct bbk_strv *options;
	bool quiet;
	const char *ssh_command;	/* for this run; NULL: as configured */
	int above;			/* base/above.h; 0: nobody is */
	const char *above_place;
};

/*
 * Starts `git clone <options> -- <url> [<dir>]` with our standard streams; its
 * end is base/process.h's.
 */
int bbk_git_clone_start(const struct bbk_git_clone *clone, pid_t *pid,
			struct bbk_err *err) BBK_MUST_CHECK;
/*
 * `git submodule update --init --recursive` here, with our standard streams;
 * *status is its exit status.
 */
int bbk_git_submodule_update(bool quiet, int *status, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
