/*
 * The URLs in one configuration file of a repository: read, and replaced.
 *
 * The git program reads and edits the file by its name alone: no repository is
 * opened, so nothing in one is run, no include is followed, and it does not
 * matter what format its objects have.
 */
#ifndef GIT_URLS_H
#define GIT_URLS_H

#include "git/config.h"

/*
 * Adds every remote.<name>.url, remote.<name>.pushurl and submodule.<name>.url
 * whose value has this word in it, whatever its case.  A file that has the
 * word nowhere costs no process.  No file: none.
 */
int bbk_urls_read(struct bbk_config *urls, const char *file, const char *word,
		  struct bbk_err *err) BBK_MUST_CHECK;

/* One value of a key becomes another; its other values stay. */
struct bbk_url_change {
	const char *key;
	const char *from;
	const char *to;
};

/*
 * All of them or none.  A copy is edited and then, under the lock that git
 * takes for this file, put in its place, if it still is what was copied; so
 * whoever looks, and whatever ends us, finds the old file or the new one.
 * Class busy where another program has the lock or has changed the file; class
 * local where a value is not there (any more), or cannot be written.
 */
int bbk_urls_replace(const char *file, const struct bbk_url_change *changes,
		     size_t len, struct bbk_err *err) BBK_MUST_CHECK;

#endif
