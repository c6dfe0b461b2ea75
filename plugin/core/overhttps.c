#include "core/overhttps.h"

#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "core/automatic.h"
#include "core/detect.h"
#include "git/overhttps.h"
#include "git/repo.h"

/* What is carried over, and what of it is in the repository here. */
struct found {
	struct bbk_instance instance;
	char *path;   /* behind "https://host[:port][/context]" */
	char *url;    /* as git-bbkey would write it */
	char *remote; /* that has this URL; NULL: none */
	char *raw;    /* as it is written there */
	bool as_ssh;  /* a remote has it as an ssh URL */
};

#define FOUND_INIT \
	{ .instance = BBK_INSTANCE_INIT }

static void found_release(struct found *found)
{
	bbk_instance_release(&found->instance);
	free(found->path);
	free(found->url);
	free(found->remote);
	free(found->raw);
}

/* --- the repository here ------------------------------------------------ */

/*
 * The same URL, whoever's name stands in it; with a password it was never
 * carried over, and is shown to nobody.
 */
static bool is_https(const struct found *found, const struct bbk_url *url)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(url) wanted = BBK_URL_INIT;

	return !url->password &&
	       bbk_url_parse(&wanted, found->url, &ignored) == 0 &&
	       bbk_url_same_origin(url, &wanted) &&
	       !strcmp(url->path, wanted.path);
}

static bool is_ssh(const struct found *found, struct bbk_env *env,
		   const struct bbk_carried *carried, const struct bbk_url *url)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(instance) its = BBK_INSTANCE_INIT;
	BBK_AUTO(address) address = BBK_ADDRESS_INIT;

	return url->scheme == BBK_SSH &&
	       bbk_detect_of_ssh(&its, env, url->user ? url->user : "git",
				 url->host, url->port_given ? url->port : 0,
				 &ignored) == 0 &&
	       !strcmp(its.base, found->instance.base) &&
	       bbk_address_of(&address, url, its.edition->is_cloud,
			      &ignored) == 0 &&
	       address.repo && bbk_same_nocase(address.repo, carried->repo) &&
	       bbk_same_nocase(bbk_address_owner(&address), carried->owner);
}

/*
 * Is it what git fetches for: a repository that has the URL as a remote?  A
 * clone has none yet, and one that it happens to run in is none of its own.
 */
static void look_here(struct found *found, struct bbk_env *env,
		      const struct bbk_carried *carried)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(repo) repo = BBK_REPO_INIT;
	BBK_AUTO(strv) names = BBK_STRV_INIT;

	if (bbk_repo_open(&repo, &ignored) != 0 ||
	    bbk_repo_remotes(&repo, &names, &ignored) < 0)
		return;
	for (size_t i = 0; i < names.len && !found->remote; i++) {
		BBK_AUTO(str) text = BBK_STR_INIT;
		BBK_AUTO(url) url = BBK_URL_INIT;

		if (bbk_repo_remote_url(&repo, names.v[i], &text, &ignored) ||
		    bbk_url_parse(&url, bbk_str_get(&text), &ignored) < 0)
			continue;
		if (is_https(found, &url)) {
			found->remote = bbk_strdup(names.v[i]);
			found->raw = bbk_str_take(&text);
		} else {
			found->as_ssh = found->as_ssh ||
					is_ssh(found, env, carried, &url);
		}
	}
}

/* --- the URL ------------------------------------------------------------ */

/* 1: no instance that is enrolled. */
static int find(struct found *found, struct bbk_env *env,
		const struct bbk_carried *carried, struct bbk_err *err)
{
	int rc = bbk_detect_of_ssh(&found->instance, env, carried->user,
				   carried->host, carried->port, err);

	if (rc)
		return rc;
	found->path = bbk_strf("%s%s/%s%s",
			       bbk_instance_clone_path(&found->instance),
			       carried->owner, carried->repo,
			       carried->dot_git ? ".git" : "");
	found->url = bbk_strf("%s%s", found->instance.base, found->path);
	return 0;
}

/* 1: there is none. */
static int find_https(struct found *found, struct bbk_env *env,
		      const struct bbk_carried *carried, struct bbk_err *err)
{
	int rc = find(found, env, carried, err);

	if (rc)
		return rc;
	look_here(found, env, carried);
	return found->as_ssh && !found->remote ? 1 : 0;
}

int bbk_carried_from(struct bbk_str *url, struct bbk_env *env,
		     const struct bbk_carried *carried, struct bbk_err *err)
{
	struct found found = FOUND_INIT;
	int rc = find_https(&found, env, carried, err);

	if (!rc)
		bbk_str_set(url, found.raw ? found.raw : found.url);
	found_release(&found);
	return rc;
}

/* --- going over it ------------------------------------------------------ */

int bbk_over_https(struct bbk_env *env, const struct bbk_carried *carried,
		   struct bbk_err *err)
{
	struct found found = FOUND_INIT;
	int rc = find_https(&found, env, carried, err);

	if (rc == 0)
		rc = bbk_git_over_https(&(struct bbk_git_https){
						.remote = found.remote,
						.url = found.raw ? found.raw :
								   found.url,
					}, err);
	else
		rc = 1;
	found_release(&found);
	return rc;
}

int bbk_stay_on_https(struct bbk_env *env, const struct bbk_carried *carried,
		      struct bbk_err *err)
{
	struct found found = FOUND_INIT;
	int rc = find(&found, env, carried, err) ? -1 :
		bbk_carry_leave_alone(&found.instance, env, found.path, err);

	found_release(&found);
	return rc;
}
