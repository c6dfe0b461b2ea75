/*
 * One REST call: address, token, retries, and what an error means.
 *
 * A GET that meets 429 or 5xx is tried three times, with the pause that the
 * server asks for (at most 10 s) or a growing one; a POST, PUT or DELETE only
 * after 429, which says that nothing was done.  No redirect is followed.
 * Waiting for answers that do not come takes 15 s at most, all calls together.
 */
#ifndef BITBUCKET_REST_H
#define BITBUCKET_REST_H

#include "base/clock.h"
#include "base/json.h"
#include "base/url.h"
#include "bitbucket/http.h"

struct bbk_rest {
	struct bbk_http *http;	 /* borrowed */
	struct bbk_clock *clock; /* borrowed */
	struct bbk_url api;	 /* https://host[/context]/rest */
	char *ca;		 /* see struct bbk_http_request */
	char *proxy;
	struct bbk_secret token; /* only ever goes to `api`'s origin */
	char *user;
	char *token_source;	 /* for people: "the file ~/token" */
	bool cloud;		 /* errors have Cloud's shape */
	char *who;		 /* as whom the server last answered us */
	char *account;		 /* Cloud: the id of that user, once asked */
	struct bbk_hold *hold;	 /* borrowed; see struct bbk_http_request */
	int64_t lost_ms;	 /* waiting for answers that did not come */
	char *missing;		 /* Cloud: scopes, when last they were named */
};

#define BBK_REST_INIT \
	{ NULL, NULL, BBK_URL_INIT, NULL, NULL, BBK_SECRET_INIT, NULL, NULL, \
	  false, NULL, NULL, NULL, 0, NULL }

void bbk_rest_release(struct bbk_rest *rest);

struct bbk_rest_reply {
	long status;
	bool unsent; /* nothing of the request reached the server */
	struct bbk_json json; /* root NULL where there was no body */
	char *message;	      /* of an error: the server's words, scrubbed */
	char *exception;      /* its exceptionName without the package */
	char *context;	      /* the field that an error is about */
	char *missing;	      /* Cloud: "scope, scope" that the token lacks */
	bool denied; /* nobody may log in so for now; the secret may be good */
};

#define BBK_REST_REPLY_INIT \
	{ 0, false, BBK_JSON_INIT, NULL, NULL, NULL, NULL, false }

void bbk_rest_reply_release(struct bbk_rest_reply *reply);

/*
 * path is behind `api` and begins with '/'.  body may be NULL.  0: status 2xx
 * and a body that is JSON, or 204.  -1: class auth, permission, conflict,
 * network, tls or server; *reply then says what the server did, if anything.
 */
int bbk_rest_call(struct bbk_rest *rest, const char *method, const char *path,
		  const char *body, struct bbk_rest_reply *reply,
		  struct bbk_err *err) BBK_MUST_CHECK;
/* The same without the token. */
int bbk_rest_call_as_nobody(struct bbk_rest *rest, const char *path,
			    struct bbk_rest_reply *reply, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * The parts of it, for who sends by himself: many.h.  Adds the address to
 * *url, which the request borrows, and fills in all but method and body.
 */
int bbk_rest_prepare(const struct bbk_rest *rest, const char *path,
		     struct bbk_http_request *request, struct bbk_str *url,
		     struct bbk_err *err) BBK_MUST_CHECK;
/* sent: what sending came to, with err set where that is -1. */
int bbk_rest_conclude(struct bbk_rest *rest, const char *url, int sent,
		      const struct bbk_http_reply *http,
		      struct bbk_rest_reply *reply, struct bbk_err *err)
	BBK_MUST_CHECK;

#define BBK_REST_TRIES 3
#define BBK_REST_PAUSE_MS 500 /* before the second; then twice as long */

/* Is nothing done by a request with such an answer, or no harm in another? */
bool bbk_rest_worth_again(const char *method, long status);

/*
 * Retry-After in milliseconds, at most 10 s: a number of seconds (Bitbucket's
 * way) or an HTTP date; anything else, and a date in the past, is `fallback`.
 */
int64_t bbk_retry_after(const char *value, int64_t fallback);

#endif
