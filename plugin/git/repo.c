#include "git/repo.h"

#include <git2.h>
#include <stdlib.h>
#include <string.h>

#include "base/above.h"
#include "base/text.h"
#include "git/git.h"

void bbk_repo_release(struct bbk_repo *repo)
{
	if (!repo->handle)
		return;
	git_repository_free(repo->handle);
	repo->handle = NULL;
	git_libgit2_shutdown();
}

static int ask_git(struct bbk_process *git, struct bbk_err *err)
{
	if (bbk_process_run(git, err) < 0)
		return -1;
	return git->status ? 1 : 0;
}

static int inside_by_git(struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;

	if (bbk_git_begin(&git, err) < 0)
		return -1;
	bbk_strv_addl(&git.argv, "rev-parse", "--git-dir", NULL);
	return ask_git(&git, err);
}

int bbk_repo_open(struct bbk_repo *repo, struct bbk_err *err)
{
	git_libgit2_init();
	if (git_repository_open_ext(&repo->handle, NULL,
				    GIT_REPOSITORY_OPEN_FROM_ENV, NULL) == 0)
		return 0;
	repo->handle = NULL;
	git_libgit2_shutdown();
	return inside_by_git(err);
}

static int remotes_by_git(struct bbk_strv *names, struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;
	const char *p;

	if (bbk_git_begin(&git, err) < 0)
		return -1;
	bbk_strv_add(&git.argv, "remote");
	if (ask_git(&git, err))
		return bbk_git_failed(&git, "list the remotes", err);
	for (p = bbk_str_get(&git.out); *p; p += strspn(p, "\n")) {
		bbk_strv_addf(names, "%.*s", (int)strcspn(p, "\n"), p);
		p += strcspn(p, "\n");
	}
	return 0;
}

int bbk_repo_remotes(struct bbk_repo *repo, struct bbk_strv *names,
		     struct bbk_err *err)
{
	git_strarray list = { NULL, 0 };

	if (!repo->handle || git_remote_list(&list, repo->handle) < 0)
		return remotes_by_git(names, err);
	for (size_t i = 0; i < list.count; i++)
		bbk_strv_add(names, list.strings[i]);
	git_strarray_dispose(&list);
	return 0;
}

static int url_by_git(const char *key, struct bbk_str *url,
		      struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;
	int rc;

	if (bbk_git_begin(&git, err) < 0)
		return -1;
	bbk_strv_addl(&git.argv, "config", "-z", "--get-all", key, NULL);
	rc = ask_git(&git, err);
	if (!rc)
		bbk_str_set(url, bbk_str_get(&git.out));
	return rc;
}

/* Of several URLs git fetches from the first. */
static int first_value(git_repository *handle, const char *key,
		       struct bbk_str *url)
{
	git_config_iterator *values = NULL;
	git_config_entry *entry;
	git_config *config = NULL;
	int rc = git_repository_config_snapshot(&config, handle);

	if (!rc)
		rc = git_config_multivar_iterator_new(&values, config, key,
						      NULL);
	if (!rc)
		rc = git_config_next(&entry, values);
	if (!rc)
		bbk_str_set(url, entry->value);
	git_config_iterator_free(values);
	git_config_free(config);
	return rc ? -1 : 0;
}

int bbk_repo_remote_url(struct bbk_repo *repo, const char *remote,
			struct bbk_str *url, struct bbk_err *err)
{
	char *key = bbk_strf("remote.%s.url", remote);
	int rc = 0;

	if (!repo->handle || first_value(repo->handle, key, url) < 0)
		rc = url_by_git(key, url, err);
	free(key);
	return rc;
}

int bbk_repo_set_remote_url(struct bbk_repo *repo, const char *remote,
			    const char *url, struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;

	if (repo->handle &&
	    git_remote_set_url(repo->handle, remote, url) == 0)
		return 0;
	if (bbk_git_begin(&git, err) < 0)
		return -1;
	bbk_strv_addl(&git.argv, "remote", "set-url", "--", remote, url, NULL);
	if (ask_git(&git, err))
		return bbk_git_failed(&git, "change the remote's URL", err);
	return 0;
}

/* It is the person's own command: their streams, their environment. */
static int begin_for_person(struct bbk_process *git, struct bbk_err *err)
{
	if (bbk_git_begin(git, err) < 0)
		return -1;
	bbk_strv_release(&git->env);
	return 0;
}

int bbk_git_clone_start(const struct bbk_git_clone *clone, pid_t *pid,
			struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;

	if (begin_for_person(&git, err) < 0)
		return -1;
	git.above = clone->above;
	if (clone->above)
		bbk_strv_addf(&git.env, BBK_ABOVE_VARIABLE "=%s",
			      clone->above_place);
	if (clone->ssh_command) { /* in front of "clone": not into its config */
		bbk_strv_add(&git.argv, "-c");
		bbk_strv_addf(&git.argv, "core.sshCommand=%s",
			      clone->ssh_command);
		bbk_strv_addl(&git.argv, "-c", "ssh.variant=ssh", NULL);
	}
	bbk_strv_add(&git.argv, "clone");
	for (size_t i = 0; i < clone->options->len; i++)
		bbk_strv_add(&git.argv, clone->options->v[i]);
	if (clone->quiet)
		bbk_strv_add(&git.argv, "--quiet");
	bbk_strv_addl(&git.argv, "--", clone->url, clone->dir, NULL);
	return bbk_process_start(&git, pid, err);
}

int bbk_git_submodule_update(bool quiet, int *status, struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;
	pid_t pid;

	if (begin_for_person(&git, err) < 0)
		return -1;
	bbk_strv_addl(&git.argv, "submodule", "update", "--init",
		      "--recursive", quiet ? "--quiet" : NULL, NULL);
	if (bbk_process_start(&git, &pid, err) < 0)
		return -1;
	*status = bbk_process_wait(pid);
	return 0;
}
