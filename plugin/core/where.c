#include "core/where.h"

#include <stdlib.h>
#include <string.h>

#include "core/detect_cloud.h"
#include "core/remote.h"

void bbk_where_release(struct bbk_where *where)
{
	bbk_detected_release(&where->found);
	free(where->project);
	*where = (struct bbk_where)BBK_WHERE_INIT;
}

/* --- which instance ----------------------------------------------------- */

/* The instance of the repository here, where it is one that is set up. */
static bool base_here(struct bbk_str *base, struct bbk_str *workspace,
		      struct bbk_env *env, const char *remote)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(detected) here = BBK_DETECTED_INIT;
	struct bbk_detect_wish wish = { .url = NULL };
	char *name = NULL, *url = NULL;
	bool never = env->term->never;
	int rc = bbk_remote_choose(remote, &name, &url, &ignored);

	wish.url = url;
	env->term->never = true; /* a stranger's is no instance to ask about */
	if (!rc)
		rc = bbk_detect_instance(&here, env, &wish, &ignored);
	env->term->never = never;
	if (!rc) {
		bbk_str_set(base, here.instance.base);
		bbk_str_set(workspace, here.address.workspace ?
			    here.address.workspace : "");
	}
	free(name);
	free(url);
	return !rc;
}

static int no_base(const struct bbk_strv *bases, struct bbk_err *err)
{
	bbk_err_set(err, BBK_E_USAGE, bases->len ?
		    "several Bitbucket instances are set up" :
		    "no Bitbucket instance is set up here");
	return bbk_err_hint(err, "say which one: --base %s", bases->len ?
			    bases->v[0] : "https://<address of Bitbucket>");
}

/* --base, the repository's, BBKEY_URL, the only one that is set up. */
static int find_base(struct bbk_str *base, struct bbk_str *workspace,
		     struct bbk_env *env, const struct bbk_where_wish *wish,
		     struct bbk_err *err)
{
	BBK_AUTO(strv) bases = BBK_STRV_INIT;
	BBK_AUTO(str) here = BBK_STR_INIT;

	if (wish->base) {
		bbk_str_set(base, wish->base);
		if (!base_here(&here, workspace, env, wish->remote) ||
		    strcmp(bbk_str_get(&here), wish->base) != 0)
			bbk_str_reset(workspace);
		return 0;
	}
	if (base_here(base, workspace, env, wish->remote))
		return 0;
	if (env->token.url) {
		bbk_str_set(base, env->token.url);
		return 0;
	}
	bbk_instances_enrolled(env, &bases);
	if (bases.len != 1)
		return no_base(&bases, err);
	bbk_str_set(base, bases.v[0]);
	return 0;
}

/* --- as a URL ----------------------------------------------------------- */

/* Two names, "a/b"; false: it is something else. */
static bool split(const char *text, char **first, const char **second)
{
	const char *slash = strchr(text, '/');

	if (!slash || !bbk_repo_is_valid(slash + 1))
		return false;
	*first = bbk_strndup(text, (size_t)(slash - text));
	*second = slash + 1;
	return bbk_project_is_valid(*first);
}

static int bad_name(const char *option, const char *form, struct bbk_err *err)
{
	return bbk_err_set(err, BBK_E_USAGE, "%s takes %s", option, form);
}

static int cloud_page(struct bbk_str *url, const struct bbk_where_wish *wish,
		      const char *workspace, struct bbk_err *err)
{
	const char *key = wish->project;
	char *first = NULL;
	bool good = split(wish->repo ? wish->repo : wish->project, &first,
			  &key);

	if (!good && !wish->repo && *workspace &&
	    bbk_repo_is_valid(wish->project)) {
		bbk_replace(&first, workspace);
		key = wish->project;
		good = true;
	}
	if (good)
		bbk_str_addf(url, wish->repo ? "/%s/%s" :
			     "/%s/workspace/projects/%s", first, key);
	free(first);
	return good ? 0 : wish->repo ?
		bad_name("--repo", "<workspace>/<repository>", err) :
		bad_name("--project", "<workspace>/<KEY> on Bitbucket Cloud",
			 err);
}

static int datacenter_page(struct bbk_str *url,
			   const struct bbk_where_wish *wish,
			   struct bbk_err *err)
{
	const char *repo = NULL;
	char *project = wish->repo ? NULL : bbk_strdup(wish->project);
	bool good = wish->repo ? split(wish->repo, &project, &repo) :
				 bbk_project_is_valid(project);

	if (good)
		bbk_str_addf(url, project[0] == '~' ? "/users/%s" :
						      "/projects/%s",
			     project + (project[0] == '~'));
	if (good && repo)
		bbk_str_addf(url, "/repos/%s", repo);
	free(project);
	return good ? 0 : wish->repo ?
		bad_name("--repo", "<KEY>/<repository>", err) :
		bad_name("--project", "the key of a project", err);
}

/* The page of what is meant, which the usual detection understands. */
static int named_page(struct bbk_str *url, struct bbk_env *env,
		      const struct bbk_where_wish *wish, struct bbk_err *err)
{
	BBK_AUTO(str) workspace = BBK_STR_INIT;
	BBK_AUTO(url) base = BBK_URL_INIT;

	if (find_base(url, &workspace, env, wish, err) < 0 ||
	    bbk_url_parse(&base, bbk_str_get(url), err) < 0)
		return -1;
	if (wish->account || wish->all)
		return 0;
	return bbk_instance_is_cloud(env, &base, bbk_str_get(url)) ?
		cloud_page(url, wish, bbk_str_get(&workspace), err) :
		datacenter_page(url, wish, err);
}

/* --- all of it ---------------------------------------------------------- */

static bool is_named(const struct bbk_where_wish *wish)
{
	return wish->project || wish->repo || wish->account || wish->all;
}

static int find_text(struct bbk_str *text, struct bbk_env *env,
		     const struct bbk_where_wish *wish, struct bbk_err *err)
{
	char *name = NULL, *url = NULL;
	int rc;

	if (wish->url) {
		bbk_str_set(text, wish->url);
		return 0;
	}
	if (is_named(wish))
		return named_page(text, env, wish, err);
	rc = bbk_remote_choose(wish->remote, &name, &url, err);
	if (rc > 0) {
		bbk_err_set(err, BBK_E_USAGE, "this is not a git repository");
		rc = bbk_err_hint(err, "go into one, or name what you mean: "
				       "a URL, --project <KEY> or --repo "
				       "<KEY>/<repository>");
	}
	if (!rc)
		bbk_str_set(text, url);
	free(name);
	free(url);
	return rc;
}

int bbk_where_find(struct bbk_where *where, struct bbk_env *env,
		   const struct bbk_where_wish *wish, struct bbk_err *err)
{
	BBK_AUTO(str) text = BBK_STR_INIT;
	struct bbk_detected *found = &where->found;
	struct bbk_detect_wish how = { .base = wish->base };

	if ((wish->project != NULL) + (wish->repo != NULL) + wish->account +
		    (wish->all || wish->url) > 1)
		return bbk_err_set(err, BBK_E_USAGE, "a URL, --project, --repo,"
				   " --account and --all: give one of them");
	if (find_text(&text, env, wish, err) < 0)
		return -1;
	how.url = bbk_str_get(&text);
	how.from_person = wish->url || is_named(wish);
	if (bbk_detect_instance(found, env, &how, err) < 0)
		return -1;
	where->scope = wish->account ? BBK_SCOPE_PERSONAL :
		       wish->repo ? BBK_SCOPE_REPO : BBK_SCOPE_PROJECT;
	free(where->project);
	where->project = found->address.project ?
		bbk_project_key(found->address.project) : NULL;
	if (where->scope != BBK_SCOPE_PERSONAL && !wish->all &&
	    !bbk_address_owner(&found->address))
		return bbk_err_set(err, BBK_E_USAGE, "%s names no project and "
				   "no repository", how.url);
	return 0;
}

int bbk_where_complete(struct bbk_where *where, struct bbk_env *env,
		       struct bbk_err *err)
{
	const struct bbk_address *address = &where->found.address;

	if (where->scope != BBK_SCOPE_PROJECT || where->project)
		return 0;
	where->project = bbk_detect_cloud_project(&where->found.instance, env,
						  address->workspace,
						  address->repo);
	if (where->project)
		return 0;
	bbk_err_set(err, BBK_E_PERMISSION, "cannot tell which project %s/%s "
		    "is in", address->workspace, address->repo);
	return bbk_err_hint(err, "name it: --project %s/<KEY>; or give a token "
			    "that may read the repository",
			    address->workspace);
}

struct bbk_target bbk_where_target(const struct bbk_where *where)
{
	const struct bbk_address *address = &where->found.address;

	return (struct bbk_target){
		.scope = where->scope, .workspace = address->workspace,
		.project = where->project, .repo = address->repo,
	};
}

char *bbk_target_words(const struct bbk_target *target)
{
	const char *owner = target->workspace ? target->workspace :
						target->project;

	switch (target->scope) {
	case BBK_SCOPE_PROJECT:
		return target->workspace ?
			bbk_strf("project %s/%s", owner, target->project) :
			bbk_strf("project %s", owner);
	case BBK_SCOPE_REPO:
		return bbk_strf("repository %s/%s", owner, target->repo);
	default:
		return bbk_strdup("your account");
	}
}
