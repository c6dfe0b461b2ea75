#include "bitbucket/datacenter.h"

#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "bitbucket/page.h"

#define CLOUD_ID "uuid" /* Data Center numbers its places: "id" */
#define ADMINISTRATED "/api/latest/repos?permission=REPO_ADMIN&limit=1"

int bbk_dc_release(struct bbk_rest *rest, char **release, struct bbk_err *err)
{
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	const char *version, *name;

	if (bbk_rest_call_as_nobody(rest, "/api/latest/application-properties",
				    &reply, err) < 0) {
		if (reply.status == 404 && err->class != BBK_E_SERVER) {
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

static int read_repo(struct bbk_repository *repo, const struct json_t *json,
		     struct bbk_err *err)
{
	const char *slug = bbk_json_string(json, "slug");
	const char *key = bbk_json_string(bbk_json_object(json, "project"),
					  "key");

	if (!slug || !key || bbk_json_has(json, CLOUD_ID) ||
	    !bbk_repo_is_valid(slug) || !bbk_project_is_valid(key) ||
	    bbk_repository_read_links(repo, json) < 0)
		return bbk_err_set(err, BBK_E_SERVER,
				   "the answer does not describe a repository");
	bbk_replace(&repo->slug, slug);
	bbk_replace(&repo->project, key);
	return 0;
}

int bbk_dc_repo(struct bbk_rest *rest, const char *project, const char *slug,
		struct bbk_repository *repo, struct bbk_err *err)
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

/* Of a page of repositories the first.  1: it is empty. */
static int read_first(struct bbk_repository *repo,
		      const struct bbk_rest_reply *reply, struct bbk_err *err)
{
	const struct json_t *values = bbk_json_array(reply->json.root,
						     "values");
	const struct json_t *first = bbk_json_item(values, 0);

	if (!values)
		return bbk_err_set(err, BBK_E_SERVER, "cannot list "
				   "repositories: the answer is no list");
	if (!first)
		return bbk_json_len(values) ? bbk_err_set(
			err, BBK_E_SERVER, "cannot list repositories: the "
			"answer does not describe one") : 1;
	return read_repo(repo, first, err) < 0 ?
		bbk_err_wrap(err, "cannot list repositories") : 0;
}

int bbk_dc_any_repo(struct bbk_rest *rest, const char *project,
		    struct bbk_repository *repo, struct bbk_err *err)
{
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	char *path = project ?
		bbk_strf("/api/latest/projects/%s/repos?limit=1", project) :
		bbk_strdup("/api/latest/repos?limit=1");
	int rc = bbk_rest_call(rest, "GET", path, NULL, &reply, err);

	free(path);
	if (rc < 0)
		return bbk_err_wrap(err, "cannot list repositories");
	rc = read_first(repo, &reply, err);
	if (rc)
		return rc;
	if (project && !bbk_project_same(repo->project, project))
		return bbk_err_set(err, BBK_E_SERVER, "cannot list "
				   "repositories: the answer is about another "
				   "project");
	return 0;
}

/* Known, and not allowed to look: it administrates nothing. */
static bool may_not_look(const struct bbk_rest_reply *reply,
			 const struct bbk_err *err)
{
	return reply->status == 401 && !reply->denied &&
	       err->class == BBK_E_PERMISSION;
}

int bbk_dc_token_check(struct bbk_rest *rest, struct bbk_token_facts *facts,
		       struct bbk_rest_reply *reply, struct bbk_err *err)
{
	BBK_AUTO(dc_settings) settings = BBK_DC_SETTINGS_INIT;
	BBK_AUTO(repository) first = BBK_REPOSITORY_INIT;
	int rc;

	bbk_replace(&rest->who, NULL);
	if (bbk_rest_call(rest, "GET", ADMINISTRATED, NULL, reply, err) < 0) {
		if (!may_not_look(reply, err))
			return -1;
		bbk_err_release(err);
		facts->named = rest->who != NULL;
		return 0;
	}
	rc = read_first(&first, reply, err);
	if (rc < 0)
		return -1;
	facts->administrates = rc == 0;
	facts->named = rest->who != NULL;
	return facts->named ? 0 : bbk_dc_settings(rest, &settings, err);
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
	if (!found || bbk_json_has(reply.json.root, CLOUD_ID) ||
	    !bbk_project_same(found, project))
		return bbk_err_set(err, BBK_E_SERVER,
				   "cannot look up project '%s': the answer is "
				   "about another one", project);
	bbk_replace(key, found);
	return 0;
}
