#include "core/overhttps.h"

#include <stdlib.h>
#include <string.h>

#include "core/automatic.h"
#include "core/detect.h"
#include "git/overhttps.h"
#include "git/repo.h"

/* 1: no instance that is enrolled. */
static int open_instance(struct bbk_instance *instance, struct bbk_env *env,
			 const struct bbk_carried *carried,
			 struct bbk_err *err)
{
	return bbk_detect_of_ssh(instance, env, carried->user, carried->host,
				 carried->port, err);
}

/* Behind "https://host[:port][/context]": "/scm/proj/app.git" */
static char *path_of(const struct bbk_instance *instance,
		     const struct bbk_carried *carried)
{
	return bbk_strf("%s%s/%s%s", bbk_instance_clone_path(instance),
			carried->owner, carried->repo,
			carried->dot_git ? ".git" : "");
}

/* --- the repository here ------------------------------------------------ */

/* The same URL, whoever's name stands in it. */
static bool is_same(const char *text, const char *url)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(url) a = BBK_URL_INIT;
	BBK_AUTO(url) b = BBK_URL_INIT;

	return bbk_url_parse(&a, text, &ignored) == 0 &&
	       bbk_url_parse(&b, url, &ignored) == 0 &&
	       bbk_url_same_origin(&a, &b) && !strcmp(a.path, b.path);
}

/*
 * Is it what git fetches for: a repository that has the URL as a remote?  A
 * clone has none yet, and one that it happens to run in is none of its own.
 */
static bool is_of_repository_here(const char *url)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(repo) repo = BBK_REPO_INIT;
	BBK_AUTO(strv) names = BBK_STRV_INIT;
	bool found = false;

	if (bbk_repo_open(&repo, &ignored) != 0 ||
	    bbk_repo_remotes(&repo, &names, &ignored) < 0)
		return false;
	for (size_t i = 0; i < names.len && !found; i++) {
		BBK_AUTO(str) text = BBK_STR_INIT;

		found = bbk_repo_remote_url(&repo, names.v[i], &text,
					    &ignored) == 0 &&
			is_same(bbk_str_get(&text), url);
	}
	return found;
}

/* --- both --------------------------------------------------------------- */

int bbk_over_https(struct bbk_env *env, const struct bbk_carried *carried,
		   struct bbk_err *err)
{
	BBK_AUTO(instance) instance = BBK_INSTANCE_INIT;
	int rc = open_instance(&instance, env, carried, err);
	char *path, *url;

	if (rc)
		return 1;
	path = path_of(&instance, carried);
	url = bbk_strf("%s%s", instance.base, path);
	rc = bbk_git_over_https(url, is_of_repository_here(url), err);
	free(url);
	free(path);
	return rc;
}

int bbk_stay_on_https(struct bbk_env *env, const struct bbk_carried *carried,
		      struct bbk_err *err)
{
	BBK_AUTO(instance) instance = BBK_INSTANCE_INIT;
	int rc = open_instance(&instance, env, carried, err);
	char *path;

	if (rc)
		return -1;
	path = path_of(&instance, carried);
	rc = bbk_carry_leave_alone(&instance, env, path, err);
	free(path);
	return rc;
}
