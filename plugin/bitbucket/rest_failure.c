#include "bitbucket/rest_failure.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define REQUIRED_MAX 16 /* scopes of one request */
#define GRANTED_MAX 256 /* scopes of one token: Cloud has some fifty */

/* --- the two shapes ----------------------------------------------------- */

/* {"errors":[{"context":..,"message":..,"exceptionName":..}]}: reference 1.5 */
static bool read_datacenter(struct bbk_rest_reply *reply,
			    const struct json_t *root)
{
	const struct json_t *errors = bbk_json_array(root, "errors");
	const struct json_t *first = bbk_json_item(errors, 0);
	const char *text, *dot;

	if ((text = bbk_json_string(first, "message")))
		reply->message = bbk_scrubbed(text);
	if ((text = bbk_json_string(first, "context")))
		reply->context = bbk_scrubbed(text);
	if ((text = bbk_json_string(first, "exceptionName"))) {
		dot = strrchr(text, '.');
		reply->exception = bbk_scrubbed(dot ? dot + 1 : text);
	}
	return errors != NULL;
}

static bool is_among(const struct json_t *words, const char *word)
{
	for (size_t i = 0; i < bbk_json_len(words) && i < GRANTED_MAX; i++) {
		const char *text = bbk_json_text_at(words, i);

		if (text && !strcmp(text, word))
			return true;
	}
	return false;
}

/*
 * "detail": {"required": [..], "granted": [..]}: seen in the recorded answers
 * of several clients, and not in the reference, so it may be missing.
 */
static void read_scopes(struct bbk_rest_reply *reply,
			const struct json_t *detail)
{
	BBK_AUTO(str) missing = BBK_STR_INIT;
	const struct json_t *required = bbk_json_array(detail, "required");
	const struct json_t *granted = bbk_json_array(detail, "granted");

	for (size_t i = 0; i < bbk_json_len(required) && i < REQUIRED_MAX;
	     i++) {
		const char *scope = bbk_json_text_at(required, i);

		if (scope && !is_among(granted, scope))
			bbk_str_addf(&missing, "%s%s", missing.len ? ", " : "",
				     scope);
	}
	if (missing.len)
		reply->missing = bbk_scrubbed(bbk_str_get(&missing));
}

/* What is wrong with a key says more than "Bad request". */
static const char *message_of(const struct json_t *error)
{
	const struct json_t *fields = bbk_json_object(error, "fields");
	const char *text = bbk_json_text_at(bbk_json_array(fields, "key"), 0);

	return text ? text : bbk_json_string(error, "message");
}

/*
 * {"type":"error","error":{"message":..,"fields":{"key":[..]},"detail":..}},
 * and, for a key that is there already, {"key":[{"message":..}]}: reference
 * 2.3; UNCONFIRMED which of them a project's and an account's keys have
 */
static bool read_cloud(struct bbk_rest_reply *reply, const struct json_t *root)
{
	const struct json_t *error = bbk_json_object(root, "error");
	const struct json_t *key = bbk_json_array(root, "key");
	const char *text = error ? message_of(error) :
			   bbk_json_string(bbk_json_item(key, 0), "message");

	if (text)
		reply->message = bbk_scrubbed(text);
	if (key)
		reply->context = bbk_strdup("key");
	read_scopes(reply, bbk_json_object(error, "detail"));
	return error || key;
}

/* False: it is an error of the other edition. */
static bool read_error(const struct bbk_rest *rest,
		       struct bbk_rest_reply *reply,
		       const struct bbk_http_reply *http)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(json) json = BBK_JSON_INIT;

	if (bbk_json_parse(&json, bbk_str_get(&http->body), http->body.len,
			   &ignored) < 0)
		return true;
	if (rest->cloud)
		return read_cloud(reply, json.root) ||
		       !bbk_json_array(json.root, "errors");
	/* a gateway in front may well say {"error": ..} */
	return read_datacenter(reply, json.root) ||
	       !bbk_json_object(json.root, "error") ||
	       !bbk_same(bbk_json_string(json.root, "type"), "error");
}

/* --- what it means ------------------------------------------------------ */

/* Where the server wanted to send us: host only, never followed. */
static int redirected(const struct bbk_http_reply *http, struct bbk_err *err)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(url) url = BBK_URL_INIT;
	const char *slashes = http->location ? strstr(http->location, "://") :
					       NULL;
	char *origin = !slashes ? bbk_strdup("") :
		bbk_strndup(http->location,
			    (size_t)(slashes - http->location) + 3 +
				    strcspn(slashes + 3, "/?#"));

	if (bbk_url_parse(&url, origin, &ignored) == 0)
		bbk_err_set(err, BBK_E_SERVER,
			    "the server sends us on to host '%s', which is "
			    "never followed (HTTP %ld)", url.host,
			    http->status);
	else
		bbk_err_set(err, BBK_E_SERVER,
			    "the server sends us elsewhere, which is never "
			    "followed (HTTP %ld)", http->status);
	free(origin);
	return bbk_err_hint(err, "check the address of the instance, its "
				 "context path included");
}

static int said(struct bbk_err *err, enum bbk_class class, const char *what,
		const struct bbk_rest_reply *reply)
{
	if (reply->message)
		return bbk_err_set(err, class, "%s: %s (HTTP %ld)", what,
				   reply->message, reply->status);
	return bbk_err_set(err, class, "%s (HTTP %ld)", what, reply->status);
}

static bool is(const struct bbk_rest_reply *reply, const char *exception)
{
	return reply->exception && !strcmp(reply->exception, exception);
}

static int nobody(const struct bbk_rest *rest, struct bbk_err *err)
{
	bbk_err_set(err, BBK_E_AUTH,
		    "Bitbucket wants to know who asks, and there is no token "
		    "(HTTP 401)");
	return bbk_err_hint(err, "give an %s token in BBKEY_TOKEN with "
				 "BBKEY_URL, or by --token-file",
			    rest->cloud ? "API" : "HTTP access");
}

/* Data Center's own words of Basic that is off; UNCONFIRMED in which shape. */
static bool is_without_basic(const struct bbk_http_reply *http)
{
	return strstr(bbk_str_get(&http->body),
		      "Basic Authentication has been disabled") != NULL;
}

/* Who may not log in until a person has logged in by the browser. */
static int held_back(const struct bbk_rest_reply *reply,
		     const struct bbk_http_reply *http, struct bbk_err *err)
{
	BBK_AUTO(str) reason = BBK_STR_INIT;

	if (is(reply, "CaptchaRequiredAuthenticationException") ||
	    strstr(http->denied, "CAPTCHA")) {
		said(err, BBK_E_PERMISSION,
		     "Bitbucket wants a CAPTCHA solved first", reply);
	} else {
		bbk_scrub(&reason, http->denied, strcspn(http->denied, ";"),
			  40);
		bbk_err_set(err, BBK_E_PERMISSION,
			    "Bitbucket lets this account not log in for now: "
			    "%s (HTTP %ld)", bbk_str_get(&reason),
			    reply->status);
	}
	return bbk_err_hint(err, "log in to Bitbucket in a browser once, then "
				 "try again");
}

static int without_basic(struct bbk_rest_reply *reply, struct bbk_err *err)
{
	bbk_err_set(err, BBK_E_PERMISSION, "this Bitbucket takes no user name "
		    "with a token or password over its API: Basic "
		    "Authentication has been disabled (HTTP %ld)",
		    reply->status);
	return bbk_err_hint(err, "use an HTTP access token without a user "
				 "name: no --user, BBKEY_USER or "
				 "bbkey.<base>.user");
}

static int without_licence(const struct bbk_rest *rest,
			   const struct bbk_rest_reply *reply,
			   struct bbk_err *err)
{
	bbk_err_set(err, BBK_E_AUTH, "Bitbucket knows the token from %s, and "
		    "its account may not use Bitbucket: %s (HTTP %ld)",
		    rest->token_source, reply->message ? reply->message :
		    "it has no licence", reply->status);
	return bbk_err_hint(err, "ask an administrator of Bitbucket for a "
				 "licence; a new token would not help");
}

/*
 * Data Center's answers to who could log in, were it not for something that no
 * other secret would change.  1: it is none of those.
 */
static int denied(const struct bbk_rest *rest, struct bbk_rest_reply *reply,
		  const struct bbk_http_reply *http, struct bbk_err *err)
{
	reply->denied = true;
	if (http->denied ||
	    is(reply, "CaptchaRequiredAuthenticationException"))
		return held_back(reply, http, err);
	if (is(reply, "NoAccessAuthenticationException"))
		return without_licence(rest, reply, err);
	if (rest->user && is_without_basic(http))
		return without_basic(reply, err);
	reply->denied = false;
	return 1;
}

/* 401 is also Data Center's "you may not": reference 1.5 */
static int unauthorized(const struct bbk_rest *rest,
			const struct bbk_rest_reply *reply,
			const struct bbk_http_reply *http, struct bbk_err *err)
{
	if (!bbk_secret_is_set(&rest->token))
		return nobody(rest, err);
	if (!rest->cloud && (is(reply, "AuthorisationException") ||
			     (!reply->exception && http->user)))
		return said(err, BBK_E_PERMISSION,
			    "the token is good, but may not do this", reply);
	bbk_err_set(err, BBK_E_AUTH,
		    "Bitbucket refused the token from %s%s%s (HTTP 401)",
		    rest->token_source, reply->message ? ": " : "",
		    reply->message ? reply->message : "");
	if (!rest->cloud)
		return bbk_err_hint(err, "make a new HTTP access token in "
					 "Bitbucket; this one is not tried "
					 "again");
	return bbk_err_hint(err, rest->user ?
		"make a new API token, with scopes, at %s (an app password is "
		"none: those ended on 28 July 2026)" :
		"an API token goes with the e-mail address of your account: "
		"BBKEY_USER, or bbkey.<base>.user; make one at %s",
		BBK_CLOUD_TOKEN_PAGE);
}

/* The scopes are the token's, whoever made it may have the right: 2.3 */
static int lacks_scope(const struct bbk_rest_reply *reply, struct bbk_err *err)
{
	bool several = strchr(reply->missing, ',') != NULL;

	bbk_err_set(err, BBK_E_PERMISSION,
		    "the token lacks the scope%s %s (HTTP %ld)",
		    several ? "s" : "", reply->missing, reply->status);
	return bbk_err_hint(err, "scopes do not include one another: make a "
				 "token that has %s as well, at %s",
			    several ? "these" : "this one",
			    BBK_CLOUD_TOKEN_PAGE);
}

static int forbidden(const struct bbk_rest *rest,
		     const struct bbk_rest_reply *reply, struct bbk_err *err)
{
	if (reply->missing)
		return lacks_scope(reply, err);
	said(err, BBK_E_PERMISSION, "Bitbucket does not allow this", reply);
	if (rest->cloud && reply->message &&
	    strstr(reply->message, "authentication mechanism"))
		bbk_err_hint(err, "access tokens of a repository, project or "
				  "workspace cannot do this: make an API token "
				  "of your own at %s", BBK_CLOUD_TOKEN_PAGE);
	return -1;
}

/* Cloud's words say both already. */
static int not_found(const struct bbk_rest *rest,
		     const struct bbk_rest_reply *reply, struct bbk_err *err)
{
	const char *what = reply->message ? reply->message :
					    "it does not exist";
	size_t len = strlen(what);

	if (rest->cloud && reply->message)
		return bbk_err_set(err, BBK_E_PERMISSION, "%s (HTTP 404)",
				   what);
	if (len && what[len - 1] == '.')
		len--;
	return bbk_err_set(err, BBK_E_PERMISSION, "%.*s, or you may not see "
			   "it (HTTP 404)", (int)len, what);
}

static int of_another_edition(const struct bbk_rest *rest,
			      const struct bbk_http_reply *http,
			      struct bbk_err *err)
{
	bbk_err_set(err, BBK_E_SERVER, "%s answers like Bitbucket %s, and is "
		    "set up as Bitbucket %s (HTTP %ld)", rest->api.host,
		    rest->cloud ? "Data Center" : "Cloud",
		    rest->cloud ? "Cloud" : "Data Center", http->status);
	return bbk_err_hint(err, "check bbkey.<base>.edition and "
				 "bbkey.<base>.apiUrl");
}

int bbk_rest_failed(const struct bbk_rest *rest, struct bbk_rest_reply *reply,
		    const struct bbk_http_reply *http, struct bbk_err *err)
{
	if (!read_error(rest, reply, http))
		return of_another_edition(rest, http, err);
	if ((http->status == 401 || http->status == 403) &&
	    denied(rest, reply, http, err) < 0)
		return -1;
	switch (http->status) {
	case 401:
		return unauthorized(rest, reply, http, err);
	case 403:
		return forbidden(rest, reply, err);
	case 404:
		return not_found(rest, reply, err);
	case 409:
		return said(err, BBK_E_CONFLICT, "Bitbucket says that it is "
			    "there already", reply);
	case 429:
		return said(err, BBK_E_NETWORK,
			    "Bitbucket is answering too many requests of "
			    "yours; try again in a minute", reply);
	default:
		if (http->status >= 300 && http->status < 400)
			return redirected(http, err);
		return said(err, BBK_E_SERVER,
			    http->status >= 500 ? "Bitbucket has a problem" :
			    "Bitbucket refused the request", reply);
	}
}
