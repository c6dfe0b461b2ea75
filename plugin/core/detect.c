#include "core/detect.h"

#include <stdlib.h>
#include <string.h>

#include "base/cloud.h"
#include "bitbucket/datacenter.h"
#include "core/detect_cloud.h"
#include "core/place.h"
#include "core/token.h"
#include "git/config.h"
#include "ssh/client.h"
#include "ssh/hostkey.h"

/* --- which instance ----------------------------------------------------- */

static int open_base(struct bbk_detected *found, struct bbk_env *env,
		     const char *text, struct bbk_err *err)
{
	BBK_AUTO(url) base = BBK_URL_INIT;

	if (bbk_url_parse(&base, text, err) < 0)
		return bbk_err_wrap(err, "the base '%s'", "--base");
	return bbk_instance_open(&found->instance, env, &base, err);
}

/* https://host[:port] + the context in front of /scm/ or /projects/ */
static int open_own_base(struct bbk_detected *found, struct bbk_env *env,
			 struct bbk_err *err)
{
	BBK_AUTO(url) base = BBK_URL_INIT;

	bbk_url_copy(&base, &found->url);
	bbk_replace(&base.path, found->address.context);
	return bbk_instance_open(&found->instance, env, &base, err);
}

/* Is the https URL within this base? */
static bool within(const struct bbk_url *url, const char *base_text)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(url) base = BBK_URL_INIT;

	return base_text && bbk_url_parse(&base, base_text, &ignored) == 0 &&
	       bbk_url_within(url, &base);
}

/* ssh is not asked what a stranger's name stands for: it may be an alias. */
static int unknown(const struct bbk_detected *found, struct bbk_err *err)
{
	bbk_err_set(err, BBK_E_NOT_BITBUCKET,
		    "host '%s' is not one of your Bitbucket instances",
		    found->url.host);
	return bbk_err_hint(err, "if it is one, say which: git bbkey init "
				 "--base https://<address of Bitbucket> "
				 "(Bitbucket Cloud: " BBK_CLOUD_BASE ")");
}

static int confirm_base(struct bbk_detected *found, struct bbk_env *env,
			struct bbk_err *err)
{
	char *question;
	int yes;

	if (!env->term->can_ask(env->term))
		return unknown(found, err);
	question = bbk_strf("Is %s the Bitbucket that %s belongs to, and may "
			    "it get your token?", found->instance.base,
			    found->url.host);
	yes = env->term->confirm(env->term, question, false, err);
	free(question);
	return yes < 0 ? -1 : yes ? 0 : unknown(found, err);
}

/* The usual places of a web interface, asked without a token. */
static int discover(struct bbk_detected *found, struct bbk_env *env,
		    struct bbk_err *err)
{
	static const char *const contexts[] = { "", "/bitbucket", "/stash" };

	if (!env->term->can_ask(env->term))
		return unknown(found, err);
	for (size_t i = 0; i < BBK_ARRAY_LEN(contexts); i++) {
		BBK_AUTO(err) ignored = BBK_ERR_INIT;
		BBK_AUTO(url) base = BBK_URL_INIT;
		char *release = NULL;

		base.host = bbk_strdup(found->url.host);
		base.port = 443;
		base.path = bbk_strdup(contexts[i]);
		if (bbk_instance_open(&found->instance, env, &base, err) < 0)
			return -1;
		if (bbk_dc_release(&found->instance.rest, &release,
				   &ignored) < 0) {
			if (ignored.class == BBK_E_NETWORK)
				break; /* nobody there, whatever the path */
			continue;
		}
		free(release);
		return confirm_base(found, env, err);
	}
	return unknown(found, err);
}

int bbk_detect_of_ssh(struct bbk_instance *instance, struct bbk_env *env,
		      const char *user, const char *host, unsigned port,
		      struct bbk_err *err)
{
	BBK_AUTO(ssh_plan) plan = BBK_SSH_PLAN_INIT;
	char *name;
	int rc = bbk_instance_of_ssh(instance, env, host, port ? port : 22,
				     err);

	if (rc <= 0 || port)
		return rc;
	if (!bbk_instance_any_at(env, host)) /* no reason to run ssh */
		return 1;
	if (env->ssh->plan(env->ssh, user, host, 0, &plan, err) < 0)
		return -1;
	name = bbk_host_canonical(plan.hostname);
	/* both names must be the instance's: an alias is not */
	rc = strcmp(name, host) != 0 ? 1 :
	     bbk_instance_of_ssh(instance, env, name, plan.port, err);
	free(name);
	return rc;
}

/* The instance that is configured for the URL.  1: none is. */
static int find_enrolled(struct bbk_detected *found, struct bbk_env *env,
			 struct bbk_err *err)
{
	const struct bbk_url *url = &found->url;

	return url->scheme != BBK_SSH ?
		bbk_instance_of_https(&found->instance, env, url, err) :
		bbk_detect_of_ssh(&found->instance, env, found->ssh_user,
				  url->host, url->port_given ? url->port : 0,
				  err);
}

/* The base that somebody names for the URL; NULL: nobody does. */
static const char *named_base(const struct bbk_detected *found,
			      const struct bbk_env *env,
			      const struct bbk_detect_wish *wish)
{
	const struct bbk_url *url = &found->url;
	bool ssh = url->scheme == BBK_SSH;

	if (wish->base && (ssh || within(url, wish->base)))
		return wish->base;
	if (wish->base)
		return NULL;
	if (ssh ? bbk_cloud_is_ssh(url->host, url->port) :
		  within(url, BBK_CLOUD_BASE))
		return BBK_CLOUD_BASE;
	return env->token.url && (ssh || within(url, env->token.url)) ?
		env->token.url : NULL;
}

static int find_unknown(struct bbk_detected *found, struct bbk_env *env,
			const struct bbk_detect_wish *wish,
			struct bbk_err *err)
{
	int rc;

	if (found->url.scheme == BBK_SSH)
		return discover(found, env, err);
	if (wish->base)
		return bbk_err_set(err, BBK_E_USAGE,
				   "the URL is not within --base");
	rc = open_own_base(found, env, err);
	/* a repository's own configuration decides nothing */
	return rc < 0 || wish->from_person ? rc : confirm_base(found, env, err);
}

static int set_address(struct bbk_detected *found, struct bbk_err *err)
{
	return bbk_address_of(&found->address, &found->url,
			      found->instance.edition->is_cloud, err);
}

/* What its parts mean is known with the instance, and not before. */
static int find_instance(struct bbk_detected *found, struct bbk_env *env,
			 const struct bbk_detect_wish *wish,
			 struct bbk_err *err)
{
	int rc = find_enrolled(found, env, err);
	const char *base = rc > 0 ? named_base(found, env, wish) : NULL;

	if (base)
		rc = open_base(found, env, base, err);
	if (rc < 0 || set_address(found, err) < 0)
		return -1;
	return rc > 0 ? find_unknown(found, env, wish, err) : 0;
}

/* "https://host[:port]" of a page's address, which may be no URL as a whole. */
static bool is_cloud_page(const struct bbk_env *env,
			  const struct bbk_detect_wish *wish)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(url) url = BBK_URL_INIT;
	const char *slashes = strstr(wish->url, "://");
	char *origin;
	bool cloud;

	if (!slashes || !bbk_begins(wish->url, "http"))
		return false;
	origin = bbk_strndup(wish->url, (size_t)(slashes - wish->url) + 3 +
					strcspn(slashes + 3, "/?#"));
	cloud = bbk_url_parse(&url, origin, &ignored) == 0 &&
		bbk_instance_is_cloud(env, &url, wish->base);
	free(origin);
	return cloud;
}

int bbk_detect_instance(struct bbk_detected *found, struct bbk_env *env,
			const struct bbk_detect_wish *wish,
			struct bbk_err *err)
{
	char *text = bbk_address_page(wish->url, is_cloud_page(env, wish));
	int rc = bbk_url_parse(&found->url, text, err);

	free(text);
	if (rc < 0)
		return -1;
	bbk_replace(&found->ssh_user, found->url.scheme == BBK_SSH &&
				      found->url.user ?
				      found->url.user : "git");
	return find_instance(found, env, wish, err);
}

/* --- where its ssh is --------------------------------------------------- */

int bbk_detect_offline(struct bbk_detected *found, struct bbk_err *err)
{
	BBK_AUTO(url) ssh = BBK_URL_INIT;

	if (found->instance.edition->is_cloud)
		return bbk_detect_cloud_offline(found, err);
	if (!found->instance.ssh.len)
		return bbk_err_set(err, BBK_E_LOCAL,
				   "bbkey.%s.ssh is not configured",
				   found->instance.base);
	free(found->project);
	found->project = found->address.project ?
		bbk_project_key(found->address.project) : NULL;
	bbk_replace(&found->repo, found->address.repo);
	bbk_replace(&found->sample, found->address.repo);
	if (found->url.scheme == BBK_SSH) {
		bbk_replace(&found->ssh_host, found->url.host);
		found->ssh_port = found->url.port;
		return 0;
	}
	if (bbk_url_parse(&ssh, found->instance.ssh.v[0], err) < 0)
		return bbk_err_wrap(err, "bbkey.%s.ssh", found->instance.base);
	bbk_replace(&found->ssh_host, ssh.host);
	bbk_replace(&found->ssh_user, ssh.user ? ssh.user : "git");
	found->ssh_port = ssh.port;
	return 0;
}

/* What to do about a project or repository that the token does not show. */
int bbk_detect_not_shown(struct bbk_detected *found,
			 const struct bbk_detect_wish *wish,
			 struct bbk_err *err)
{
	const struct bbk_edition *edition = found->instance.edition;
	BBK_AUTO(str) url = BBK_STR_INIT;
	char *first;

	if (err->class != BBK_E_PERMISSION)
		return -1;
	found->not_shown = true;
	bbk_url_add_user(&url, &found->url);
	first = err->hint ? bbk_strdup(err->hint) :
		bbk_strf("check the URL, and give a token with %s: "
			 "--token-file <file>",
			 edition->token_rights[wish->scope]);
	bbk_err_hint(err, "%s; or run: git bbkey request --scope %s %s, and "
			  "send what it writes to somebody who may", first,
		     bbk_scope_word(wish->scope), bbk_str_get(&url));
	free(first);
	return -1;
}

static int look_up(struct bbk_detected *found,
		   const struct bbk_detect_wish *wish,
		   struct bbk_repository *repo, struct bbk_err *err)
{
	struct bbk_rest *rest = &found->instance.rest;
	const struct bbk_address *address = &found->address;
	int rc;

	if (address->repo) {
		rc = bbk_dc_repo(rest, address->project, address->repo, repo,
				 err);
		if (rc < 0)
			return bbk_detect_not_shown(found, wish, err);
		bbk_replace(&found->project, repo->project);
		bbk_replace(&found->repo, repo->slug);
		bbk_replace(&found->sample, repo->slug);
		return 0;
	}
	if (address->project &&
	    bbk_dc_project(rest, address->project, &found->project, err) < 0)
		return bbk_detect_not_shown(found, wish, err);
	rc = bbk_dc_any_repo(rest, found->project, repo, err);
	bbk_replace(&found->sample, repo->slug);
	return rc < 0 ? bbk_detect_not_shown(found, wish, err) : 0;
}

static void remember_fingerprint(struct bbk_instance *instance,
				 const struct bbk_dc_settings *settings)
{
	char *pin = settings->fingerprint ?
		bbk_fingerprint_canonical(settings->algorithm,
					  settings->fingerprint) : NULL;

	bbk_strv_release(&instance->facts.fingerprints);
	if (pin)
		bbk_strv_add(&instance->facts.fingerprints, pin);
	free(pin);
}

/* The token, and what a request with it says of the instance's ssh. */
static int read_settings(struct bbk_detected *found, struct bbk_env *env,
			 const struct bbk_detect_wish *wish,
			 struct bbk_dc_settings *settings, struct bbk_err *err)
{
	struct bbk_rest *rest = &found->instance.rest;

	if (bbk_token_get(&found->instance, env, wish->token_file, true,
			  err) < 0 ||
	    bbk_dc_settings(rest, settings, err) < 0)
		return -1;
	if (!settings->enabled)
		return bbk_place_no_ssh(found, err);
	return bbk_place_is_foreign(found, settings) ?
		bbk_place_not_served(found, err) : 0;
}

static int check_access_keys(const struct bbk_detected *found,
			     const struct bbk_detect_wish *wish,
			     const struct bbk_dc_settings *settings,
			     struct bbk_err *err)
{
	if (settings->access_keys || !found->project ||
	    wish->scope == BBK_SCOPE_PERSONAL)
		return 0;
	bbk_err_set(err, BBK_E_PERMISSION,
		    "access keys are switched off on %s",
		    found->instance.base);
	return bbk_err_hint(err, "a Bitbucket admin can switch them on: "
				 "Administration, SSH access; or use a key of "
				 "your own account: --scope personal");
}

int bbk_detect_online(struct bbk_detected *found, struct bbk_env *env,
		      const struct bbk_detect_wish *wish, struct bbk_err *err)
{
	BBK_AUTO(dc_settings) settings = BBK_DC_SETTINGS_INIT;
	BBK_AUTO(repository) repo = BBK_REPOSITORY_INIT;

	if (found->instance.edition->is_cloud)
		return bbk_detect_cloud_online(found, env, wish, err);
	if (found->guessed)
		bbk_strv_drop_last(&found->instance.ssh);
	found->guessed = false;
	if (read_settings(found, env, wish, &settings, err) < 0 ||
	    look_up(found, wish, &repo, err) < 0 ||
	    bbk_place_find(found, &settings, &repo, err) < 0 ||
	    bbk_place_check(found, env, &settings, err) < 0)
		return -1;
	bbk_place_remember(found);
	if (bbk_place_check_url(found, &settings, err) < 0 ||
	    check_access_keys(found, wish, &settings, err) < 0)
		return -1;
	if (bbk_detected_port(found))
		bbk_place_remember(found);
	remember_fingerprint(&found->instance, &settings);
	return 0;
}

/* --- in two halves ------------------------------------------------------ */

int bbk_detect_early(struct bbk_detected *found, struct bbk_env *env,
		     const struct bbk_detect_wish *wish, struct bbk_err *err)
{
	BBK_AUTO(dc_settings) settings = BBK_DC_SETTINGS_INIT;
	size_t known = found->instance.ssh.len;

	if (found->instance.edition->is_cloud)
		return bbk_detect_cloud_early(found, env, wish, err);
	if (read_settings(found, env, wish, &settings, err) < 0)
		return -1;
	free(found->project);
	found->project = bbk_project_key(found->address.project);
	bbk_replace(&found->repo, found->address.repo);
	bbk_replace(&found->sample, found->address.repo);
	if (check_access_keys(found, wish, &settings, err) < 0)
		return -1;
	if (!bbk_place_is_plain(found, &settings))
		return 1;
	remember_fingerprint(&found->instance, &settings);
	bbk_place_remember(found);
	found->guessed = found->instance.ssh.len > known;
	return 0;
}

int bbk_detect_confirm(struct bbk_detected *found,
		       const struct bbk_detect_wish *wish,
		       struct bbk_err *err)
{
	BBK_AUTO(repository) repo = BBK_REPOSITORY_INIT;

	if (found->instance.edition->is_cloud)
		return bbk_detect_cloud_confirm(found, wish, err);
	if (bbk_dc_repo(&found->instance.rest, found->project, found->repo,
			&repo, err) < 0)
		return bbk_detect_not_shown(found, wish, err);
	if (strcmp(repo.project, found->project) != 0 ||
	    strcmp(repo.slug, found->repo) != 0 ||
	    !bbk_place_is_link(found, &repo))
		return 1;
	found->guessed = false;
	return 0;
}
