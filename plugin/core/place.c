#include "core/place.h"

#include <stdlib.h>
#include <string.h>

int bbk_place_no_ssh(const struct bbk_detected *found, struct bbk_err *err)
{
	bbk_err_set(err, BBK_E_DENIED, "SSH is switched off on %s",
		    found->instance.base);
	return bbk_err_hint(err, "a Bitbucket admin can switch it on: "
				 "Administration, SSH access");
}

/* May this link's host be trusted without asking anybody? */
static bool is_own_host(const struct bbk_detected *found, const char *host,
			unsigned port)
{
	return !strcmp(host, found->instance.url.host) ||
	       bbk_instance_has_ssh(&found->instance, host, port) ||
	       (found->url.scheme == BBK_SSH && !strcmp(host, found->url.host));
}

/* The first link of the instance's own hosts; else the first of all. */
static int choose_link(const struct bbk_detected *found,
		       const struct bbk_strv *links, char **host,
		       unsigned *port, struct bbk_err *err)
{
	bool any = false;

	for (size_t i = 0; i < links->len; i++) {
		BBK_AUTO(err) ignored = BBK_ERR_INIT;
		BBK_AUTO(url) url = BBK_URL_INIT;
		bool own;

		if (bbk_url_parse(&url, links->v[i], &ignored) < 0 ||
		    url.scheme != BBK_SSH)
			continue;
		own = is_own_host(found, url.host, url.port);
		if (any && !own)
			continue;
		bbk_replace(host, url.host);
		*port = url.port;
		any = true;
		if (own)
			break;
	}
	return any ? 0 : bbk_err_set(err, BBK_E_SERVER,
				     "the server's clone link for ssh is not "
				     "an ssh URL of Bitbucket");
}

static const char *settings_host(const struct bbk_detected *found,
				 const struct bbk_dc_settings *settings)
{
	return settings->host ? settings->host : found->instance.url.host;
}

static unsigned settings_port(const struct bbk_dc_settings *settings)
{
	return settings->base_port ? settings->base_port :
	       settings->host || !settings->port ? 22 : settings->port;
}

/* The place, from the clone links or, without a repository, the settings. */
int bbk_place_find(struct bbk_detected *found,
		      const struct bbk_dc_settings *settings,
		      const struct bbk_repository *repo, struct bbk_err *err)
{
	if (repo->ssh_urls.len)
		return choose_link(found, &repo->ssh_urls, &found->ssh_host,
				   &found->ssh_port, err);
	if (repo->slug) /* its links were there, and none was for ssh */
		return bbk_place_no_ssh(found, err);
	bbk_replace(&found->ssh_host, settings_host(found, settings));
	found->ssh_port = settings_port(settings);
	return 0;
}

/* Does the server itself name this ssh host and port? */
static bool settings_name(const struct bbk_detected *found,
			  const struct bbk_dc_settings *settings,
			  const char *host, unsigned port)
{
	return !strcmp(settings_host(found, settings), host) &&
	       (port == settings->base_port || port == settings->port ||
		(!settings->base_port && port == 22));
}

/* An ssh host that a server names must have somebody else's word, too. */
int bbk_place_check(struct bbk_detected *found, struct bbk_env *env,
		       const struct bbk_dc_settings *settings,
		       struct bbk_err *err)
{
	const char *host = found->ssh_host;
	char *question;
	int yes;

	if (is_own_host(found, host, found->ssh_port))
		return settings_name(found, settings, host, found->ssh_port) ||
		       bbk_instance_has_ssh(&found->instance, host,
					    found->ssh_port) ? 0 :
			bbk_err_set(err, BBK_E_SERVER,
				    "the server's clone link and its SSH "
				    "settings name different places");
	if (env->term->can_ask(env->term)) {
		question = bbk_strf("%s serves ssh at another host, %s port "
				    "%u. Is that right?", found->instance.base,
				    host, found->ssh_port);
		yes = env->term->confirm(env->term, question, false, err);
		free(question);
		if (yes)
			return yes < 0 ? -1 : 0;
	}
	return bbk_place_unvouched(found, err);
}

int bbk_place_unvouched(const struct bbk_detected *found, struct bbk_err *err)
{
	bbk_err_set(err, BBK_E_NOT_BITBUCKET,
		    "%s says that its ssh is at another host, '%s', and "
		    "nothing else says so", found->instance.base,
		    found->ssh_host);
	return bbk_err_hint(err, "if that is right, run: git config --global "
				 "--add bbkey.%s.ssh ssh://git@%s:%u",
			    found->instance.base, found->ssh_host,
			    found->ssh_port);
}

bool bbk_place_is_own(const struct bbk_detected *found)
{
	return is_own_host(found, found->ssh_host, found->ssh_port);
}

int bbk_place_not_served(const struct bbk_detected *found, struct bbk_err *err)
{
	bbk_err_set(err, BBK_E_NOT_BITBUCKET,
		    "%s does not serve ssh at %s port %u",
		    found->instance.base, found->url.host, found->url.port);
	return bbk_err_hint(err, "use the ssh URL that the repository's page "
				 "shows under Clone, or say which instance it "
				 "belongs to: --base <base>");
}

/* A host that neither the settings nor the configuration have heard of. */
bool bbk_place_is_foreign(const struct bbk_detected *found,
		       const struct bbk_dc_settings *settings)
{
	const char *host = found->url.host;

	return found->url.scheme == BBK_SSH &&
	       strcmp(host, found->instance.url.host) != 0 &&
	       !(settings->host && !strcmp(host, settings->host)) &&
	       !bbk_instance_has_ssh(&found->instance, host, found->url.port);
}

/* The URL's own ssh place must be one that the server names. */
int bbk_place_check_url(struct bbk_detected *found,
		     const struct bbk_dc_settings *settings,
		     struct bbk_err *err)
{
	const struct bbk_url *url = &found->url;

	if (url->scheme != BBK_SSH)
		return 0;
	if (!strcmp(url->host, found->ssh_host) &&
	    (url->port == found->ssh_port || !url->port_given)) {
		found->ssh_port = url->port; /* ssh may know a better one */
		return 0;
	}
	if (settings_name(found, settings, url->host, url->port) ||
	    bbk_instance_has_ssh(&found->instance, url->host, url->port)) {
		bbk_replace(&found->ssh_host, url->host);
		found->ssh_port = url->port;
		return 0;
	}
	return bbk_place_not_served(found, err);
}

void bbk_place_remember(struct bbk_detected *found)
{
	if (!bbk_instance_has_ssh(&found->instance, found->ssh_host,
				  found->ssh_port))
		bbk_strv_addf(&found->instance.ssh,
			      found->ssh_port == 22 ? "ssh://git@%s" :
						      "ssh://git@%s:%u",
			      found->ssh_host, found->ssh_port);
}

/* --- in a hurry ------------------------------------------------------- */

bool bbk_place_is_plain(struct bbk_detected *found,
			const struct bbk_dc_settings *settings)
{
	const struct bbk_url *url = &found->url;
	const char *host = settings_host(found, settings);
	unsigned port = settings_port(settings);

	if (url->scheme == BBK_SSH) { /* the one that the person wrote */
		host = url->host;
		port = url->port;
		if (!url->port_given ||
		    !settings_name(found, settings, host, port))
			return false;
	} else if (!is_own_host(found, host, port)) {
		return false;
	}
	bbk_replace(&found->ssh_host, host);
	found->ssh_port = port;
	return true;
}

bool bbk_place_is_link(const struct bbk_detected *found,
		       const struct bbk_repository *repo)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	unsigned port = 0;
	char *host = NULL;
	bool same;

	if (!repo->ssh_urls.len)
		return false;
	if (found->url.scheme == BBK_SSH)
		return true;
	same = choose_link(found, &repo->ssh_urls, &host, &port,
			   &ignored) == 0 &&
	       !strcmp(host, found->ssh_host) && port == found->ssh_port;
	free(host);
	return same;
}
