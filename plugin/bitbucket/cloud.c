#include "bitbucket/cloud.h"

#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/cloud.h"
#include "base/text.h"
#include "bitbucket/rest_failure.h"

#define DATACENTER_ID "id" /* Cloud's places have no number, but a "uuid" */
#define ID_MAX 128
#define HOST_KEYS_MAX 16
#define HOST_KEYS_MS 5000 /* there are others to fall back on */

/* A GET; where it is forbidden and nobody says why, the scope that it takes. */
static int get(struct bbk_rest *rest, const char *path, const char *api_token,
	       const char *oauth, struct bbk_rest_reply *reply,
	       struct bbk_err *err)
{
	int rc = bbk_rest_call(rest, "GET", path, NULL, reply, err);

	if (rc < 0 && reply->status == 403 && !err->hint)
		bbk_err_hint(err, "this takes a token with the scope %s, which "
				  "you make at %s",
			     rest->user ? api_token : oauth,
			     BBK_CLOUD_TOKEN_PAGE);
	return rc;
}

/* --- repositories and projects ------------------------------------------ */

/* "full_name": "workspace/slug" */
static int read_full_name(struct bbk_repository *repository,
			  const struct json_t *json)
{
	const char *name = bbk_json_string(json, "full_name");
	const char *slash = name ? strchr(name, '/') : NULL;

	if (!slash || slash == name)
		return -1;
	free(repository->workspace);
	repository->workspace = bbk_strndup(name, (size_t)(slash - name));
	bbk_replace(&repository->slug, slash + 1);
	return bbk_repo_is_valid(repository->workspace) &&
	       bbk_repo_is_valid(repository->slug) ? 0 : -1;
}

static int read_repo(struct bbk_repository *repository,
		     const struct json_t *json, struct bbk_err *err)
{
	const char *key = bbk_json_string(bbk_json_object(json, "project"),
					  "key");

	if (!key || bbk_json_has(json, DATACENTER_ID) ||
	    !bbk_repo_is_valid(key) ||
	    read_full_name(repository, json) < 0 ||
	    bbk_repository_read_links(repository, json) < 0)
		return bbk_err_set(err, BBK_E_SERVER, "the answer does not "
				   "describe a repository of Bitbucket Cloud");
	bbk_replace(&repository->project, key);
	return 0;
}

int bbk_cloud_repo(struct bbk_rest *rest, const char *workspace,
		   const char *slug, struct bbk_repository *repository,
		   struct bbk_err *err)
{
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	char *path = bbk_strf("/repositories/%s/%s", workspace, slug);
	int rc = get(rest, path, "read:repository:bitbucket", "repository",
		     &reply, err);

	free(path);
	if (!rc)
		rc = read_repo(repository, reply.json.root, err);
	if (!rc && (!bbk_same_nocase(repository->workspace, workspace) ||
		    !bbk_same_nocase(repository->slug, slug)))
		rc = bbk_err_set(err, BBK_E_SERVER,
				 "the answer is about another repository");
	return rc < 0 ? bbk_err_wrap(err, "cannot look up repository '%s/%s'",
				     workspace, slug) : 0;
}

int bbk_cloud_project(struct bbk_rest *rest, const char *workspace,
		      const char *project, char **key, struct bbk_err *err)
{
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	char *path = bbk_strf("/workspaces/%s/projects/%s", workspace,
			      project);
	int rc = get(rest, path, "read:project:bitbucket", "project", &reply,
		     err);
	const char *found;

	free(path);
	/* no scope includes another: it may have the one that registers */
	if (rc < 0 && reply.status == 403 && err->class == BBK_E_PERMISSION) {
		bbk_err_release(err);
		free(*key);
		*key = bbk_project_key(project);
		return 0;
	}
	if (rc < 0)
		return bbk_err_wrap(err, "cannot look up project '%s/%s'",
				    workspace, project);
	found = bbk_json_string(reply.json.root, "key");
	if (!found || bbk_json_has(reply.json.root, DATACENTER_ID) ||
	    !bbk_project_same(found, project))
		return bbk_err_set(err, BBK_E_SERVER,
				   "cannot look up project '%s/%s': the answer "
				   "is about another one", workspace, project);
	bbk_replace(key, found);
	return 0;
}

/* --- who ---------------------------------------------------------------- */

/* "{uuid}" or an account id, which may have a colon in it */
static bool is_id(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (!bbk_is_alnum(text[i]) && !strchr("{}:-", text[i]))
			return false;
	return len > 0 && len <= ID_MAX;
}

static int ask_user(struct bbk_rest *rest, struct bbk_rest_reply *reply,
		    struct bbk_err *err)
{
	const char *id, *name;

	if (get(rest, "/user", "read:user:bitbucket", "account", reply,
		err) < 0)
		return bbk_err_wrap(err, "cannot ask whose token this is");
	id = bbk_json_string(reply->json.root, "uuid");
	if (!id)
		id = bbk_json_string(reply->json.root, "account_id");
	name = bbk_json_string(reply->json.root, "nickname");
	if (!name)
		name = bbk_json_string(reply->json.root, "display_name");
	if (!id || !is_id(id))
		return bbk_err_set(err, BBK_E_SERVER, "cannot ask whose token "
				   "this is: the answer describes no user");
	bbk_replace(&rest->account, id);
	free(rest->who);
	rest->who = name ? bbk_scrubbed(name) : NULL;
	return 0;
}

int bbk_cloud_user(struct bbk_rest *rest, struct bbk_err *err)
{
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;

	return rest->account ? 0 : ask_user(rest, &reply, err);
}

int bbk_cloud_token_check(struct bbk_rest *rest, struct bbk_token_facts *facts,
			  struct bbk_rest_reply *reply, struct bbk_err *err)
{
	if (ask_user(rest, reply, err) == 0) {
		facts->named = rest->who != NULL;
		return 0;
	}
	/* a 403 without Cloud's own words may be anybody's */
	if (reply->status != 403 || reply->denied || !reply->message ||
	    err->class != BBK_E_PERMISSION)
		return -1;
	bbk_err_release(err);
	return 0;
}

int bbk_cloud_settle_token(struct bbk_rest *rest, const char *base,
			   struct bbk_err *err)
{
	if (rest->user && !strcmp(rest->user, BBK_CLOUD_ACCESS_TOKEN_USER))
		bbk_replace(&rest->user, NULL);
	if (!rest->user || strchr(rest->user, '@'))
		return 0;
	bbk_err_set(err, BBK_E_AUTH, "the credentials from %s are for git, or "
		    "an app password: '%s' is no e-mail address, and app "
		    "passwords ended on 28 July 2026", rest->token_source,
		    rest->user);
	return bbk_err_hint(err, "use an API token, with scopes, from %s, and "
				 "say whose it is: git config --global "
				 "bbkey.%s.user <e-mail of your account>",
			    BBK_CLOUD_TOKEN_PAGE, base);
}

/* --- host keys ---------------------------------------------------------- */

/* "names type blob [comment]" */
static void read_host_key(struct bbk_strv *keys, const char *line, size_t len)
{
	char *text = bbk_strndup(line, len);
	char *type = strchr(text, ' ');
	char *blob = type ? strchr(type + 1, ' ') : NULL;

	if (blob && text[0] != '#' && text[0] != '@' && keys->len <
							HOST_KEYS_MAX)
		bbk_strv_addf(keys, "%.*s %.*s", (int)(blob - type - 1),
			      type + 1, (int)strcspn(blob + 1, " \r"),
			      blob + 1);
	free(text);
}

static int ask_for_host_keys(struct bbk_rest *rest, const char *url,
			     struct bbk_http_reply *reply, struct bbk_err *err)
{
	struct bbk_http_request request = {
		.method = "GET", .url = url, .ca = rest->ca,
		.proxy = rest->proxy, .limit_ms = HOST_KEYS_MS,
	};

	if (rest->http->send(rest->http, &request, reply, err) < 0)
		return bbk_err_wrap(err, "cannot reach %s", url);
	if (reply->status != 200)
		return bbk_err_set(err, BBK_E_SERVER, "%s has no host keys "
				   "(HTTP %ld)", url, reply->status);
	return 0;
}

int bbk_cloud_host_keys(struct bbk_rest *rest, const struct bbk_url *web,
			struct bbk_strv *keys, struct bbk_err *err)
{
	BBK_AUTO(http_reply) reply = BBK_HTTP_REPLY_INIT;
	BBK_AUTO(str) url = BBK_STR_INIT;
	const char *text;
	size_t before = keys->len;

	bbk_url_add(&url, web);
	bbk_str_add(&url, "/site/ssh");
	if (ask_for_host_keys(rest, bbk_str_get(&url), &reply, err) < 0)
		return -1;
	for (text = bbk_str_get(&reply.body); *text;
	     text += strspn(text, "\n")) {
		size_t len = strcspn(text, "\n");

		read_host_key(keys, text, len);
		text += len;
	}
	return keys->len > before ? 0 :
	       bbk_err_set(err, BBK_E_SERVER, "%s has no host keys", url.s);
}
