#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "bitbucket/datacenter.h"
#include "bitbucket/page.h"

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

/* createdDate: epoch ms or ISO 8601, UNCONFIRMED; unknown counts as now */
static char *expiry_of(const struct json_t *key)
{
	const char *text = bbk_json_string(key, "createdDate");
	char day[sizeof("YYYY-MM-DD")] = "";
	int64_t days = 0, created = 0;

	if (!bbk_json_int(key, "expiryDays", &days) || days <= 0 ||
	    days > 36500)
		return NULL;
	if (bbk_json_int(key, "createdDate", &created) && created > 0 &&
	    created < (int64_t)1 << 47)
		return bbk_date_text(bbk_date_of_seconds(created / 1000) +
				     days);
	if (text)
		strncpy(day, text, sizeof(day) - 1);
	if (bbk_date_parse(day, &created) < 0)
		created = bbk_date_today();
	return bbk_date_text(created + days);
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

static const char *line_of(const struct bbk_target *target,
			   const struct json_t *json)
{
	return bbk_json_string(key_of(target, json), "text");
}

static int grant_find(struct bbk_rest *rest, const struct bbk_target *target,
		      const char *blob, struct bbk_grant *grant,
		      struct bbk_err *err)
{
	struct bbk_grant_search search = { target, blob, grant, line_of,
					   read_grant };
	char *path = keys_path(target);
	int rc = bbk_page_each(rest, path, bbk_grant_look_at, &search, err);

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
static enum bbk_refusal refusal_of(const struct bbk_rest_reply *reply,
				   const struct bbk_err *err)
{
	if (err->class == BBK_E_CONFLICT)
		return BBK_REFUSAL_EXISTS;
	if (reply->status == 400 && reply->message &&
	    (strstr(reply->message, "valid public key") ||
	     strstr(reply->message, "key type") ||
	     strstr(reply->message, "not a valid RSA")))
		return BBK_REFUSAL_KEY_TYPE;
	return bbk_refusal_of_others(reply);
}

/*
 * A token that was good a moment ago: Data Center's may not change an account,
 * in words that are UNCONFIRMED (reference 1.6), and perhaps in those for
 * somebody who is nobody.
 */
static int refused_as_token(const struct bbk_rest *rest,
			    const struct bbk_target *target,
			    const struct bbk_rest_reply *reply,
			    struct bbk_err *err)
{
	if (target->scope != BBK_SCOPE_PERSONAL || reply->status != 401 ||
	    !rest->who ||
	    !bbk_same(reply->exception, "AuthenticationRequiredException"))
		return -1;
	bbk_err_release(err);
	return bbk_err_set(err, BBK_E_PERMISSION, "the token is good, but may "
			   "not change an account (HTTP 401)");
}

static int grant_add(struct bbk_rest *rest, const struct bbk_target *target,
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
	if (rc < 0)
		rc = refused_as_token(rest, target, &reply, err);
	*refusal = refusal_of(&reply, err);
	if (!rc &&
	    (bbk_grant_check(line_of(target, reply.json.root),
			     registration->text, err) < 0 ||
	     read_grant(grant, target, reply.json.root, err) < 0)) {
		*refusal = BBK_REFUSAL_UNSURE;
		rc = -1;
	}
	return rc;
}

static int grant_remove(struct bbk_rest *rest, const struct bbk_target *target,
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

static int grant_set_write(struct bbk_rest *rest,
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

static char *keys_page(const char *base, const struct bbk_target *target)
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

/* No reference has it; several clients in the wild open it. */
static char *tokens_page(const char *base)
{
	return bbk_strf("%s/plugins/servlet/access-tokens/manage", base);
}

const struct bbk_edition bbk_datacenter = {
	.word = "datacenter",
	.name = "Bitbucket Data Center",
	.token_check = bbk_dc_token_check,
	.repository = bbk_dc_repo,
	.grant_find = grant_find,
	.grant_add = grant_add,
	.grant_set_write = grant_set_write,
	.grant_remove = grant_remove,
	.keys_page = keys_page,
	.tokens_page = tokens_page,
	.token = "HTTP access token",
	.token_rights = {
		[BBK_SCOPE_PROJECT] = "the permission project admin",
		[BBK_SCOPE_REPO] = "the permission repository admin",
		[BBK_SCOPE_PERSONAL] = "the permission project read",
	},
	.token_page = "in Bitbucket: project settings, HTTP access tokens",
};
