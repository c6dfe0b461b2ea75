/*
 * Remotes that still say bitbucket.org for SSH: found, and rewritten.
 *
 * For `init --all <folder>...`.  Which repositories there are and what is left
 * out: git/gitdirs.h; how a file is changed: git/urls.h.  Looked at are the
 * url and pushurl of every remote and the url of every submodule, in the
 * repositories' own configuration; nothing else in it has a say.
 */
#ifndef CORE_MOVED_H
#define CORE_MOVED_H

#include "base/url.h"
#include "git/config.h"
#include "git/gitdirs.h"

enum bbk_moved_state {
	BBK_MOVED_PLANNED,
	BBK_MOVED_DONE,
	BBK_MOVED_FAILED,
};

struct bbk_moved_url {
	char *repository; /* its work tree, or what git keeps where bare */
	char *file;	  /* the configuration file that says it */
	char *key;	  /* remote.origin.url */
	char *from, *to;
	enum bbk_moved_state state;
	struct bbk_err problem; /* of one that failed */
};

struct bbk_moved {
	struct bbk_moved_url *v; /* those of one file stand together */
	size_t len, cap;
	struct bbk_gitdirs gitdirs; /* every repository; what was left out */
	struct bbk_strv refused; /* "<repository>: <key>": no URL to rely on */
	struct bbk_strv broken;	 /* files that git cannot read */
};

#define BBK_MOVED_INIT \
	{ NULL, 0, 0, BBK_GITDIRS_INIT, BBK_STRV_INIT, BBK_STRV_INIT }

void bbk_moved_release(struct bbk_moved *found);

/*
 * The new form of one URL: another host, the same user and path, and written
 * as it was (host:path or ssh://) where port 22 lets it.  Of `to`, host and
 * port count.  0: *moved is the caller's to free; 1: it is not an old address
 * and stays; -1: it may be one, and base/url.h refuses it, or it has a
 * password.
 */
int bbk_moved_to(const char *text, const struct bbk_url *to, char **moved)
	BBK_MUST_CHECK;

/*
 * Where SSH of Bitbucket Cloud is: ssh.bitbucket.org, or the first that
 * bbkey.https://bitbucket.org.ssh names besides the old one.
 */
int bbk_moved_target(struct bbk_url *to, const struct bbk_config *config,
		     struct bbk_err *err) BBK_MUST_CHECK;

/* Class local where one of the folders cannot be looked into. */
int bbk_moved_find(struct bbk_moved *found, const struct bbk_strv *folders,
		   const struct bbk_url *to, struct bbk_err *err)
	BBK_MUST_CHECK;

/* Each is done after this, or failed with its problem. */
void bbk_moved_rewrite(struct bbk_moved *found);

size_t bbk_moved_count(const struct bbk_moved *found,
		       enum bbk_moved_state state);
/* How many repositories have one in this state. */
size_t bbk_moved_repositories(const struct bbk_moved *found,
			      enum bbk_moved_state state);

#endif
