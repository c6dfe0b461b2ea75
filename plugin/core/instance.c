#include "core/instance.h"

#include <stdlib.h>
#include <string.h>

#include "base/cloud.h"
#include "git/config.h"

static const char *const auto_words[] = { "ask", "always", "never" };

const char *bbk_auto_word(enum bbk_auto automatic)
{
	return auto_words[automatic];
}

int bbk_auto_parse(enum bbk_auto *automatic, const char *word)
{
	for (size_t i = 0; i < BBK_ARRAY_LEN(auto_words); i++) {
		if (bbk_same_nocase(word, auto_words[i])) {
			*automatic = (enum bbk_auto)i;
			return 0;
		}
	}
	return -1;
}

void bbk_instance_release(struct bbk_instance *instance)
{
	free(instance->base);
	instance->base = NULL;
	instance->edition = &bbk_datacenter;
	instance->enrolled = false;
	instance->automatic = BBK_AUTO_ASK;
	bbk_url_release(&instance->url);
	bbk_strv_release(&instance->ssh);
	bbk_instance_facts_release(&instance->facts);
	bbk_rest_release(&instance->rest);
}

const char *bbk_instance_setting(const struct bbk_instance *instance,
				 const struct bbk_env *env, const char *name)
{
	return bbk_config_base(env->config, instance->base, name);
}

static int open_api(struct bbk_instance *instance, struct bbk_env *env,
		    struct bbk_err *err)
{
	const char *text = bbk_instance_setting(instance, env, "apiurl");
	struct bbk_rest *rest = &instance->rest;
	char *path;

	rest->http = env->http;
	rest->clock = env->clock;
	rest->cloud = instance->edition->is_cloud;
	if (!text && !strcmp(instance->base, BBK_CLOUD_BASE))
		text = BBK_CLOUD_API;
	if (text)
		return bbk_url_parse(&rest->api, text, err) < 0 ?
			bbk_err_wrap(err, "bbkey.%s.apiUrl", instance->base) :
			0;
	if (rest->cloud) {
		bbk_err_set(err, BBK_E_LOCAL, "bbkey.%s.apiUrl is not "
			    "configured: where is the REST API of this "
			    "Bitbucket Cloud?", instance->base);
		return bbk_err_hint(err, "Cloud itself is " BBK_CLOUD_BASE);
	}
	bbk_url_copy(&rest->api, &instance->url);
	path = bbk_strf("%s/rest", instance->url.path);
	bbk_replace(&rest->api.path, path);
	free(path);
	return 0;
}

/* http.<url>.<name> for the REST address, else for the instance's own. */
static int read_http(const struct bbk_instance *instance,
		     const struct bbk_env *env, const char *name, char **value,
		     struct bbk_err *err)
{
	BBK_AUTO(str) api = BBK_STR_INIT;

	bbk_url_add(&api, &instance->rest.api);
	if (bbk_config_http(env->config, bbk_str_get(&api), name, value,
			    err) < 0)
		return -1;
	return *value || bbk_url_within(&instance->rest.api, &instance->url) ?
		0 : bbk_config_http(env->config, instance->base, name, value,
				    err);
}

static int open_tls(struct bbk_instance *instance, struct bbk_env *env,
		    struct bbk_err *err)
{
	const char *ca = getenv("GIT_SSL_CAINFO");
	struct bbk_rest *rest = &instance->rest;

	if (ca && *ca)
		rest->ca = bbk_strdup(ca);
	else if (read_http(instance, env, "sslcainfo", &rest->ca, err) < 0)
		return -1;
	if (rest->ca && bbk_begins(rest->ca, "~/")) {
		char *full = bbk_strf("%s%s", env->paths.home, rest->ca + 1);

		free(rest->ca);
		rest->ca = full;
	}
	return read_http(instance, env, "proxy", &rest->proxy, err);
}

static const struct bbk_edition *edition_of(const struct bbk_env *env,
					    const char *base)
{
	const char *word = bbk_config_base(env->config, base, "edition");

	return word ? bbk_edition_find(word) :
	       strcmp(base, BBK_CLOUD_BASE) ? &bbk_datacenter : &bbk_cloud;
}

/* What is configured comes first, and then Cloud's own names. */
static void read_ssh(struct bbk_instance *instance, const struct bbk_env *env)
{
	bool cloud = !strcmp(instance->base, BBK_CLOUD_BASE);

	bbk_config_base_all(env->config, instance->base, "ssh",
			    &instance->ssh);
	for (size_t i = 0; cloud && bbk_cloud_ssh[i]; i++)
		if (!bbk_strv_has(&instance->ssh, bbk_cloud_ssh[i]))
			bbk_strv_add(&instance->ssh, bbk_cloud_ssh[i]);
}

static int read_settings(struct bbk_instance *instance, struct bbk_env *env,
			 struct bbk_err *err)
{
	const char *word = bbk_instance_setting(instance, env, "auto");

	instance->enrolled =
		bbk_instance_setting(instance, env, "edition") ||
		bbk_instance_setting(instance, env, "ssh");
	instance->edition = edition_of(env, instance->base);
	if (!instance->edition) {
		instance->edition = &bbk_datacenter;
		return bbk_err_set(err, BBK_E_LOCAL, "bbkey.%s.edition is not "
				   "datacenter or cloud", instance->base);
	}
	read_ssh(instance, env);
	if (word && bbk_auto_parse(&instance->automatic, word) < 0)
		return bbk_err_set(err, BBK_E_LOCAL,
				   "bbkey.%s.auto is not ask, always or never",
				   instance->base);
	return bbk_instance_facts_read(&instance->facts, env->paths.state,
				       &instance->url, err) < 0 ? -1 : 0;
}

int bbk_instance_open(struct bbk_instance *instance, struct bbk_env *env,
		      const struct bbk_url *base, struct bbk_err *err)
{
	BBK_AUTO(instance) opened = BBK_INSTANCE_INIT;
	BBK_AUTO(str) text = BBK_STR_INIT;

	if (base->scheme == BBK_HTTP) {
		bbk_err_set(err, BBK_E_TLS, "http://%s is not encrypted, and a "
			    "token is only ever sent over https", base->host);
		return bbk_err_hint(err, "use the https address of this "
					 "instance");
	}
	if (base->scheme != BBK_HTTPS)
		return bbk_err_set(err, BBK_E_NOT_BITBUCKET,
				   "the address of an instance begins with "
				   "https://");
	bbk_url_copy(&opened.url, base);
	bbk_replace(&opened.url.user, NULL);
	bbk_url_add(&text, &opened.url);
	opened.base = bbk_str_take(&text);
	if (read_settings(&opened, env, err) < 0 ||
	    open_api(&opened, env, err) < 0 || open_tls(&opened, env, err) < 0)
		return -1;
	bbk_instance_release(instance);
	*instance = opened;
	opened = (struct bbk_instance)BBK_INSTANCE_INIT;
	return 0;
}

static bool ssh_is(const char *text, const char *host, unsigned port)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(url) url = BBK_URL_INIT;

	return bbk_url_parse(&url, text, &ignored) == 0 &&
	       url.scheme == BBK_SSH && url.port == port &&
	       !strcmp(url.host, host);
}

bool bbk_instance_has_ssh(const struct bbk_instance *instance,
			  const char *host, unsigned port)
{
	for (size_t i = 0; i < instance->ssh.len; i++)
		if (ssh_is(instance->ssh.v[i], host, port))
			return true;
	return false;
}

const char *bbk_instance_clone_path(const struct bbk_instance *instance)
{
	return instance->edition->is_cloud ? "/" : "/scm/";
}

static bool ssh_is_at(const char *text, const char *host)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(url) url = BBK_URL_INIT;

	return bbk_url_parse(&url, text, &ignored) == 0 &&
	       !strcmp(url.host, host);
}

/* base: text from the configuration, or an option */
static bool base_is_cloud(const struct bbk_env *env, const char *base)
{
	return edition_of(env, base) == &bbk_cloud;
}

static bool is_at_base(const struct bbk_env *env, const struct bbk_url *url,
		       const char *text)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(strv) names = BBK_STRV_INIT;
	BBK_AUTO(url) base = BBK_URL_INIT;

	if (url->scheme != BBK_SSH)
		return bbk_url_parse(&base, text, &ignored) == 0 &&
		       bbk_url_within(url, &base);
	bbk_config_base_all(env->config, text, "ssh", &names);
	for (size_t i = 0; i < names.len; i++)
		if (ssh_is_at(names.v[i], url->host))
			return true;
	return false;
}

bool bbk_instance_is_cloud(const struct bbk_env *env,
			   const struct bbk_url *url, const char *base)
{
	BBK_AUTO(strv) bases = BBK_STRV_INIT;
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(url) given = BBK_URL_INIT;
	BBK_AUTO(str) text = BBK_STR_INIT;

	if (base && bbk_url_parse(&given, base, &ignored) == 0) {
		bbk_url_add(&text, &given);
		return base_is_cloud(env, bbk_str_get(&text));
	}
	if (url->scheme == BBK_SSH ? bbk_cloud_is_ssh(url->host, url->port) :
		    !strcmp(url->host, BBK_CLOUD_WEB_HOST) && url->port == 443)
		return true;
	bbk_config_bases(env->config, &bases);
	for (size_t i = 0; i < bases.len; i++)
		if (base_is_cloud(env, bases.v[i]) &&
		    is_at_base(env, url, bases.v[i]))
			return true;
	return false;
}

bool bbk_instance_any_at(const struct bbk_env *env, const char *host)
{
	BBK_AUTO(strv) bases = BBK_STRV_INIT;

	bbk_config_bases(env->config, &bases);
	for (size_t i = 0; i < bases.len; i++) {
		BBK_AUTO(strv) names = BBK_STRV_INIT;

		bbk_config_base_all(env->config, bases.v[i], "ssh", &names);
		for (size_t j = 0; j < names.len; j++)
			if (ssh_is_at(names.v[j], host))
				return true;
	}
	return false;
}

int bbk_instance_of_ssh(struct bbk_instance *instance, struct bbk_env *env,
			const char *host, unsigned port, struct bbk_err *err)
{
	BBK_AUTO(strv) bases = BBK_STRV_INIT;

	bbk_config_bases(env->config, &bases);
	for (size_t i = 0; i < bases.len; i++) {
		BBK_AUTO(strv) names = BBK_STRV_INIT;
		BBK_AUTO(url) url = BBK_URL_INIT;

		bbk_config_base_all(env->config, bases.v[i], "ssh", &names);
		for (size_t j = 0; j < names.len; j++) {
			if (!ssh_is(names.v[j], host, port))
				continue;
			if (bbk_url_parse(&url, bases.v[i], err) < 0)
				return bbk_err_wrap(err, "bbkey.%s.ssh",
						    bases.v[i]);
			return bbk_instance_open(instance, env, &url, err);
		}
	}
	return 1;
}

/* Keys of Cloud's projects have no lower case, and its workspaces no other. */
static bool is_key(const char *entry)
{
	for (; *entry; entry++)
		if (*entry >= 'a' && *entry <= 'z')
			return false;
	return true;
}

/* "workspace/KEY" or "KEY": the key, where it may be of this workspace. */
static const char *key_of_cloud(const char *entry, const char *workspace)
{
	size_t len = strcspn(entry, "/");
	char *name;
	bool same;

	if (!entry[len])
		return is_key(entry) ? entry : NULL;
	name = bbk_strndup(entry, len);
	same = bbk_same_nocase(name, workspace);
	free(name);
	return same ? entry + len + 1 : NULL;
}

static bool lists(const char *entry, const char *workspace,
		  const char *project)
{
	const char *key = workspace ? key_of_cloud(entry, workspace) : entry;

	if (!strcmp(entry, "*"))
		return true;
	if (workspace && !strchr(entry, '/') && !is_key(entry))
		return !strcmp(entry, workspace);
	return key && project && bbk_project_same(key, project);
}

bool bbk_instance_lists_project(const struct bbk_instance *instance,
				const struct bbk_env *env,
				const char *workspace, const char *project)
{
	BBK_AUTO(strv) projects = BBK_STRV_INIT;

	bbk_config_base_all(env->config, instance->base, "projects",
			    &projects);
	for (size_t i = 0; i < projects.len; i++)
		if (lists(projects.v[i], workspace, project))
			return true;
	return false;
}

bool bbk_instance_may_list(const struct bbk_instance *instance,
			   const struct bbk_env *env, const char *workspace,
			   bool known)
{
	BBK_AUTO(strv) projects = BBK_STRV_INIT;

	bbk_config_base_all(env->config, instance->base, "projects",
			    &projects);
	for (size_t i = 0; i < projects.len; i++)
		if (key_of_cloud(projects.v[i], workspace) &&
		    (known || strchr(projects.v[i], '/')))
			return true;
	return false;
}

static int bad_setting(const struct bbk_instance *instance, const char *name,
		       const char *what, struct bbk_err *err)
{
	return bbk_err_set(err, BBK_E_LOCAL, "bbkey.%s.%s is not %s",
			   instance->base, name, what);
}

int bbk_instance_defaults(const struct bbk_instance *instance,
			  const struct bbk_env *env,
			  struct bbk_defaults *defaults, struct bbk_err *err)
{
	struct bbk_defaults found = { BBK_SCOPE_PROJECT, false,
				      BBK_KEY_ED25519, 0 };
	const char *word;

	word = bbk_instance_setting(instance, env, "scope");
	if (word && bbk_scope_parse(&found.scope, word) < 0)
		return bad_setting(instance, "scope",
				   "project, repo or personal", err);
	word = bbk_instance_setting(instance, env, "permission");
	found.write = word && !strcmp(word, "write");
	if (word && !found.write && strcmp(word, "read") != 0)
		return bad_setting(instance, "permission", "read or write",
				   err);
	word = bbk_instance_setting(instance, env, "keytype");
	if (word && bbk_key_type_parse(&found.key_type, word) < 0)
		return bad_setting(instance, "keyType", "a type of key", err);
	word = bbk_instance_setting(instance, env, "expires");
	if (word && bbk_parse_number(word, 1, 36500, &found.expires) < 0)
		return bad_setting(instance, "expires", "a number of days",
				   err);
	*defaults = found;
	return 0;
}
