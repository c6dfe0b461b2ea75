#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

int bbk_file_failed(struct bbk_err *err, int errnum, const char *wanted,
		    const char *path)
{
	char *shown = bbk_scrubbed(path);

	bbk_err_errno(err, BBK_E_LOCAL, errnum, "cannot %s '%s'", wanted,
		      shown);
	free(shown);
	return -1;
}

int bbk_openat(int dirfd, const char *name, int flags, mode_t mode)
{
	int fd;

	do
		fd = openat(dirfd, name, flags, mode);
	while (fd < 0 && errno == EINTR);
	return fd;
}

enum bbk_file_kind bbk_file_kind_at(int dirfd, const char *name)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || errno == ENOTDIR ? BBK_FILE_NONE :
							     BBK_FILE_OTHER;
	return S_ISREG(st.st_mode) ? BBK_FILE_REGULAR :
	       S_ISLNK(st.st_mode) ? BBK_FILE_SYMLINK :
	       S_ISDIR(st.st_mode) ? BBK_FILE_DIR : BBK_FILE_OTHER;
}

static int read_fd(struct bbk_str *out, int fd, size_t max, const char *path,
		   struct bbk_err *err)
{
	char chunk[4096];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return bbk_file_failed(err, errno, "read", path);
	if (!S_ISREG(st.st_mode)) {
		char *shown = bbk_scrubbed(path);

		bbk_err_set(err, BBK_E_LOCAL, "'%s' is not a regular file",
			    shown);
		free(shown);
		return -1;
	}
	while ((n = read(fd, chunk, sizeof(chunk)))) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bbk_file_failed(err, errno, "read", path);
		if (out->len + (size_t)n > max)
			return bbk_file_failed(err, EFBIG, "read", path);
		bbk_str_addn(out, chunk, (size_t)n);
	}
	return 0;
}

int bbk_file_read_at(struct bbk_str *out, int dirfd, const char *name,
		     size_t max, struct bbk_err *err)
{
	struct bbk_str content = BBK_STR_INIT;
	int fd = bbk_openat(dirfd, name,
			    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
	int rc;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 1;
	if (fd < 0)
		return bbk_file_failed(err, errno, "open", name);
	rc = read_fd(&content, fd, max, name, err);
	close(fd);
	if (rc < 0) {
		bbk_str_release(&content);
		return -1;
	}
	bbk_str_release(out);
	*out = content;
	return 0;
}

int bbk_file_read(struct bbk_str *out, const char *path, size_t max,
		  struct bbk_err *err)
{
	return bbk_file_read_at(out, AT_FDCWD, path, max, err);
}

int bbk_write_all(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int bbk_fsync(int fd)
{
#ifdef F_FULLFSYNC
	if (fcntl(fd, F_FULLFSYNC) == 0)
		return 0;
#endif
	while (fsync(fd) < 0)
		if (errno != EINTR)
			return -1;
	return 0;
}

int bbk_fsync_at(int dirfd, const char *name, struct bbk_err *err)
{
	int fd = bbk_openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
	int saved;

	if (fd >= 0 && bbk_fsync(fd) == 0) {
		close(fd);
		return 0;
	}
	saved = errno;
	if (fd >= 0)
		close(fd);
	return bbk_file_failed(err, saved, "save", name);
}

static int write_new(int dirfd, const char *name, const void *bytes, size_t len,
		     mode_t mode)
{
	int fd = bbk_openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL |
			    O_CLOEXEC | O_NOFOLLOW, mode);
	int saved;

	if (fd < 0)
		return -1;
	if (fchmod(fd, mode) == 0 && bbk_write_all(fd, bytes, len) == 0 &&
	    bbk_fsync(fd) == 0)
		return close(fd);
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int bbk_file_write_at(int dirfd, const char *name, const void *bytes,
		      size_t len, mode_t mode, struct bbk_err *err)
{
	char *temp = bbk_strf(".%s.new-%ld", name, (long)getpid());
	int rc = 0;

	(void)unlinkat(dirfd, temp, 0);
	if (write_new(dirfd, temp, bytes, len, mode) < 0 ||
	    renameat(dirfd, temp, dirfd, name) < 0) {
		rc = bbk_file_failed(err, errno, "write", name);
		(void)unlinkat(dirfd, temp, 0);
	}
	free(temp);
	return rc < 0 ? rc : dirfd == AT_FDCWD ? 0 :
	       bbk_fsync_at(dirfd, ".", err);
}

/* "a/b/c" -> "a/b", "/a" -> "/", "a" -> "." */
static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return !slash ? bbk_strdup(".") : slash == path ? bbk_strdup("/") :
	       bbk_strndup(path, (size_t)(slash - path));
}

int bbk_file_write(const char *path, const void *bytes, size_t len, mode_t mode,
		   struct bbk_err *err)
{
	char *parent = parent_of(path);
	const char *slash = strrchr(path, '/');
	int dirfd = bbk_openat(AT_FDCWD, parent,
			       O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	int rc;

	rc = dirfd < 0 ? bbk_file_failed(err, errno, "open", parent) :
	     bbk_file_write_at(dirfd, slash ? slash + 1 : path, bytes, len,
			       mode, err);
	if (dirfd >= 0)
		close(dirfd);
	free(parent);
	return rc;
}

int bbk_file_link(const char *target, const char *path, struct bbk_err *err)
{
	char *temp = bbk_strf("%s.new-%ld", path, (long)getpid());
	int rc = 0;

	(void)unlink(temp);
	if (symlink(target, temp) < 0 || rename(temp, path) < 0) {
		rc = bbk_file_failed(err, errno, "make the link", path);
		(void)unlink(temp);
	}
	free(temp);
	return rc;
}

int bbk_make_dirs(const char *path, struct bbk_err *err)
{
	char *parent;
	struct stat st;
	int rc = 0;

	if (stat(path, &st) == 0)
		return S_ISDIR(st.st_mode) ? 0 :
		       bbk_file_failed(err, ENOTDIR, "make the folder", path);
	parent = parent_of(path);
	if (strcmp(parent, path) != 0)
		rc = bbk_make_dirs(parent, err);
	free(parent);
	if (rc < 0)
		return -1;
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return bbk_file_failed(err, errno, "make the folder", path);
	return 0;
}

int bbk_make_parents(const char *path, struct bbk_err *err)
{
	char *parent = parent_of(path);
	int rc = bbk_make_dirs(parent, err);

	free(parent);
	return rc;
}

char *bbk_path_shown(const char *path, const char *home)
{
	BBK_AUTO(str) shown = BBK_STR_INIT;

	if (home && home[0] && home[1] && bbk_begins(path, home) &&
	    path[strlen(home)] == '/')
		bbk_str_addf(&shown, "~%s", path + strlen(home));
	else
		bbk_str_add(&shown, path);
	return bbk_scrubbed(bbk_str_get(&shown));
}
