#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "bitbucket/cloud.h"
#include "bitbucket/rest_failure.h"

/* --- addresses ---------------------------------------------------------- */

static int keys_path(struct bbk_rest *rest, const struct bbk_target *target,
		     struct bbk_str *path, struct bbk_err *err)
{
	switch (target->scope) {
	case BBK_SCOPE_PROJECT:
		bbk_str_addf(path, "/workspaces/%s/projects/%s/deploy-keys",
			     target->workspace, target->project);
		return 0;
	case BBK_SCOPE_REPO:
		bbk_str_addf(path, "/repositories/%s/%s/deploy-keys",
			     target->workspace, target->repo);
		return 0;
	default:
		if (bbk_cloud_user(rest, err) < 0)
			return -1;
		bbk_str_add(path, "/users/");
		bbk_url_add_escaped(path, rest->account);
		bbk_str_add(path, "/ssh-keys");
		return 0;
	}
}

/* --- one key ------------------------------------------------------------ */

/* "2026-12-01T05:28:00.570859+00:00" */
static char *day_of(const char *time)
{
	if (!time || strlen(time) < 10)
		return NULL;
	for (int i = 0; i < 10; i++)
		if (i == 4 || i == 7 ? time[i] != '-' : !bbk_is_digit(time[i]))
			return NULL;
	return bbk_strndup(time, 10);
}

/* Of an account a "{uuid}", of a deploy key a number. */
static char *id_of(const struct bbk_target *target, const struct json_t *json)
{
	const char *uuid = bbk_json_string(json, "uuid");
	int64_t id;

	if (target->scope == BBK_SCOPE_PERSONAL) {
		if (!uuid || strlen(uuid) > 40 || uuid[0] != '{' ||
		    strspn(uuid, "{}-0123456789abcdefABCDEF") != strlen(uuid))
			return NULL;
		return bbk_strdup(uuid);
	}
	return bbk_json_int(json, "id", &id) && id >= 0 ?
		bbk_strf("%lld", (long long)id) : NULL;
}

static int grant_read(const struct bbk_target *target,
		      const struct json_t *json, struct bbk_grant *grant,
		      struct bbk_err *err)
{
	char *id = id_of(target, json);

	if (!id)
		return bbk_err_set(err, BBK_E_SERVER, "the answer does not "
				   "describe a key of Bitbucket Cloud");
	bbk_grant_release(grant);
	grant->id = id;
	grant->write = bbk_edition_can_write(&bbk_cloud, target->scope);
	bbk_replace(&grant->label, bbk_json_string(json, "label"));
	bbk_replace(&grant->line, bbk_json_string(json, "key"));
	/* "added_on" in the schema, "created_on" in examples: reference 2.2 */
	grant->created = day_of(bbk_json_string(json, "created_on"));
	if (!grant->created)
		grant->created = day_of(bbk_json_string(json, "added_on"));
	grant->last_used = day_of(bbk_json_string(json, "last_used"));
	grant->expires = day_of(bbk_json_string(json, "expires_on"));
	return 0;
}

static const char *grant_line(const struct bbk_target *target,
			      const struct json_t *json)
{
	(void)target;
	return bbk_json_string(json, "key");
}

/* --- registering -------------------------------------------------------- */

static void time_after(long days, char *text, size_t size)
{
	time_t when = time(NULL) + (time_t)(days * 86400);
	struct tm tm;

	text[0] = '\0';
	if (gmtime_r(&when, &tm))
		(void)strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/*
 * expires_on is a query parameter in the specification and a field of the body
 * in a client: UNCONFIRMED which counts, so it is said in both.
 */
static char *registration_body(const struct bbk_registration *registration,
			       const char *expires)
{
	BBK_AUTO(str) text = BBK_STR_INIT;
	struct bbk_json body = { bbk_json_new_object() };

	bbk_json_put_string(body.root, "key", registration->text);
	bbk_json_put_string(body.root, "label", registration->label);
	if (*expires)
		bbk_json_put_string(body.root, "expires_on", expires);
	bbk_json_text(&text, body.root, false);
	bbk_json_release(&body);
	return bbk_str_take(&text);
}

/*
 * "Someone has already added that access key to this repository.", "Someone
 * has already registered that SSH key.", "SSH keys must be unique and deleted
 * keys may take up to 30 days to be removed.": reference 2.3.  400 in the
 * specification, and 409 is as plausible.
 */
static enum bbk_refusal refusal_of(const struct bbk_rest_reply *reply,
				   const struct bbk_err *err)
{
	if (err->class == BBK_E_CONFLICT ||
	    (reply->status == 400 && reply->message &&
	     (strstr(reply->message, "already") ||
	      strstr(reply->message, "unique"))))
		return BBK_REFUSAL_EXISTS;
	return bbk_refusal_of_others(reply);
}

static int grant_add(struct bbk_rest *rest, const struct bbk_target *target,
		     const struct bbk_registration *registration,
		     struct bbk_grant *grant, enum bbk_refusal *refusal,
		     struct bbk_err *err)
{
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	BBK_AUTO(str) path = BBK_STR_INIT;
	char expires[sizeof("YYYY-MM-DDThh:mm:ssZ")] = "";
	char *body;
	int rc;

	*refusal = BBK_REFUSAL_OTHER;
	if (keys_path(rest, target, &path, err) < 0)
		return -1;
	if (registration->expires && target->scope == BBK_SCOPE_PERSONAL) {
		time_after(registration->expires, expires, sizeof(expires));
		bbk_str_add(&path, "?expires_on=");
		bbk_url_add_escaped(&path, expires);
	}
	body = registration_body(registration, expires);
	rc = bbk_rest_call(rest, "POST", bbk_str_get(&path), body, &reply,
			   err);
	free(body);
	*refusal = refusal_of(&reply, err);
	if (!rc &&
	    (bbk_grant_check(grant_line(target, reply.json.root),
			     registration->text, err) < 0 ||
	     grant_read(target, reply.json.root, grant, err) < 0)) {
		*refusal = BBK_REFUSAL_UNSURE;
		rc = -1;
	}
	return rc;
}

static int grant_set_write(struct bbk_rest *rest,
			   const struct bbk_target *target, const char *id,
			   struct bbk_err *err)
{
	(void)rest;
	(void)id;
	if (bbk_edition_can_write(&bbk_cloud, target->scope))
		return 0;
	return bbk_err_set(err, BBK_E_PERMISSION, "an access key of Bitbucket "
						  "Cloud can only read");
}

/* --- for people --------------------------------------------------------- */

/* No reference has these; they are the ones that clients in the wild open. */
static char *keys_page(const char *base, const struct bbk_target *target)
{
	switch (target->scope) {
	case BBK_SCOPE_PROJECT:
		return target->project ?
			bbk_strf("%s/%s/workspace/projects/%s/settings/"
				 "access-keys", base, target->workspace,
				 target->project) : NULL;
	case BBK_SCOPE_REPO:
		return bbk_strf("%s/%s/%s/admin/access-keys/", base,
				target->workspace, target->repo);
	default:
		return bbk_strf("%s/account/settings/ssh-keys/", base);
	}
}

static char *tokens_page(const char *base)
{
	(void)base;
	return bbk_strdup(BBK_CLOUD_TOKEN_PAGE);
}

const struct bbk_edition bbk_cloud = {
	.word = "cloud",
	.name = "Bitbucket Cloud",
	.is_cloud = true,
	.token_check = bbk_cloud_token_check,
	.repository = bbk_cloud_repo,
	.keys_path = keys_path,
	.grant_read = grant_read,
	.grant_line = grant_line,
	.grant_add = grant_add,
	.grant_set_write = grant_set_write,
	.keys_page = keys_page,
	.tokens_page = tokens_page,
	.token = "API token",
	.token_rights = { /* reference 2.4, "Minimal API-token scope sets" */
		[BBK_SCOPE_PROJECT] = "the scopes read:repository:bitbucket, "
				      "admin:project:bitbucket and "
				      "write:ssh-key:bitbucket",
		[BBK_SCOPE_REPO] = "the scopes read:repository:bitbucket, "
				   "admin:repository:bitbucket and "
				   "write:ssh-key:bitbucket",
		[BBK_SCOPE_PERSONAL] = "the scopes read:user:bitbucket, "
				       "read:ssh-key:bitbucket and "
				       "write:ssh-key:bitbucket",
	},
	.token_page = "at " BBK_CLOUD_TOKEN_PAGE,
};
