#include "bitbucket/datacenter.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/address.h"
#include "bitbucket/page.h"

int bbk_dc_release(struct bbk_rest *rest, char **release, struct bbk_err *err)
{
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	const char *version, *name;

	if (bbk_rest_call_as_nobody(rest, "/api/latest/application-properties",
				    &reply, err) < 0) {
		if (reply.status == 404) {
			bbk_err_release(err);
			bbk_err_set(err, BBK_E_NOT_BITBUCKET,
				    "there is no Bitbucket REST API at https://"
				    "%s (HTTP 404)", rest->api.host);
			bbk_err_hint(err, "check the address; many instances "
					  "have a context path, such as "
					  "https://%s/bitbucket",
				     rest->api.host);
		}
		return -1;
	}
	version = bbk_json_string(reply.json.root, "version");
	name = bbk_json_string(reply.json.root, "displayName");
	if (!version || !version[0] || strlen(version) > 32 ||
	    !bbk_is_digit(version[0]) || !bbk_repo_is_valid(version) ||
	    (name && !strstr(name, "Bitbucket") && !strstr(name, "Stash")))
		return bbk_err_set(err, BBK_E_SERVER,
				   "the answer of %s is not a Bitbucket Data "
				   "Center's", rest->api.host);
	bbk_replace(release, version);
	return 0;
}

void bbk_dc_settings_release(struct bbk_dc_settings *settings)
{
	free(settings->host);
	free(settings->algorithm);
	free(settings->fingerprint);
	*settings = (struct bbk_dc_settings)BBK_DC_SETTINGS_INIT;
}

/* "ssh://host[:port]": the port may be missing, reference 1.4 and 3 */
static void read_base_url(struct bbk_dc_settings *settings, const char *text)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(url) url = BBK_URL_INIT;
	const char *colon;

	if (!text || bbk_url_parse(&url, text, &ignored) < 0 ||
	    url.scheme != BBK_SSH || url.scp_like)
		return;
	bbk_replace(&settings->host, url.host);
	colon = strrchr(strchr(text, ']') ? strchr(text, ']') : text, ':');
	settings->base_port = colon && bbk_is_digit(colon[1]) ? url.port : 0;
}

int bbk_dc_settings(struct bbk_rest *rest, struct bbk_dc_settings *settings,
		    struct bbk_err *err)
{
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	BBK_AUTO(dc_settings) found = BBK_DC_SETTINGS_INIT;
	const struct json_t *fingerprint;
	int64_t port;

	if (bbk_rest_call(rest, "GET", "/ssh/latest/settings", NULL, &reply,
			  err) < 0)
		return bbk_err_wrap(err, "cannot read the SSH settings");
	if (!bbk_json_bool(reply.json.root, "enabled", &found.enabled))
		return bbk_err_set(err, BBK_E_SERVER,
				   "cannot read the SSH settings: the answer "
				   "has no field 'enabled'");
	found.access_keys = true;
	(void)bbk_json_bool(reply.json.root, "accessKeysEnabled",
			    &found.access_keys);
	if (bbk_json_int(reply.json.root, "port", &port) && port > 0 &&
	    port < 65536)
		found.port = (unsigned)port;
	read_base_url(&found, bbk_json_string(reply.json.root, "baseUrl"));
	fingerprint = bbk_json_object(reply.json.root, "fingerprint");
	bbk_replace(&found.algorithm,
		    bbk_json_string(fingerprint, "algorithm"));
	bbk_replace(&found.fingerprint, bbk_json_string(fingerprint, "value"));
	bbk_dc_settings_release(settings);
	*settings = found;
	found = (struct bbk_dc_settings)BBK_DC_SETTINGS_INIT;
	return 0;
}

void bbk_dc_repo_release(struct bbk_dc_repo *repo)
{
	free(repo->project);
	free(repo->slug);
	bbk_strv_release(&repo->ssh_urls);
	*repo = (struct bbk_dc_repo)BBK_DC_REPO_INIT;
}

/* links.clone[]: found by name, in any order; reference 1.8 */
static int read_clone_links(struct bbk_dc_repo *repo,
			    const struct json_t *json)
{
	const struct json_t *clone =
		bbk_json_array(bbk_json_object(json, "links"), "clone");

	if (!clone)
		return -1;
	for (size_t i = 0; i < bbk_json_len(clone); i++) {
		const struct json_t *link = bbk_json_item(clone, i);
		const char *name = bbk_json_string(link, "name");
		const char *href = bbk_json_string(link, "href");

		if (!name || !href)
			return -1;
		if (!strcmp(name, "ssh"))
			bbk_strv_add(&repo->ssh_urls, href);
	}
	return 0;
}

static int read_repo(struct bbk_dc_repo *repo, const struct json_t *json,
		     struct bbk_err *err)
{
	const char *slug = bbk_json_string(json, "slug");
	const char *key = bbk_json_string(bbk_json_object(json, "project"),
					  "key");

	if (!slug || !key || !bbk_repo_is_valid(slug) ||
	    !bbk_project_is_valid(key) || read_clone_links(repo, json) < 0)
		return bbk_err_set(err, BBK_E_SERVER,
				   "the answer does not describe a repository");
	bbk_replace(&repo->slug, slug);
	bbk_replace(&repo->project, key);
	return 0;
}

int bbk_dc_repo(struct bbk_rest *rest, const char *project, const char *slug,
		struct bbk_dc_repo *repo, struct bbk_err *err)
{
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	char *path = bbk_strf("/api/latest/projects/%s/repos/%s", project,
			      slug);
	int rc = bbk_rest_call(rest, "GET", path, NULL, &reply, err);

	free(path);
	if (!rc)
		rc = read_repo(repo, reply.json.root, err);
	if (!rc && (!bbk_project_same(repo->project, project) ||
		    !bbk_same_nocase(repo->slug, slug)))
		rc = bbk_err_set(err, BBK_E_SERVER,
				 "the answer is about another repository");
	return rc < 0 ? bbk_err_wrap(err, "cannot look up repository '%s/%s'",
				     project, slug) : 0;
}

int bbk_dc_any_repo(struct bbk_rest *rest, const char *project,
		    struct bbk_dc_repo *repo, struct bbk_err *err)
{
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	char *path = project ?
		bbk_strf("/api/latest/projects/%s/repos?limit=1", project) :
		bbk_strdup("/api/latest/repos?limit=1");
	int rc = bbk_rest_call(rest, "GET", path, NULL, &reply, err);
	const struct json_t *first, *values;

	free(path);
	if (rc < 0)
		return bbk_err_wrap(err, "cannot list repositories");
	values = bbk_json_array(reply.json.root, "values");
	if (!values)
		return bbk_err_set(err, BBK_E_SERVER, "cannot list "
				   "repositories: the answer is no list");
	first = bbk_json_item(values, 0);
	if (!first)
		return bbk_json_len(values) ? bbk_err_set(
			err, BBK_E_SERVER, "cannot list repositories: the "
			"answer does not describe one") : 1;
	if (read_repo(repo, first, err) < 0)
		return bbk_err_wrap(err, "cannot list repositories");
	if (project && !bbk_project_same(repo->project, project))
		return bbk_err_set(err, BBK_E_SERVER, "cannot list "
				   "repositories: the answer is about another "
				   "project");
	return 0;
}

int bbk_dc_project(struct bbk_rest *rest, const char *project, char **key,
		   struct bbk_err *err)
{
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	char *path = bbk_strf("/api/latest/projects/%s", project);
	int rc = bbk_rest_call(rest, "GET", path, NULL, &reply, err);
	const char *found;

	free(path);
	if (rc < 0)
		return bbk_err_wrap(err, "cannot look up project '%s'",
				    project);
	found = bbk_json_string(reply.json.root, "key");
	if (!found || !bbk_project_same(found, project))
		return bbk_err_set(err, BBK_E_SERVER,
				   "cannot look up project '%s': the answer is "
				   "about another one", project);
	bbk_replace(key, found);
	return 0;
}

void bbk_grant_release(struct bbk_grant *grant)
{
	free(grant->id);
	free(grant->label);
	free(grant->expires);
	*grant = (struct bbk_grant)BBK_GRANT_INIT;
}

static char *keys_path(const struct bbk_target *target)
{
	switch (target->scope) {
	case BBK_SCOPE_PROJECT:
		return bbk_strf("/keys/latest/projects/%s/ssh",
				target->project);
	case BBK_SCOPE_REPO:
		return bbk_strf("/keys/latest/projects/%s/repos/%s/ssh",
				target->project, target->repo);
	default:
		return bbk_strdup("/ssh/latest/keys");
	}
}

static const char *permission_word(const struct bbk_target *target, bool write)
{
	if (target->scope == BBK_SCOPE_REPO)
		return write ? "REPO_WRITE" : "REPO_READ";
	return write ? "PROJECT_WRITE" : "PROJECT_READ";
}

/* An access key is wrapped in {"key": {...}}, a personal one is not. */
static const struct json_t *key_of(const struct bbk_target *target,
				   const struct json_t *json)
{
	return target->scope == BBK_SCOPE_PERSONAL ?
		json : bbk_json_object(json, "key");
}

static char *date_of(time_t when)
{
	char text[16];
	struct tm tm;

	if (!gmtime_r(&when, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%d", &tm))
		return NULL;
	return bbk_strdup(text);
}

/* createdDate: epoch ms or ISO 8601, UNCONFIRMED; unknown counts as now */
static char *expiry_of(const struct json_t *key)
{
	const char *text = bbk_json_string(key, "createdDate");
	int64_t days = 0, created = 0;
	struct tm tm = { 0 };

	if (!bbk_json_int(key, "expiryDays", &days) || days <= 0 ||
	    days > 36500)
		return NULL;
	if (bbk_json_int(key, "createdDate", &created) && created > 0 &&
	    created < (int64_t)1 << 47)
		return date_of((time_t)(created / 1000 + days * 86400));
	if (text && strptime(text, "%Y-%m-%d", &tm))
		return date_of(timegm(&tm) + (time_t)(days * 86400));
	return date_of(time(NULL) + (time_t)(days * 86400));
}

static int read_grant(struct bbk_grant *grant, const struct bbk_target *target,
		      const struct json_t *json, struct bbk_err *err)
{
	const struct json_t *key = key_of(target, json);
	const char *permission = bbk_json_string(json, "permission");
	int64_t id;

	if (!bbk_json_int(key, "id", &id) || id < 0 ||
	    (!permission && target->scope != BBK_SCOPE_PERSONAL))
		return bbk_err_set(err, BBK_E_SERVER,
				   "the answer does not describe an access "
				   "key");
	bbk_grant_release(grant);
	grant->id = bbk_strf("%lld", (long long)id);
	grant->write = !permission ||
		       !strcmp(permission, permission_word(target, true));
	bbk_replace(&grant->label, bbk_json_string(key, "label"));
	grant->expires = expiry_of(key);
	return 0;
}

struct search {
	const struct bbk_target *target;
	const char *blob;
	struct bbk_grant *grant;
};

/* "type blob[ comment]": is that its blob? */
static bool has_blob(const char *text, const char *blob)
{
	size_t len;

	if (!*(text += strcspn(text, " ")))
		return false;
	len = strcspn(++text, " \r\n");
	return len == strlen(blob) && !strncmp(text, blob, len);
}

static int look_at(void *arg, const struct json_t *json, struct bbk_err *err)
{
	struct search *search = arg;
	const char *text = bbk_json_string(key_of(search->target, json),
					   "text");

	if (!text) /* half a list is none: the key may be in the other half */
		return bbk_err_set(err, BBK_E_SERVER,
				   "the answer is not a list of keys");
	if (!has_blob(text, search->blob))
		return 0;
	return read_grant(search->grant, search->target, json, err) < 0 ?
		-1 : 1;
}

int bbk_dc_grant_find(struct bbk_rest *rest, const struct bbk_target *target,
		      const char *blob, struct bbk_grant *grant,
		      struct bbk_err *err)
{
	struct search search = { target, blob, grant };
	char *path = keys_path(target);
	int rc = bbk_page_each(rest, path, look_at, &search, err);

	free(path);
	if (rc < 0)
		return bbk_err_wrap(err, "cannot list the access keys");
	return rc ? 0 : 1;
}

static char *registration_body(const struct bbk_target *target,
			       const struct bbk_registration *registration)
{
	BBK_AUTO(str) text = BBK_STR_INIT;
	struct bbk_json body = { bbk_json_new_object() };
	struct json_t *key = bbk_json_new_object();

	bbk_json_put_string(key, "text", registration->text);
	bbk_json_put_string(key, "label", registration->label);
	if (registration->expires)
		bbk_json_put_int(key, "expiryDays", registration->expires);
	bbk_json_put(body.root, "key", key);
	bbk_json_put_string(body.root, "permission",
			    permission_word(target, registration->write));
	bbk_json_text(&text, target->scope == BBK_SCOPE_PERSONAL ?
			     key : body.root, false);
	bbk_json_release(&body);
	return bbk_str_take(&text);
}

/*
 * Which answers to a POST mean "another type of key": the policy's words and
 * an instance that takes only RSA; reference 1.5.
 */
static enum bbk_refusal refusal_of(const struct bbk_rest_reply *reply)
{
	if (reply->status == 409)
		return BBK_REFUSAL_EXISTS;
	if (reply->status == 400 && reply->message &&
	    (strstr(reply->message, "valid public key") ||
	     strstr(reply->message, "key type") ||
	     strstr(reply->message, "not a valid RSA")))
		return BBK_REFUSAL_KEY_TYPE;
	return !reply->unsent &&
	       (reply->status < 300 || reply->status >= 500) ?
		BBK_REFUSAL_UNSURE : BBK_REFUSAL_OTHER;
}

int bbk_dc_grant_add(struct bbk_rest *rest, const struct bbk_target *target,
		     const struct bbk_registration *registration,
		     struct bbk_grant *grant, enum bbk_refusal *refusal,
		     struct bbk_err *err)
{
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	char *path = keys_path(target);
	char *body = registration_body(target, registration);
	int rc = bbk_rest_call(rest, "POST", path, body, &reply, err);

	free(path);
	free(body);
	*refusal = refusal_of(&reply);
	if (!rc && read_grant(grant, target, reply.json.root, err) < 0) {
		*refusal = BBK_REFUSAL_UNSURE;
		rc = -1;
	}
	return rc;
}

int bbk_dc_grant_remove(struct bbk_rest *rest, const struct bbk_target *target,
			const char *id, struct bbk_err *err)
{
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	char *keys = keys_path(target);
	char *path = bbk_strf("%s/%s", keys, id);
	int rc = bbk_rest_call(rest, "DELETE", path, NULL, &reply, err);

	free(keys);
	free(path);
	return rc < 0 ? bbk_err_wrap(err, "cannot take the key away") : 0;
}

int bbk_dc_grant_set_write(struct bbk_rest *rest,
			   const struct bbk_target *target, const char *id,
			   struct bbk_err *err)
{
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	char *keys = keys_path(target);
	char *path = bbk_strf("%s/%s/permission/%s", keys, id,
			      permission_word(target, true));
	int rc = bbk_rest_call(rest, "PUT", path, NULL, &reply, err);

	free(keys);
	free(path);
	return rc < 0 ? bbk_err_wrap(err, "cannot give the key write access") :
			0;
}

char *bbk_dc_keys_page(const char *base, const struct bbk_target *target)
{
	switch (target->scope) {
	case BBK_SCOPE_PROJECT:
		return bbk_strf("%s/plugins/servlet/ssh/projects/%s/keys", base,
				target->project);
	case BBK_SCOPE_REPO:
		return bbk_strf("%s/plugins/servlet/ssh/projects/%s/repos/%s/"
				"keys", base, target->project, target->repo);
	default:
		return bbk_strf("%s/plugins/servlet/ssh/account/keys", base);
	}
}
