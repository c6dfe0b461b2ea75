#include "base/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void bbk_tree_names(const char *folder, struct bbk_strv *names)
{
	const struct dirent *entry;
	DIR *dir = opendir(folder);

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			bbk_strv_add(names, entry->d_name);
	closedir(dir);
	if (names->len)
		qsort(names->v, names->len, sizeof(*names->v), by_name);
}

static int copy_link(const char *from, const char *to, struct bbk_err *err)
{
	char target[4096];
	ssize_t len = readlink(from, target, sizeof(target) - 1);

	if (len < 0)
		return bbk_file_failed(err, errno, "read", from);
	target[len] = '\0';
	(void)unlink(to);
	return symlink(target, to) < 0 ?
		bbk_file_failed(err, errno, "write", to) : 0;
}

static int copy_file(const char *from, const char *to, mode_t mode,
		     struct bbk_err *err)
{
	BBK_AUTO(str) text = BBK_STR_INIT;
	int rc = bbk_file_read(&text, from, BBK_TREE_FILE_MAX, err);

	if (rc)
		return rc < 0 ? rc : 0; /* gone in the meantime */
	return bbk_file_write(to, bbk_str_get(&text), text.len, mode & 0777,
			      err);
}

static int copy_folder(const char *from, const char *to, int depth,
		       struct bbk_err *err);

static int copy_entry(const char *from, const char *to, int depth,
		      struct bbk_err *err)
{
	struct stat st;

	if (lstat(from, &st) < 0)
		return bbk_file_failed(err, errno, "read", from);
	if (S_ISLNK(st.st_mode))
		return copy_link(from, to, err);
	if (S_ISREG(st.st_mode))
		return copy_file(from, to, st.st_mode, err);
	if (!S_ISDIR(st.st_mode))
		return 0;
	return depth ? copy_folder(from, to, depth - 1, err) :
		       bbk_file_failed(err, ELOOP, "copy", from);
}

static int copy_folder(const char *from, const char *to, int depth,
		       struct bbk_err *err)
{
	BBK_AUTO(strv) names = BBK_STRV_INIT;
	int rc = bbk_make_dirs(to, err);

	bbk_tree_names(from, &names);
	for (size_t i = 0; i < names.len && !rc; i++) {
		char *source = bbk_strf("%s/%s", from, names.v[i]);
		char *target = bbk_strf("%s/%s", to, names.v[i]);

		rc = copy_entry(source, target, depth, err);
		free(source);
		free(target);
	}
	return rc;
}

int bbk_tree_copy(const char *from, const char *to, struct bbk_err *err)
{
	return copy_folder(from, to, BBK_TREE_DEPTH, err);
}

int bbk_tree_remove(const char *path, struct bbk_err *err)
{
	BBK_AUTO(strv) names = BBK_STRV_INIT;
	enum bbk_file_kind kind = bbk_file_kind_at(AT_FDCWD, path);
	int rc = 0;

	if (kind == BBK_FILE_NONE)
		return 0;
	if (kind != BBK_FILE_DIR)
		return unlink(path) < 0 ?
			bbk_file_failed(err, errno, "remove", path) : 0;
	bbk_tree_names(path, &names);
	for (size_t i = 0; i < names.len && !rc; i++) {
		char *inside = bbk_strf("%s/%s", path, names.v[i]);

		rc = bbk_tree_remove(inside, err);
		free(inside);
	}
	if (!rc && rmdir(path) < 0)
		rc = bbk_file_failed(err, errno, "remove", path);
	return rc;
}
