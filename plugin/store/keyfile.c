#include "store/keyfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

#define WORKDIR_PREFIX ".bbkey-new-"
#define PUBLIC_MAX 16384
#define STALE_SECONDS 300 /* a run that is still at work is younger */

static void remove_workdir(int dirfd, const char *workdir)
{
	int fd = bbk_openat(dirfd, workdir, O_RDONLY | O_DIRECTORY |
			    O_NOFOLLOW | O_CLOEXEC, 0);

	if (fd < 0)
		return;
	(void)unlinkat(fd, "key", 0);
	(void)unlinkat(fd, "key.pub", 0);
	close(fd);
	(void)unlinkat(dirfd, workdir, AT_REMOVEDIR);
}

void bbk_keydir_release(struct bbk_keydir *dir)
{
	if (dir->workdir && dir->fd >= 0)
		remove_workdir(dir->fd, dir->workdir);
	if (dir->fd >= 0)
		close(dir->fd);
	free(dir->path);
	free(dir->workdir);
	*dir = (struct bbk_keydir)BBK_KEYDIR_INIT;
}

static int refuse(struct bbk_err *err, const char *path, const char *why,
		  const char *mend)
{
	char *shown = bbk_scrubbed(path);

	bbk_err_set(err, BBK_E_LOCAL, "no key is put into '%s': %s", shown,
		    why);
	bbk_err_hint(err, "%s '%s'", mend, shown);
	free(shown);
	return -1;
}

/* What OpenSSH's StrictModes would say of a folder on the way to a key. */
static int check_folder(const struct stat *st, const char *path, bool root_may,
			struct bbk_err *err)
{
	if (st->st_uid != geteuid() && !(root_may && st->st_uid == 0))
		return refuse(err, path, "it belongs to another user",
			      "make it yours: chown \"$(id -u)\"");
	if (st->st_mode & 022)
		return refuse(err, path, "other users can write to it",
			      "run: chmod go-w");
	return 0;
}

static void remove_leftovers(int dirfd)
{
	int copy = bbk_openat(dirfd, ".",
			      O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	struct stat st;

	if (!dir) {
		if (copy >= 0)
			close(copy);
		return;
	}
	while ((entry = readdir(dir))) {
		if (fstatat(dirfd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) <
			    0 || st.st_uid != geteuid() ||
		    st.st_mtime + STALE_SECONDS >= time(NULL))
			continue;
		if (bbk_begins(entry->d_name, WORKDIR_PREFIX))
			remove_workdir(dirfd, entry->d_name);
		else if (bbk_begins(entry->d_name, ".bbkey_") &&
			 strstr(entry->d_name, ".pub.new-"))
			(void)unlinkat(dirfd, entry->d_name, 0);
	}
	closedir(dir);
}

static int open_folder(struct bbk_keydir *dir, struct bbk_err *err)
{
	struct stat st;

	if (mkdir(dir->path, 0700) < 0 && errno != EEXIST)
		return bbk_err_errno(err, BBK_E_LOCAL, errno,
				     "cannot make the folder '%s'", dir->path);
	dir->fd = bbk_openat(AT_FDCWD, dir->path,
			     O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (dir->fd < 0 || fstat(dir->fd, &st) < 0) {
		char *shown = bbk_scrubbed(dir->path);

		bbk_err_errno(err, BBK_E_LOCAL, errno,
			      "cannot open the folder '%s'", shown);
		free(shown);
		return -1;
	}
	return check_folder(&st, dir->path, false, err);
}

int bbk_keydir_open(struct bbk_keydir *dir, const char *home,
		    struct bbk_err *err)
{
	BBK_AUTO(keydir) opened = BBK_KEYDIR_INIT;
	struct stat st;

	if (stat(home, &st) < 0)
		return bbk_err_errno(err, BBK_E_LOCAL, errno,
				     "cannot look at the home folder");
	if (check_folder(&st, home, true, err) < 0)
		return -1;
	opened.path = bbk_strf("%s/.ssh", home);
	if (open_folder(&opened, err) < 0)
		return -1;
	remove_leftovers(opened.fd);
	bbk_keydir_release(dir);
	*dir = opened;
	opened = (struct bbk_keydir)BBK_KEYDIR_INIT;
	return 0;
}

static int replaced(const struct bbk_keydir *dir, struct bbk_err *err)
{
	return bbk_err_set(err, BBK_E_LOCAL,
			   "the folder '%s' was replaced by another meanwhile",
			   dir->path);
}

int bbk_keydir_check(const struct bbk_keydir *dir, const char *name,
		     struct bbk_err *err)
{
	char *path = bbk_strf("%s/%s", dir->path, name);
	struct stat by_path, in_folder;
	bool same = stat(path, &by_path) == 0 &&
		    fstatat(dir->fd, name, &in_folder,
			    AT_SYMLINK_NOFOLLOW) == 0 &&
		    by_path.st_dev == in_folder.st_dev &&
		    by_path.st_ino == in_folder.st_ino;

	free(path);
	return same ? 0 : replaced(dir, err);
}

int bbk_keydir_begin(struct bbk_keydir *dir, char **key, struct bbk_err *err)
{
	char *template = bbk_strf("%s/" WORKDIR_PREFIX "XXXXXX", dir->path);

	if (!mkdtemp(template)) {
		bbk_err_errno(err, BBK_E_LOCAL, errno,
			      "cannot make a folder in '%s'", dir->path);
		free(template);
		return -1;
	}
	if (bbk_file_kind_at(dir->fd, strrchr(template, '/') + 1) !=
	    BBK_FILE_DIR) {
		(void)rmdir(template);
		free(template);
		return replaced(dir, err);
	}
	bbk_replace(&dir->workdir, strrchr(template, '/') + 1);
	*key = bbk_strf("%s/key", template);
	free(template);
	return 0;
}

static void remove_public(int dirfd, const char *name)
{
	char *public = bbk_strf("%s.pub", name);

	if (bbk_file_kind_at(dirfd, public) == BBK_FILE_REGULAR)
		(void)unlinkat(dirfd, public, 0);
	free(public);
}

static int publish(struct bbk_keydir *dir, int work, const char *name,
		   struct bbk_err *err)
{
	BBK_AUTO(str) line = BBK_STR_INIT;

	if (fchmodat(work, "key", 0600, 0) < 0)
		return bbk_err_errno(err, BBK_E_LOCAL, errno,
				     "cannot protect the new key");
	if (bbk_file_read_at(&line, work, "key.pub", PUBLIC_MAX, err) ||
	    bbk_fsync_at(work, "key", err) < 0)
		return bbk_err_set(err, BBK_E_KEYFILE,
				   "ssh-keygen left no public key");
	if (bbk_file_kind_at(dir->fd, name) == BBK_FILE_NONE)
		remove_public(dir->fd, name); /* never halves of two keys */
	if (linkat(work, "key", dir->fd, name, 0) < 0)
		return errno == EEXIST ? 1 :
		       bbk_err_errno(err, BBK_E_LOCAL, errno,
				     "cannot put the new key in place");
	return bbk_keyfile_write_public(dir, name, bbk_str_get(&line), err);
}

int bbk_keydir_commit(struct bbk_keydir *dir, const char *name,
		      struct bbk_err *err)
{
	int work = bbk_openat(dir->fd, dir->workdir, O_RDONLY | O_DIRECTORY |
			      O_NOFOLLOW | O_CLOEXEC, 0);
	int rc;

	if (work < 0)
		return bbk_err_errno(err, BBK_E_LOCAL, errno,
				     "cannot open the new key's folder");
	rc = publish(dir, work, name, err);
	close(work);
	remove_workdir(dir->fd, dir->workdir);
	bbk_replace(&dir->workdir, NULL);
	return rc;
}

enum bbk_keyfile_state bbk_keyfile_state(const struct bbk_keydir *dir,
					 const char *name)
{
	struct stat st;

	if (fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? BBK_KEYFILE_NONE : BBK_KEYFILE_STRANGE;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return BBK_KEYFILE_STRANGE;
	if (!st.st_size)
		return BBK_KEYFILE_EMPTY;
	return st.st_mode & 077 ? BBK_KEYFILE_OPEN : BBK_KEYFILE_LIKELY;
}

int bbk_keyfile_move_aside(const struct bbk_keydir *dir, const char *name,
			   const char *why, struct bbk_err *err)
{
	char *aside = bbk_strf("%s.%s-%lld", name, why, (long long)time(NULL));
	char *public = bbk_strf("%s.pub", name);
	char *public_aside = bbk_strf("%s.pub", aside);
	int rc = 0;

	if (renameat(dir->fd, name, dir->fd, aside) < 0)
		rc = bbk_err_errno(err, BBK_E_LOCAL, errno,
				   "cannot move the key '%s' aside",
				   name);
	else
		(void)renameat(dir->fd, public, dir->fd, public_aside);
	free(aside);
	free(public);
	free(public_aside);
	return rc;
}

int bbk_keyfile_read_public(const struct bbk_keydir *dir, const char *name,
			    struct bbk_str *line, struct bbk_err *err)
{
	char *public = bbk_strf("%s.pub", name);
	int rc = 1;

	if (bbk_file_kind_at(dir->fd, public) == BBK_FILE_REGULAR)
		rc = bbk_file_read_at(line, dir->fd, public, PUBLIC_MAX, err);
	free(public);
	return rc;
}

int bbk_keyfile_write_public(const struct bbk_keydir *dir, const char *name,
			     const char *line, struct bbk_err *err)
{
	char *public = bbk_strf("%s.pub", name);
	int rc = bbk_file_write_at(dir->fd, public, line, strlen(line), 0644,
				   err);

	free(public);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void bbk_public_keys(const char *folder, struct bbk_strv *files)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (bbk_ends(entry->d_name, ".pub"))
			bbk_strv_addf(files, "%s/%s", folder, entry->d_name);
	closedir(dir);
	if (files->len)
		qsort(files->v, files->len, sizeof(files->v[0]), by_name);
}
