#include "store/hookdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "base/tree.h"

#define CHAINED "bbkey-chained"
#define MARK "\n# git-bbkey: " /* the second line of each sh file of ours */
#define SCRIPT_MAX ((size_t)64 << 10)

const char *const bbk_hook_names[] = { "post-checkout", "pre-push", NULL };

/* githooks(5), as of git 2.54 */
static const char *const all_hooks[] = {
	"applypatch-msg", "pre-applypatch", "post-applypatch", "pre-commit",
	"pre-merge-commit", "prepare-commit-msg", "commit-msg", "post-commit",
	"pre-rebase", "post-checkout", "post-merge", "pre-push", "pre-receive",
	"update", "proc-receive", "post-receive", "post-update",
	"reference-transaction", "push-to-checkout", "pre-auto-gc",
	"post-rewrite", "sendemail-validate", "fsmonitor-watchman",
	"p4-changelist", "p4-prepare-changelist", "p4-post-changelist",
	"p4-pre-submit", "post-index-change", NULL,
};

static bool is_ours(const char *name)
{
	for (size_t i = 0; bbk_hook_names[i]; i++)
		if (!strcmp(name, bbk_hook_names[i]))
			return true;
	return false;
}

void bbk_hookdir_fill(struct bbk_str *out, const char *script,
		      const char *program)
{
	static const char line[] = "\nbbkey=";
	const char *at = strstr(script, line);
	char *quoted = bbk_shell_quoted(program);

	if (at) {
		at += strlen(line);
		bbk_str_addn(out, script, (size_t)(at - script));
		bbk_str_add(out, quoted);
		script = at + strcspn(at, "\n");
	}
	bbk_str_add(out, script);
	free(quoted);
}

static int put_script(const struct bbk_hookdir *wish, const char *folder,
		      const char *name, struct bbk_err *err)
{
	BBK_AUTO(str) script = BBK_STR_INIT;
	BBK_AUTO(str) filled = BBK_STR_INIT;
	char *from = bbk_strf("%s/%s", wish->scripts, name);
	char *to = bbk_strf("%s/%s", folder, name);
	int rc = bbk_file_read(&script, from, SCRIPT_MAX, err);

	if (rc > 0)
		rc = bbk_err_set(err, BBK_E_LOCAL, "'%s' is missing: this "
				 "installation is not whole", from);
	if (!rc) {
		bbk_hookdir_fill(&filled, bbk_str_get(&script), wish->program);
		(void)unlink(to); /* a link to theirs is not written through */
		rc = bbk_file_write(to, bbk_str_get(&filled), filled.len, 0755,
				    err);
	}
	free(from);
	free(to);
	return rc;
}

static int put_scripts(const struct bbk_hookdir *wish, const char *folder,
		       struct bbk_err *err)
{
	for (size_t i = 0; bbk_hook_names[i]; i++)
		if (put_script(wish, folder, bbk_hook_names[i], err) < 0)
			return -1;
	return 0;
}

static int put_link(const char *folder, const char *name, const char *target,
		    struct bbk_err *err)
{
	char *path = bbk_strf("%s/%s", folder, name);
	int rc = symlink(target, path) < 0 && errno != EEXIST ?
		bbk_file_failed(err, errno, "make the link", path) : 0;

	free(path);
	return rc;
}

static int put_links(const char *folder, const char *theirs,
		     struct bbk_err *err)
{
	BBK_AUTO(strv) names = BBK_STRV_INIT;
	int rc = put_link(folder, CHAINED, theirs, err);

	for (size_t i = 0; all_hooks[i]; i++)
		bbk_strv_add(&names, all_hooks[i]);
	bbk_tree_names(theirs, &names);
	for (size_t i = 0; i < names.len && !rc; i++) {
		char *target = bbk_strf("%s/%s", theirs, names.v[i]);

		if (!is_ours(names.v[i]))
			rc = put_link(folder, names.v[i], target, err);
		free(target);
	}
	return rc;
}

static int fill_folder(const struct bbk_hookdir *wish, const char *folder,
		       const char *theirs, struct bbk_err *err)
{
	if (bbk_make_dirs(folder, err) < 0 ||
	    (theirs && put_links(folder, theirs, err) < 0))
		return -1;
	return put_scripts(wish, folder, err);
}

/* Puts what was made as <path>.new in the place of path. */
static int swap(const char *fresh, const char *path, struct bbk_err *err)
{
	if (bbk_tree_remove(path, err) < 0)
		return -1;
	return rename(fresh, path) < 0 ?
		bbk_file_failed(err, errno, "make", path) : 0;
}

typedef int fill_fn(const struct bbk_hookdir *wish, const char *folder,
		    const char *theirs, struct bbk_err *err);

static int make(const struct bbk_hookdir *wish, const char *path,
		const char *theirs, fill_fn *fill, struct bbk_err *err)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	char *fresh = bbk_strf("%s.new", path);
	int rc = bbk_tree_remove(fresh, err);

	if (!rc)
		rc = fill(wish, fresh, theirs, err);
	if (!rc)
		rc = swap(fresh, path, err);
	if (rc < 0 && bbk_tree_remove(fresh, &ignored) < 0)
		rc = -1; /* the next run removes it */
	free(fresh);
	return rc;
}

int bbk_hookdir_make(const struct bbk_hookdir *wish, const char *path,
		     const char *theirs, struct bbk_err *err)
{
	return make(wish, path, theirs, fill_folder, err);
}

/* Their template's hooks are a link to a folder: that one is chained. */
static int follow_link(const struct bbk_hookdir *wish, const char *hooks,
		       struct bbk_err *err)
{
	char *theirs = realpath(hooks, NULL);
	char text[2] = "";
	int rc;

	if (readlink(hooks, text, 1) != 1 || text[0] != '/' || !theirs) {
		free(theirs);
		return bbk_err_set(err, BBK_E_LOCAL, "the hooks folder of your "
				   "template is a link that no other folder "
				   "can stand in for");
	}
	rc = unlink(hooks) < 0 ? bbk_file_failed(err, errno, "replace", hooks) :
				 fill_folder(wish, hooks, theirs, err);
	free(theirs);
	return rc;
}

static bool has_one_of_ours(const char *folder)
{
	for (size_t i = 0; bbk_hook_names[i]; i++)
		if (bbk_hookdir_look(folder, bbk_hook_names[i]) !=
		    BBK_HOOK_FILE_NONE)
			return true;
	return false;
}

static int chain_copy(const char *hooks, const char *theirs,
		      struct bbk_err *err)
{
	char *from = bbk_strf("%s/hooks", theirs);
	char *to = bbk_strf("%s/" CHAINED, hooks);
	int rc = has_one_of_ours(from) ? bbk_tree_copy(from, to, err) : 0;

	free(from);
	free(to);
	return rc;
}

static int fill_template(const struct bbk_hookdir *wish, const char *folder,
			 const char *theirs, struct bbk_err *err)
{
	char *hooks = bbk_strf("%s/hooks", folder);
	int rc = bbk_make_dirs(folder, err);

	if (!rc && theirs)
		rc = bbk_tree_copy(theirs, folder, err);
	if (!rc && bbk_file_kind_at(AT_FDCWD, hooks) == BBK_FILE_SYMLINK) {
		rc = follow_link(wish, hooks, err);
	} else if (!rc) {
		rc = theirs ? chain_copy(hooks, theirs, err) : 0;
		if (!rc)
			rc = fill_folder(wish, hooks, NULL, err);
	}
	free(hooks);
	return rc;
}

int bbk_hookdir_template(const struct bbk_hookdir *wish, const char *path,
			 const char *theirs, struct bbk_err *err)
{
	return make(wish, path, theirs, fill_template, err);
}

enum bbk_hook_file bbk_hookdir_look(const char *folder, const char *name)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(str) text = BBK_STR_INIT;
	char *path = bbk_strf("%s/%s", folder, name);
	enum bbk_hook_file found = BBK_HOOK_FILE_OTHER;

	if (access(path, X_OK) < 0)
		found = BBK_HOOK_FILE_NONE;
	else if (bbk_file_read(&text, path, SCRIPT_MAX, &ignored) == 0 &&
		 strstr(bbk_str_get(&text), MARK))
		found = BBK_HOOK_FILE_OURS;
	free(path);
	return found;
}
