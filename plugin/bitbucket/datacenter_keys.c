#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "bitbucket/datacenter.h"

static void add_keys_path(struct bbk_str *path,
			  const struct bbk_target *target)
{
	switch (target->scope) {
	case BBK_SCOPE_PROJECT:
		bbk_str_addf(path, "/keys/latest/projects/%s/ssh",
			     target->project);
		break;
	case BBK_SCOPE_REPO:
		bbk_str_addf(path, "/keys/latest/projects/%s/repos/%s/ssh",
			     target->project, target->repo);
		break;
	default:
		bbk_str_add(path, "/ssh/latest/keys");
		break;
	}
}

static int keys_path(struct bbk_rest *rest, const struct bbk_target *target,
		     struct bbk_str *path, struct bbk_err *err)
{
	(void)rest;
	(void)err;
	add_keys_path(path, target);
	return 0;
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

/*
 * A day: epoch ms, as a number or as text ("1630041546434"), or ISO 8601;
 * which of them createdDate is, is UNCONFIRMED.  NULL: none of these.
 */
static char *day_of(const struct json_t *key, const char *name)
{
	const char *text = bbk_json_string(key, name);
	char iso[sizeof("YYYY-MM-DD")] = "";
	int64_t ms = 0, day = 0;
	long number = 0;

	if (text && bbk_parse_number(text, 1, (long)1 << 47, &number) == 0)
		ms = number;
	if (ms > 0 || (bbk_json_int(key, name, &ms) && ms > 0 &&
		       ms < (int64_t)1 << 47))
		return bbk_date_text(bbk_date_of_seconds(ms / 1000));
	if (text)
		strncpy(iso, text, sizeof(iso) - 1);
	return bbk_date_parse(iso, &day) < 0 ? NULL : bbk_strdup(iso);
}

/* expiryDays counts from createdDate; an unknown one counts as today. */
static void read_expiry(struct bbk_grant *grant, const struct json_t *key)
{
	int64_t days = 0, created = 0;

	if (!bbk_json_int(key, "expiryDays", &days) || days <= 0 ||
	    days > 36500)
		return;
	if (!grant->created || bbk_date_parse(grant->created, &created) < 0)
		created = bbk_date_today();
	grant->expires = bbk_date_text(created + days);
}

static int grant_read(const struct bbk_target *target,
		      const struct json_t *json, struct bbk_grant *grant,
		      struct bbk_err *err)
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
	bbk_replace(&grant->line, bbk_json_string(key, "text"));
	bbk_replace(&grant->warning, bbk_json_string(key, "warning"));
	grant->created = day_of(key, "createdDate");
	grant->last_used = day_of(key, "lastAuthenticated");
	read_expiry(grant, key);
	return 0;
}

static const char *grant_line(const struct bbk_target *target,
			      const struct json_t *json)
{
	return bbk_json_string(key_of(target, json), "text");
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
	BBK_AUTO(str) path = BBK_STR_INIT;
	char *body = registration_body(target, registration);
	int rc;

	add_keys_path(&path, target);
	rc = bbk_rest_call(rest, "POST", bbk_str_get(&path), body, &reply,
			   err);
	free(body);
	if (rc < 0)
		rc = refused_as_token(rest, target, &reply, err);
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
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	BBK_AUTO(str) path = BBK_STR_INIT;

	add_keys_path(&path, target);
	bbk_str_addf(&path, "/%s/permission/%s", id,
		     permission_word(target, true));
	if (bbk_rest_call(rest, "PUT", bbk_str_get(&path), NULL, &reply,
			  err) < 0)
		return bbk_err_wrap(err, "cannot give the key write access");
	return 0;
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
	.keys_path = keys_path,
	.grant_read = grant_read,
	.grant_line = grant_line,
	.grant_add = grant_add,
	.grant_set_write = grant_set_write,
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
