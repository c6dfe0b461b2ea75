/*
 * HTTP over libcurl, with everything switched off that we do not need.
 *
 * https only, HTTP/1.1, no redirects, no .netrc, no cookies, no NTLM,
 * Negotiate or Digest; certificate and host name are always checked.  One
 * connection is kept and used again.  At most 1 MiB of body and 64 KiB of
 * headers; 5 s to connect, 5 s without a byte, 15 s in all.  A body is sent
 * once, also where the connection breaks.  A seam, so that a test can play
 * the server.
 *
 * One request at a time by send(); or several beside one another, each on a
 * connection that is kept for the next, by start() and wait().
 */
#ifndef BITBUCKET_HTTP_H
#define BITBUCKET_HTTP_H

#include "base/err.h"
#include "base/secret.h"
#include "base/str.h"

#include <stdbool.h>

#define BBK_HTTP_LIMIT_MS 15000
#define BBK_HTTP_AT_ONCE 8 /* requests under way */

/*
 * Somebody who has to agree before a request is sent: asked once the connection
 * stands and the server has proved who it is, and before the first byte of the
 * request.  0: go on.
 */
struct bbk_hold {
	int (*ask)(struct bbk_hold *hold);
};

struct bbk_http_request {
	const char *method; /* "GET", "POST", "PUT", "DELETE" */
	const char *url;    /* https://, rebuilt from validated parts */
	const char *body;   /* JSON, or NULL */
	const struct bbk_secret *token; /* NULL or empty: nobody */
	const char *user;   /* with it: Basic; NULL: Bearer */
	const char *ca;	    /* file of CA certificates; NULL: the system's */
	const char *proxy;  /* NULL: the environment's */
	struct bbk_hold *hold; /* NULL: nobody has to agree */
	int limit_ms;	    /* for all of it; 0: BBK_HTTP_LIMIT_MS */
};

struct bbk_http_reply {
	long status;
	bool unsent; /* it failed before the request went out */
	struct bbk_str body;
	char *type;	   /* Content-Type; each of these may be NULL */
	char *location;	   /* Location: where it would have sent us */
	char *user;	   /* X-AUSERNAME: who the server takes us for */
	char *denied;	   /* X-Authentication-Denied-Reason */
	char *retry_after; /* Retry-After */
};

#define BBK_HTTP_REPLY_INIT \
	{ 0, false, BBK_STR_INIT, NULL, NULL, NULL, NULL, NULL }

void bbk_http_reply_release(struct bbk_http_reply *reply);

/* One of several that has ended: as send() would have ended it. */
struct bbk_http_done {
	void *tag; /* what it was started with */
	int rc;
	struct bbk_http_reply reply;
	struct bbk_err err; /* where rc is -1 */
};

#define BBK_HTTP_DONE_INIT \
	{ NULL, 0, BBK_HTTP_REPLY_INIT, BBK_ERR_INIT }

void bbk_http_done_release(struct bbk_http_done *done);

struct bbk_http {
	/*
	 * 0 for any complete answer, whatever its status.  -1: class network,
	 * tls or server, or interrupted where the hold did not agree; *reply is
	 * then empty but for `unsent`.
	 */
	int (*send)(struct bbk_http *http,
		    const struct bbk_http_request *request,
		    struct bbk_http_reply *reply, struct bbk_err *err);
	/*
	 * Begins one more, at most BBK_HTTP_AT_ONCE; what the request points
	 * to stays until it has ended.  -1, class local or auth: it was not
	 * begun.
	 */
	int (*start)(struct bbk_http *http,
		     const struct bbk_http_request *request, void *tag,
		     struct bbk_err *err);
	/* Until the next of those that were started has ended. */
	int (*wait)(struct bbk_http *http, struct bbk_http_done *done,
		    struct bbk_err *err);
};

/* The real one; made when first used. */
struct bbk_curl {
	struct bbk_http http;
	bool started;
	void *easy;
	void *crowd; /* those of start() */
};

void bbk_curl_init(struct bbk_curl *curl);
void bbk_curl_release(struct bbk_curl *curl);

#endif
