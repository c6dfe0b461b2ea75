#include "git/gitdirs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/tree.h"

#define POINTER_MAX 8192 /* of a .git file, of commondir */
#define FOLDER (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK)

/* The folder that is looked at. */
struct place {
	int fd;
	const char *path;
	int depth; /* how much deeper we may go */
	dev_t device;
};

/* What is in it. */
struct content {
	struct bbk_strv folders;
	enum bbk_file_kind git; /* of the entry .git */
	unsigned parts;		/* of HEAD, objects, refs: how many */
};

void bbk_gitdirs_release(struct bbk_gitdirs *found)
{
	for (size_t i = 0; i < found->len; i++)
		free(found->v[i].path);
	free(found->v);
	for (int i = 0; i < BBK_GITDIRS_SKIPS; i++)
		bbk_strv_release(&found->skipped[i]);
	*found = (struct bbk_gitdirs)BBK_GITDIRS_INIT;
}

static void skip(struct bbk_gitdirs *found, enum bbk_gitdirs_skip why,
		 const char *path)
{
	if (!bbk_strv_has(&found->skipped[why], path))
		bbk_strv_add(&found->skipped[why], path);
}

/* --- one repository ------------------------------------------------------ */

static bool is_known(const struct bbk_gitdirs *found, const struct stat *st)
{
	for (size_t i = 0; i < found->len; i++)
		if (found->v[i].device == st->st_dev &&
		    found->v[i].inode == st->st_ino)
			return true;
	return false;
}

static void keep(struct bbk_gitdirs *found, const char *path,
		 const struct stat *st)
{
	if (found->len == found->cap) {
		found->cap = found->cap ? 2 * found->cap : 16;
		found->v = bbk_realloc(found->v,
				       found->cap * sizeof(*found->v));
	}
	found->v[found->len++] = (struct bbk_gitdir){
		.path = bbk_strdup(path), .device = st->st_dev,
		.inode = st->st_ino,
	};
}

/* true: it is new, and ours to change. */
static bool add(struct bbk_gitdirs *found, int fd, const char *path)
{
	struct stat folder, config;

	if (fstat(fd, &folder) < 0 || is_known(found, &folder))
		return false;
	if (fstatat(fd, "config", &config, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	if (S_ISLNK(config.st_mode)) {
		skip(found, BBK_GITDIRS_LINKED, path);
		return false;
	}
	if (folder.st_uid != geteuid() || config.st_uid != geteuid()) {
		skip(found, BBK_GITDIRS_FOREIGN, path);
		return false;
	}
	keep(found, path, &folder);
	return true;
}

static bool has_parts(int fd)
{
	return bbk_file_kind_at(fd, "HEAD") != BBK_FILE_NONE &&
	       bbk_file_kind_at(fd, "objects") != BBK_FILE_NONE &&
	       bbk_file_kind_at(fd, "refs") != BBK_FILE_NONE;
}

/* --- folders ------------------------------------------------------------- */

static enum bbk_file_kind kind_of(int fd, const struct dirent *entry)
{
	switch (entry->d_type) {
	case DT_DIR:
		return BBK_FILE_DIR;
	case DT_REG:
		return BBK_FILE_REGULAR;
	case DT_LNK:
		return BBK_FILE_SYMLINK;
	case DT_UNKNOWN: /* some file systems do not say */
		return bbk_file_kind_at(fd, entry->d_name);
	default:
		return BBK_FILE_OTHER;
	}
}

static void note(struct content *content, const char *name,
		 enum bbk_file_kind kind)
{
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return;
	if (!strcmp(name, ".git"))
		content->git = kind;
	else if (kind == BBK_FILE_DIR)
		bbk_strv_add(&content->folders, name);
	content->parts += !strcmp(name, "HEAD") || !strcmp(name, "objects") ||
			  !strcmp(name, "refs");
}

static int read_folder(struct content *content, int fd)
{
	int copy = bbk_openat(fd, ".", FOLDER, 0);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;

	if (!dir) {
		if (copy >= 0)
			close(copy);
		return -1;
	}
	while ((entry = readdir(dir)))
		note(content, entry->d_name, kind_of(fd, entry));
	closedir(dir);
	return 0;
}

static void look(struct bbk_gitdirs *found, const struct place *here);

/* true: below->fd may be looked into. */
static bool enter(struct bbk_gitdirs *found, const struct place *here,
		  const char *name, struct place *below)
{
	struct stat st;

	if (!here->depth) {
		skip(found, BBK_GITDIRS_DEEP, here->path);
		return false;
	}
	below->fd = bbk_openat(here->fd, name, FOLDER | O_NOFOLLOW, 0);
	below->depth = here->depth - 1;
	below->device = here->device;
	if (below->fd < 0) {
		if (errno != ENOENT)
			skip(found, BBK_GITDIRS_UNREADABLE, below->path);
		return false;
	}
	if (fstat(below->fd, &st) < 0 || st.st_dev != here->device) {
		skip(found, BBK_GITDIRS_MOUNTED, below->path);
		return false;
	}
	return true;
}

static void look_below(struct bbk_gitdirs *found, const struct place *here,
		       const char *name,
		       void (*then)(struct bbk_gitdirs *found,
				    const struct place *below))
{
	char *path = bbk_strf("%s/%s", strcmp(here->path, "/") != 0 ?
			      here->path : "", name);
	struct place below = { .fd = -1, .path = path };

	if (enter(found, here, name, &below))
		then(found, &below);
	if (below.fd >= 0)
		close(below.fd);
	free(path);
}

/* What git keeps: nothing in it is looked into but modules/. */
static void look_kept(struct bbk_gitdirs *found, const struct place *here)
{
	if (!has_parts(here->fd) ||
	    bbk_file_kind_at(here->fd, "commondir") != BBK_FILE_NONE)
		return;
	if (add(found, here->fd, here->path) &&
	    bbk_file_kind_at(here->fd, "modules") == BBK_FILE_DIR)
		look_below(found, here, "modules", look);
}

/* --- .git files ---------------------------------------------------------- */

/* The path in a file of git's, as seen from `folder`.  NULL: there is none. */
static char *pointed_to(const char *folder, const char *name,
			const char *prefix)
{
	char *file = bbk_strf("%s/%s", folder, name);
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(str) text = BBK_STR_INIT;
	char *path = NULL, *real;

	if (bbk_file_kind_at(AT_FDCWD, file) == BBK_FILE_REGULAR &&
	    bbk_file_read(&text, file, POINTER_MAX, &ignored) == 0 &&
	    bbk_begins(bbk_str_get(&text), prefix)) {
		const char *to = text.s + strlen(prefix);

		bbk_str_cut(&text, strlen(prefix) + strcspn(to, "\r\n"));
		path = *to == '/' ? bbk_strdup(to) :
		       bbk_strf("%s/%s", folder, to);
	}
	real = path ? realpath(path, NULL) : NULL;
	free(path);
	free(file);
	return real;
}

/* A .git file of somebody else's leads nowhere. */
static bool is_ours(const struct place *here)
{
	struct stat st;

	return fstatat(here->fd, ".git", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_uid == geteuid();
}

static void follow_file(struct bbk_gitdirs *found, const struct place *here)
{
	char *own = pointed_to(here->path, ".git", "gitdir: ");
	char *common = own ? pointed_to(own, "commondir", "") : NULL;
	struct place there = { .path = common ? common : own,
			       .depth = BBK_GITDIRS_DEPTH };
	struct stat st;

	if (there.path && !is_ours(here)) {
		skip(found, BBK_GITDIRS_FOREIGN, here->path);
	} else if (there.path) {
		there.fd = bbk_openat(AT_FDCWD, there.path, FOLDER, 0);
		if (there.fd >= 0 && fstat(there.fd, &st) == 0) {
			there.device = st.st_dev;
			look_kept(found, &there);
		}
		if (there.fd >= 0)
			close(there.fd);
	}
	free(common);
	free(own);
}

/* ------------------------------------------------------------------------- */

static void look(struct bbk_gitdirs *found, const struct place *here)
{
	struct content content = { .folders = BBK_STRV_INIT,
				   .git = BBK_FILE_NONE };

	if (read_folder(&content, here->fd) < 0) {
		skip(found, BBK_GITDIRS_UNREADABLE, here->path);
	} else if (content.parts == 3 && content.git == BBK_FILE_NONE) {
		look_kept(found, here);
	} else {
		if (content.git == BBK_FILE_DIR)
			look_below(found, here, ".git", look_kept);
		else if (content.git == BBK_FILE_REGULAR)
			follow_file(found, here);
		else if (content.git == BBK_FILE_SYMLINK)
			skip(found, BBK_GITDIRS_LINKED, here->path);
		for (size_t i = 0; i < content.folders.len; i++)
			look_below(found, here, content.folders.v[i], look);
	}
	bbk_strv_release(&content.folders);
}

static int by_path(const void *a, const void *b)
{
	const struct bbk_gitdir *x = a, *y = b;

	return strcmp(x->path, y->path);
}

int bbk_gitdirs_find(struct bbk_gitdirs *found, const char *folder,
		     struct bbk_err *err)
{
	char *path = realpath(folder, NULL);
	struct place here = { .fd = -1, .path = path,
			      .depth = BBK_GITDIRS_DEPTH };
	struct stat st;
	int rc = 0;

	if (path)
		here.fd = bbk_openat(AT_FDCWD, path, FOLDER, 0);
	if (here.fd < 0 || fstat(here.fd, &st) < 0) {
		rc = bbk_file_failed(err, errno, "look into the folder",
				     folder);
	} else {
		here.device = st.st_dev;
		look(found, &here);
		if (found->len)
			qsort(found->v, found->len, sizeof(*found->v), by_path);
	}
	if (here.fd >= 0)
		close(here.fd);
	free(path);
	return rc;
}

/* --- what is in a repository --------------------------------------------- */

static void add_config(struct bbk_strv *files, char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid())
		bbk_strv_add(files, path);
	free(path);
}

void bbk_gitdir_configs(const struct bbk_gitdir *gitdir,
			struct bbk_strv *files)
{
	BBK_AUTO(strv) names = BBK_STRV_INIT;
	char *worktrees = bbk_strf("%s/worktrees", gitdir->path);

	add_config(files, bbk_strf("%s/config", gitdir->path));
	add_config(files, bbk_strf("%s/config.worktree", gitdir->path));
	if (bbk_file_kind_at(AT_FDCWD, worktrees) == BBK_FILE_DIR)
		bbk_tree_names(worktrees, &names);
	for (size_t i = 0; i < names.len; i++)
		add_config(files, bbk_strf("%s/%s/config.worktree", worktrees,
					   names.v[i]));
	free(worktrees);
}

char *bbk_gitdir_shown(const char *path)
{
	size_t len = strlen(path);

	if (bbk_ends(path, "/.git") && len > strlen("/.git"))
		len -= strlen("/.git");
	return bbk_strndup(path, len);
}
