#include "git/checkout.h"

#include <stdlib.h>
#include <string.h>

#include "git/git.h"

/* One line of git's, without its end; 1: it says no, or nothing. */
static int ask(struct bbk_process *git, char **answer, struct bbk_err *err)
{
	const char *text;

	if (bbk_process_run(git, err) < 0)
		return -1;
	text = bbk_str_get(&git->out);
	if (git->status || !*text)
		return 1;
	*answer = bbk_strndup(text, strcspn(text, "\n"));
	return 0;
}

static int rev_parse(const char *what, const char *more, char **answer,
		     struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;

	if (bbk_git_begin(&git, err) < 0)
		return -1;
	bbk_strv_addl(&git.argv, "rev-parse", what, more, NULL);
	return ask(&git, answer, err);
}

int bbk_checkout_is_main(bool *is_main, struct bbk_err *err)
{
	char *own = NULL, *common = NULL, *super = NULL;
	int rc = rev_parse("--git-dir", NULL, &own, err);

	if (!rc)
		rc = rev_parse("--git-common-dir", NULL, &common, err);
	if (!rc && rev_parse("--show-superproject-working-tree", NULL, &super,
			     err) < 0)
		rc = -1;
	*is_main = !rc && !super && !strcmp(own, common);
	free(own);
	free(common);
	free(super);
	return rc < 0 ? -1 : 0;
}

int bbk_checkout_url(const char *remote, char **url, struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;
	int rc;

	if (bbk_git_begin(&git, err) < 0)
		return -1;
	bbk_strv_addl(&git.argv, "ls-remote", "--get-url", "--", remote, NULL);
	rc = ask(&git, url, err);
	return rc > 0 ? bbk_git_failed(&git, "find the remote's URL", err) : rc;
}

int bbk_checkout_setting(const char *key, char **value, struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;

	if (bbk_git_begin(&git, err) < 0)
		return -1;
	bbk_strv_addl(&git.argv, "config", "--get", key, NULL);
	return ask(&git, value, err);
}

/* A relative core.hooksPath counts from where hooks run. */
static int absolute(const char *hooks_path, char **folder,
		    struct bbk_err *err)
{
	char *top = NULL;
	int rc;

	if (hooks_path[0] == '/') {
		*folder = bbk_strdup(hooks_path);
		return 0;
	}
	rc = rev_parse("--show-toplevel", NULL, &top, err);
	if (rc > 0)
		rc = rev_parse("--absolute-git-dir", NULL, &top, err);
	if (!rc)
		*folder = bbk_strf("%s/%s", top, hooks_path);
	free(top);
	return rc;
}

int bbk_checkout_hooks(char **folder, char **hooks_path, struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;
	char *path = NULL, *inside = NULL;
	int rc = rev_parse("--git-dir", NULL, &inside, err);

	free(inside);
	if (rc)
		return rc;
	if (bbk_git_begin(&git, err) < 0)
		return -1;
	bbk_strv_addl(&git.argv, "config", "--type=path", "--get",
		      "core.hooksPath", NULL);
	rc = ask(&git, &path, err);
	if (!rc)
		rc = absolute(path, folder, err);
	else if (rc > 0)
		rc = rev_parse("--git-path", "hooks", folder, err);
	if (rc)
		free(path);
	else
		*hooks_path = path;
	return rc;
}
