#include "git/worktree.h"

#include <fcntl.h>
#include <git2.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "git/git.h"

#define GITMODULES_MAX ((size_t)4 << 20)
#define ATTRIBUTES_MAX ((size_t)1 << 20)

/* The one line that `git rev-parse <word> [<path>]` prints.  1: it has none. */
static int rev_parse(const char *word, const char *path, struct bbk_str *line,
		     struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;

	if (bbk_git_begin(&git, err) < 0)
		return -1;
	bbk_strv_addl(&git.argv, "rev-parse", "--path-format=absolute", word,
		      path, NULL);
	if (bbk_process_run(&git, err) < 0)
		return -1;
	if (git.status || !git.out.len)
		return 1;
	bbk_str_addn(line, bbk_str_get(&git.out), git.out.len - 1);
	return 0;
}

int bbk_worktree_top(const struct bbk_repo *repo, struct bbk_str *path,
		     struct bbk_err *err)
{
	const char *top;

	if (!repo->handle)
		return rev_parse("--show-toplevel", NULL, path, err);
	top = git_repository_workdir(repo->handle);
	if (!top)
		return 1;
	bbk_str_set(path, top);
	if (path->len > 1)
		bbk_str_cut(path, path->len - 1); /* it ends with a slash */
	return 0;
}

/* "submodule.<name>.url LF <value> NUL" again and again */
static void read_urls(const struct bbk_str *text, struct bbk_strv *names,
		      struct bbk_strv *urls)
{
	const char *p = bbk_str_get(text), *end = p + text->len;

	for (; p < end; p += strlen(p) + 1) {
		const char *name = p + strlen("submodule.");
		const char *line = strchr(p, '\n');

		if (!line) /* a key alone has no value */
			continue;
		bbk_strv_addf(names, "%.*s",
			      (int)(line - strlen(".url") - name), name);
		bbk_strv_add(urls, line + 1);
	}
}

static int read_gitmodules(const char *file, struct bbk_process *git,
			   struct bbk_err *err)
{
	if (bbk_git_begin(git, err) < 0)
		return -1;
	bbk_strv_addl(&git->argv, "config", "-z", "-f", file, "--get-regexp",
		      "^submodule\\..*\\.url$", NULL);
	git->out_max = GITMODULES_MAX;
	if (bbk_process_run(git, err) < 0)
		return -1;
	if (git->out.len >= GITMODULES_MAX)
		return bbk_err_set(err, BBK_E_LOCAL,
				   "cannot read .gitmodules: it is too large");
	if (git->status > 1) /* 1: no such lines */
		return bbk_git_failed(git, "read .gitmodules", err);
	return 0;
}

int bbk_worktree_submodules(const struct bbk_repo *repo, struct bbk_strv *names,
			    struct bbk_strv *urls, struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;
	BBK_AUTO(str) file = BBK_STR_INIT;
	int rc = bbk_worktree_top(repo, &file, err);

	if (rc)
		return rc;
	bbk_str_add(&file, "/.gitmodules");
	switch (bbk_file_kind_at(AT_FDCWD, bbk_str_get(&file))) {
	case BBK_FILE_NONE:
		return 1;
	case BBK_FILE_REGULAR:
		break;
	default:
		return bbk_err_set(err, BBK_E_LOCAL, "cannot read "
				   ".gitmodules: it is not a regular file");
	}
	rc = read_gitmodules(bbk_str_get(&file), &git, err);
	if (!rc)
		read_urls(&git.out, names, urls);
	return rc;
}

/* --- attributes --------------------------------------------------------- */

static void add_file(struct bbk_str *text, const char *path)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(str) content = BBK_STR_INIT;

	if (bbk_file_kind_at(AT_FDCWD, path) != BBK_FILE_REGULAR ||
	    bbk_file_read(&content, path, ATTRIBUTES_MAX, &ignored) != 0)
		return;
	bbk_str_addn(text, bbk_str_get(&content), content.len);
	bbk_str_addc(text, '\n');
}

static void add_top(struct bbk_str *text, const struct bbk_repo *repo)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(str) path = BBK_STR_INIT;

	if (bbk_worktree_top(repo, &path, &ignored) != 0)
		return;
	bbk_str_add(&path, "/.gitattributes");
	add_file(text, bbk_str_get(&path));
}

static void add_info(struct bbk_str *text, const struct bbk_repo *repo)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(str) path = BBK_STR_INIT;

	if (repo->handle)
		bbk_str_addf(&path, "%sinfo/attributes",
			     git_repository_commondir(repo->handle));
	else if (rev_parse("--git-path", "info/attributes", &path,
			   &ignored) != 0)
		return;
	add_file(text, bbk_str_get(&path));
}

/* A partial clone would fetch what it lacks: it may speak no protocol. */
static void add_head_by_git(struct bbk_str *text)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;
	BBK_AUTO(err) ignored = BBK_ERR_INIT;

	if (bbk_git_begin(&git, &ignored) < 0)
		return;
	bbk_strv_addl(&git.env, "GIT_ALLOW_PROTOCOL=none",
		      "GIT_NO_LAZY_FETCH=1", NULL);
	bbk_strv_addl(&git.argv, "cat-file", "blob", "HEAD:.gitattributes",
		      NULL);
	if (bbk_process_run(&git, &ignored) == 0 && !git.status)
		bbk_str_addn(text, bbk_str_get(&git.out), git.out.len);
}

static void add_head(struct bbk_str *text, const struct bbk_repo *repo)
{
	git_object *blob = NULL;
	size_t size;

	if (!repo->handle) {
		add_head_by_git(text);
		return;
	}
	if (git_revparse_single(&blob, repo->handle,
				"HEAD:.gitattributes") < 0)
		return;
	if (git_object_type(blob) == GIT_OBJECT_BLOB) {
		size = (size_t)git_blob_rawsize((git_blob *)blob);
		bbk_str_addn(text, git_blob_rawcontent((git_blob *)blob),
			     size < ATTRIBUTES_MAX ? size : ATTRIBUTES_MAX);
		bbk_str_addc(text, '\n');
	}
	git_object_free(blob);
}

void bbk_worktree_attributes(const struct bbk_repo *repo, struct bbk_str *text)
{
	add_top(text, repo);
	add_info(text, repo);
	add_head(text, repo);
}
