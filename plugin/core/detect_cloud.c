#include "core/detect_cloud.h"

#include <stdlib.h>
#include <string.h>

#include "base/cloud.h"
#include "bitbucket/cloud.h"
#include "core/place.h"
#include "core/token.h"
#include "ssh/hostkey.h"
#include "ssh/keygen.h"

/* --- where its ssh is --------------------------------------------------- */

static int take_first(struct bbk_detected *found, struct bbk_err *err)
{
	BBK_AUTO(url) ssh = BBK_URL_INIT;

	if (bbk_url_parse(&ssh, found->instance.ssh.v[0], err) < 0)
		return bbk_err_wrap(err, "bbkey.%s.ssh", found->instance.base);
	bbk_replace(&found->ssh_host, ssh.host);
	found->ssh_port = ssh.port;
	return 0;
}

/*
 * The URL's own place, unless it is the one that Cloud has left; for an https
 * URL the first of the SSH names.  1: only the server could tell.
 */
static int find_place(struct bbk_detected *found, struct bbk_err *err)
{
	const struct bbk_url *url = &found->url;
	bool any = found->instance.ssh.len > 0;

	if (url->scheme != BBK_SSH || bbk_cloud_is_old(url->host, url->port))
		return any ? take_first(found, err) : 1;
	if (any && !bbk_instance_has_ssh(&found->instance, url->host,
					 url->port) && url->port_given)
		return bbk_place_not_served(found, err);
	bbk_replace(&found->ssh_host, url->host);
	found->ssh_port = url->port;
	return 0;
}

static void take_names(struct bbk_detected *found)
{
	const struct bbk_address *address = &found->address;

	bbk_replace(&found->workspace, address->workspace);
	free(found->project);
	found->project = address->project ?
		bbk_project_key(address->project) : NULL;
	bbk_replace(&found->repo, address->repo);
	bbk_replace(&found->sample, address->repo);
}

int bbk_detect_cloud_offline(struct bbk_detected *found, struct bbk_err *err)
{
	int rc = find_place(found, err);

	take_names(found);
	if (rc <= 0)
		return rc;
	return bbk_err_set(err, BBK_E_LOCAL, "bbkey.%s.ssh is not configured",
			   found->instance.base);
}

/* --- host keys ---------------------------------------------------------- */

/* The web interface; that of a stand-in, where the REST address is one's. */
static void find_web(const struct bbk_instance *instance, struct bbk_url *web)
{
	BBK_AUTO(str) api = BBK_STR_INIT;

	bbk_url_add(&api, &instance->rest.api);
	if (!strcmp(bbk_str_get(&api), BBK_CLOUD_API) ||
	    strcmp(instance->base, BBK_CLOUD_BASE) != 0) {
		bbk_url_copy(web, &instance->url);
		return;
	}
	bbk_url_copy(web, &instance->rest.api);
	bbk_replace(&web->path, "");
}

void bbk_detect_cloud_host_keys(struct bbk_instance *instance)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(url) web = BBK_URL_INIT;
	BBK_AUTO(strv) keys = BBK_STRV_INIT;
	BBK_AUTO(strv) fingerprints = BBK_STRV_INIT;

	find_web(instance, &web);
	if (bbk_cloud_host_keys(&instance->rest, &web, &keys, &ignored) < 0)
		return;
	for (size_t i = 0; i < keys.len; i++) {
		BBK_AUTO(key_facts) facts = BBK_KEY_FACTS_INIT;
		BBK_AUTO(err) not_a_key = BBK_ERR_INIT;

		if (bbk_keygen_describe(keys.v[i], &facts, &not_a_key) == 0)
			bbk_strv_add(&fingerprints, facts.fingerprint);
	}
	if (!fingerprints.len)
		return;
	bbk_strv_release(&instance->facts.fingerprints);
	instance->facts.fingerprints = fingerprints;
	fingerprints = (struct bbk_strv)BBK_STRV_INIT;
}

/* "ssh.bitbucket.org,[altssh.bitbucket.org]:443" */
static void add_ssh_names(const struct bbk_instance *instance,
			  struct bbk_str *out)
{
	for (size_t i = 0; i < instance->ssh.len; i++) {
		BBK_AUTO(err) ignored = BBK_ERR_INIT;
		BBK_AUTO(url) url = BBK_URL_INIT;
		char *name;

		if (bbk_url_parse(&url, instance->ssh.v[i], &ignored) < 0 ||
		    bbk_cloud_is_old(url.host, url.port))
			continue;
		name = bbk_known_hosts_name(url.host, url.port);
		bbk_str_addf(out, "%s%s", out->len ? "," : "", name);
		free(name);
	}
}

/* Those that are keys. */
static void add_host_keys(struct bbk_strv *lines, const char *names,
			  const struct bbk_strv *keys)
{
	for (size_t i = 0; i < keys->len; i++) {
		BBK_AUTO(key_facts) facts = BBK_KEY_FACTS_INIT;
		BBK_AUTO(err) not_a_key = BBK_ERR_INIT;

		if (bbk_keygen_describe(keys->v[i], &facts, &not_a_key) == 0)
			bbk_strv_addf(lines, "%s %s", names, keys->v[i]);
	}
}

void bbk_detect_cloud_known_hosts(struct bbk_instance *instance,
				  struct bbk_strv *lines)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(url) web = BBK_URL_INIT;
	BBK_AUTO(strv) keys = BBK_STRV_INIT;
	BBK_AUTO(str) names = BBK_STR_INIT;

	find_web(instance, &web);
	add_ssh_names(instance, &names);
	if (bbk_cloud_host_keys(&instance->rest, &web, &keys, &ignored) == 0)
		add_host_keys(lines, bbk_str_get(&names), &keys);
	if (lines->len)
		return;
	bbk_strv_release(&keys);
	for (size_t i = 0; bbk_cloud_host_key[i].key; i++)
		bbk_strv_add(&keys, bbk_cloud_host_key[i].key);
	add_host_keys(lines, bbk_str_get(&names), &keys);
}

void bbk_detect_host_keys(struct bbk_detected *found, struct bbk_env *env,
			  const struct bbk_detect_wish *wish)
{
	if (found->host_keys || wish->pinned ||
	    !found->instance.edition->is_cloud ||
	    bbk_instance_setting(&found->instance, env, "hostkey"))
		return;
	found->host_keys = true;
	bbk_detect_cloud_host_keys(&found->instance);
}

/* --- what the server says ----------------------------------------------- */

static int look_up_repo(struct bbk_detected *found,
			const struct bbk_detect_wish *wish,
			struct bbk_repository *repo, struct bbk_err *err)
{
	if (bbk_cloud_repo(&found->instance.rest, found->address.workspace,
			   found->address.repo, repo, err) < 0)
		return bbk_detect_not_shown(found, wish, err);
	bbk_replace(&found->workspace, repo->workspace);
	bbk_replace(&found->project, repo->project);
	bbk_replace(&found->repo, repo->slug);
	bbk_replace(&found->sample, repo->slug);
	return 0;
}

/*
 * A token that is refused ends it before a key is made; what it may not do is
 * for the registration to say, and for the person to choose.
 */
static int look_up_account(struct bbk_detected *found, struct bbk_err *err)
{
	int rc = bbk_cloud_user(&found->instance.rest, err);

	if (!rc || err->class != BBK_E_PERMISSION)
		return rc;
	bbk_err_release(err);
	return 0;
}

static int look_up(struct bbk_detected *found,
		   const struct bbk_detect_wish *wish,
		   struct bbk_repository *repo, struct bbk_err *err)
{
	const struct bbk_address *address = &found->address;

	if (wish->scope == BBK_SCOPE_PERSONAL)
		return look_up_account(found, err);
	if (!address->workspace)
		return 0;
	if (address->repo)
		return look_up_repo(found, wish, repo, err);
	return bbk_cloud_project(&found->instance.rest, address->workspace,
				 address->project, &found->project, err) < 0 ?
		bbk_detect_not_shown(found, wish, err) : 0;
}

/* Only a stand-in's links are asked: Cloud's own may still say the old name. */
static int place_of_links(struct bbk_detected *found,
			  const struct bbk_repository *repo,
			  struct bbk_err *err)
{
	if (!repo->ssh_urls.len) {
		bbk_err_set(err, BBK_E_LOCAL, "bbkey.%s.ssh is not configured",
			    found->instance.base);
		return bbk_err_hint(err, "give the URL of a repository");
	}
	if (bbk_place_find(found, NULL, repo, err) < 0)
		return -1;
	if (!bbk_place_is_own(found))
		return bbk_place_unvouched(found, err);
	bbk_place_remember(found);
	return 0;
}

int bbk_detect_cloud_online(struct bbk_detected *found, struct bbk_env *env,
			    const struct bbk_detect_wish *wish,
			    struct bbk_err *err)
{
	BBK_AUTO(repository) repo = BBK_REPOSITORY_INIT;
	int rc = find_place(found, err);

	if (rc < 0)
		return -1;
	take_names(found);
	bbk_detect_host_keys(found, env, wish);
	if (!found->workspace && rc == 0) /* to enrol it takes no token */
		return 0;
	if (bbk_token_get(&found->instance, env, wish->token_file, true,
			  err) < 0 ||
	    look_up(found, wish, &repo, err) < 0)
		return -1;
	return rc ? place_of_links(found, &repo, err) : 0;
}

char *bbk_detect_cloud_project(struct bbk_instance *instance,
			       struct bbk_env *env, const char *workspace,
			       const char *repo)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(repository) found = BBK_REPOSITORY_INIT;
	char *project = NULL;

	if (bbk_token_get(instance, env, NULL, false, &ignored) == 0 &&
	    bbk_cloud_repo(&instance->rest, workspace, repo, &found,
			   &ignored) == 0) {
		project = found.project;
		found.project = NULL;
	}
	return project;
}

/* --- in two halves ------------------------------------------------------ */

int bbk_detect_cloud_early(struct bbk_detected *found, struct bbk_env *env,
			   const struct bbk_detect_wish *wish,
			   struct bbk_err *err)
{
	int rc = find_place(found, err);

	take_names(found);
	if (rc)
		return rc;
	bbk_detect_host_keys(found, env, wish);
	return bbk_token_get(&found->instance, env, wish->token_file, true,
			     err);
}

int bbk_detect_cloud_confirm(struct bbk_detected *found,
			     const struct bbk_detect_wish *wish,
			     struct bbk_err *err)
{
	BBK_AUTO(repository) repo = BBK_REPOSITORY_INIT;

	if (wish->scope == BBK_SCOPE_PERSONAL)
		return 0;
	if (look_up_repo(found, wish, &repo, err) < 0)
		return -1;
	return strcmp(found->workspace, found->address.workspace) != 0 ||
	       strcmp(found->repo, found->address.repo) != 0;
}
