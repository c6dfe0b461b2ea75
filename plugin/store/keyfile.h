/*
 * Private key files in ~/.ssh: found, judged, and put there whole.
 *
 * The folder is opened once; everything after that goes by its descriptor, so
 * that a path swapped behind our back changes nothing.  A new key is made by
 * ssh-keygen in a private folder inside it and becomes visible by link(),
 * which never overwrites: it is there completely, or not at all.
 */
#ifndef STORE_KEYFILE_H
#define STORE_KEYFILE_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

struct bbk_keydir {
	int fd;
	char *path;    /* ~/.ssh */
	char *workdir; /* the name of our private folder in it, or NULL */
};

#define BBK_KEYDIR_INIT { -1, NULL, NULL }

/* Also removes the private folder, if there is one. */
void bbk_keydir_release(struct bbk_keydir *dir);

/*
 * Opens ~/.ssh, made with mode 0700 if missing.  Class local, with the chmod
 * that would help, where it or the home folder belongs to somebody else or
 * can be written by others.  What earlier runs left behind there is removed.
 */
int bbk_keydir_open(struct bbk_keydir *dir, const char *home,
		    struct bbk_err *err) BBK_MUST_CHECK;

/* Makes the private folder; *key is the path that a new key goes to. */
int bbk_keydir_begin(struct bbk_keydir *dir, char **key, struct bbk_err *err)
	BBK_MUST_CHECK;
/*
 * Publishes <workdir>/key and key.pub as name and name.pub, both synced.  A
 * name.pub without its private key is replaced: whose it is, is the caller's.
 * 1: a file of that name has appeared meanwhile; nothing was changed.
 */
int bbk_keydir_commit(struct bbk_keydir *dir, const char *name,
		      struct bbk_err *err) BBK_MUST_CHECK;

enum bbk_keyfile_state {
	BBK_KEYFILE_NONE,
	BBK_KEYFILE_LIKELY,  /* a regular file of ours, 0600: look inside */
	BBK_KEYFILE_OPEN,    /* others may read it: ssh would refuse it */
	BBK_KEYFILE_EMPTY,   /* 0 bytes */
	BBK_KEYFILE_STRANGE, /* a folder, link, FIFO, or another's */
};

enum bbk_keyfile_state bbk_keyfile_state(const struct bbk_keydir *dir,
					 const char *name);
/*
 * Renames name to name.<why>-<time>, and its .pub: "corrupt" or "expired"; for
 * keys of our own that are of no use any more.
 */
int bbk_keyfile_move_aside(const struct bbk_keydir *dir, const char *name,
			   const char *why, struct bbk_err *err)
	BBK_MUST_CHECK;
/*
 * Is the file that this name in the folder's path leads to still the one in
 * the folder that was opened and checked?  For what other programs are given
 * by path.  -1, class local: somebody has put another folder there.
 */
int bbk_keydir_check(const struct bbk_keydir *dir, const char *name,
		     struct bbk_err *err) BBK_MUST_CHECK;

/* The public half's one line; 1: there is none, or it is not a file. */
int bbk_keyfile_read_public(const struct bbk_keydir *dir, const char *name,
			    struct bbk_str *line, struct bbk_err *err)
	BBK_MUST_CHECK;
int bbk_keyfile_write_public(const struct bbk_keydir *dir, const char *name,
			     const char *line, struct bbk_err *err)
	BBK_MUST_CHECK;

/* The public key files in a folder, sorted; none where it cannot be read. */
void bbk_public_keys(const char *folder, struct bbk_strv *files);

#endif
