/*
 * Files: read with a limit, written whole or not at all.
 *
 * Errors are class local and name the path, scrubbed.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum bbk_file_kind {
	BBK_FILE_NONE,	  /* nothing there */
	BBK_FILE_REGULAR,
	BBK_FILE_SYMLINK, /* not followed */
	BBK_FILE_DIR,
	BBK_FILE_OTHER,	  /* a FIFO, a socket, a device, or not readable */
};

/* "cannot <wanted> '<path>': <errnum>".  Returns -1. */
int bbk_file_failed(struct bbk_err *err, int errnum, const char *wanted,
		    const char *path);

/* What is at name in the folder dirfd (or AT_FDCWD); never opens it. */
enum bbk_file_kind bbk_file_kind_at(int dirfd, const char *name);

/*
 * Reads a regular file of at most max bytes.  Never blocks on a FIFO, follows
 * a symbolic link.  1: there is none (errno ENOENT or ENOTDIR), err untouched.
 */
int bbk_file_read(struct bbk_str *out, const char *path, size_t max,
		  struct bbk_err *err) BBK_MUST_CHECK;
int bbk_file_read_at(struct bbk_str *out, int dirfd, const char *name,
		     size_t max, struct bbk_err *err) BBK_MUST_CHECK;

/*
 * Replaces path with these bytes: a temporary file in the same folder, mode
 * from birth, fsync, rename, fsync of the folder.  The old content stays
 * where any of that fails.
 */
int bbk_file_write(const char *path, const void *bytes, size_t len, mode_t mode,
		   struct bbk_err *err) BBK_MUST_CHECK;
int bbk_file_write_at(int dirfd, const char *name, const void *bytes,
		      size_t len, mode_t mode, struct bbk_err *err)
	BBK_MUST_CHECK;

/* A symbolic link at path, in the place of whatever file was there. */
int bbk_file_link(const char *target, const char *path, struct bbk_err *err)
	BBK_MUST_CHECK;

/* Makes the missing folders of path with mode 0700. */
int bbk_make_dirs(const char *path, struct bbk_err *err) BBK_MUST_CHECK;
/* Makes the folders that the file at path needs. */
int bbk_make_parents(const char *path, struct bbk_err *err) BBK_MUST_CHECK;

/* As openat(2), and again where a signal came between (NFS, FUSE). */
int bbk_openat(int dirfd, const char *name, int flags, mode_t mode);

/* Down to the disk: on macOS that takes F_FULLFSYNC. */
int bbk_fsync(int fd);
int bbk_fsync_at(int dirfd, const char *name, struct bbk_err *err)
	BBK_MUST_CHECK;
/* Retries on EINTR; -1 and errno on failure. */
int bbk_write_all(int fd, const void *bytes, size_t len);

/* "~/x" for "<home>/x", for people; scrubbed; the caller frees. */
char *bbk_path_shown(const char *path, const char *home);

#endif
