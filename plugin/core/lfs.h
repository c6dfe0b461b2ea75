/*
 * Git LFS: does this repository use it, and will an access key do?
 */
#ifndef CORE_LFS_H
#define CORE_LFS_H

#include "bitbucket/edition.h"

#include <stdbool.h>
#include <stddef.h>

enum bbk_lfs_served { BBK_LFS_UNKNOWN, BBK_LFS_NO, BBK_LFS_YES };

struct bbk_lfs {
	bool looked; /* there is a repository to look at */
	bool used;
	enum bbk_lfs_served served; /* to the key that was chosen */
};

/* Is there a line that sets filter=lfs?  text is that of .gitattributes. */
bool bbk_lfs_in_attributes(const char *text, size_t len);

/*
 * Does the edition hand LFS files out to a key of this scope, over ssh?
 *
 * Data Center: its documentation names the commands that its ssh executes
 * ("Enable SSH access to Git repositories", 8.19): git-upload-pack,
 * git-receive-pack, git-archive and whoami, so no git-lfs-authenticate.
 * UNCONFIRMED on a live server, and then git-lfs goes over https, with a
 * token.  Cloud: "Access keys do not allow access to the Git LFS files"
 * (Atlassian, quoted in Shippable/support#3670); a key of an account does.
 */
enum bbk_lfs_served bbk_lfs_served(const struct bbk_edition *edition,
				   enum bbk_scope scope);

/* Looks at the repository that the person stands in; runs no filter. */
void bbk_lfs_look(struct bbk_lfs *lfs, const struct bbk_edition *edition,
		  enum bbk_scope scope);

#endif
