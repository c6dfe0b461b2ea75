#include "bitbucket/http_exchange.h"

#include <stdlib.h>
#include <string.h>

#include "bitbucket/http_failure.h"

#define BODY_MAX ((size_t)1 << 20)
#define HEADERS_MAX ((size_t)64 << 10)
#define CONNECT_MS 5000L
#define SILENCE_S 5L

static size_t take_body(char *bytes, size_t one, size_t n, void *arg)
{
	struct bbk_exchange *x = arg;

	(void)one;
	if (x->reply.body.len + n > BODY_MAX) {
		x->too_much = true;
		return 0;
	}
	bbk_str_addn(&x->reply.body, bytes, n);
	return n;
}

/*
 * A body from a callback that cannot rewind: libcurl would send one from
 * memory a second time where a connection breaks before the answer, and what
 * that POST did the first time nobody knows.
 */
static size_t give_body(char *to, size_t one, size_t n, void *arg)
{
	struct bbk_exchange *x = arg;
	size_t len = strlen(x->unsent);

	if (len > one * n)
		len = one * n;
	memcpy(to, x->unsent, len);
	x->unsent += len;
	return len;
}

static void keep(char **to, const char *name, const char *line, size_t len)
{
	size_t skip = strlen(name);

	if (len <= skip || line[skip] != ':')
		return;
	for (size_t i = 0; i < skip; i++)
		if (bbk_lower(line[i]) != name[i])
			return;
	line += skip + 1;
	len -= skip + 1;
	while (len && (*line == ' ' || *line == '\t'))
		line++, len--;
	while (len && strchr("\r\n \t", line[len - 1]))
		len--;
	free(*to);
	*to = bbk_strndup(line, len);
}

static size_t take_header(char *line, size_t one, size_t n, void *arg)
{
	struct bbk_exchange *x = arg;

	(void)one;
	x->header_bytes += n;
	if (x->header_bytes > HEADERS_MAX) {
		x->too_much = true;
		return 0;
	}
	keep(&x->reply.type, "content-type", line, n);
	keep(&x->reply.location, "location", line, n);
	keep(&x->reply.user, "x-ausername", line, n);
	keep(&x->reply.denied, "x-authentication-denied-reason", line, n);
	keep(&x->reply.retry_after, "retry-after", line, n);
	return n;
}

/* Every option must be taken: one that is not is a libcurl we do not know. */
#define SET(option, value)                                              \
	do {                                                            \
		CURLcode set = curl_easy_setopt(easy, option, value);   \
		if (set != CURLE_OK)                                    \
			return bbk_err_set(err, BBK_E_LOCAL,            \
					   "libcurl refuses %s: %s",    \
					   #option,                     \
					   curl_easy_strerror(set));    \
	} while (0)

static int set_safety(CURL *easy, struct bbk_err *err)
{
	SET(CURLOPT_PROTOCOLS_STR, "https");
	SET(CURLOPT_REDIR_PROTOCOLS_STR, "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_HTTP09_ALLOWED, 0L);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
	SET(CURLOPT_LOW_SPEED_TIME, SILENCE_S);
	SET(CURLOPT_USERAGENT, "git-bbkey/" BBK_VERSION);
	return 0;
}

static int set_server(CURL *easy, const struct bbk_http_request *request,
		      struct bbk_err *err)
{
	SET(CURLOPT_URL, request->url);
	SET(CURLOPT_TIMEOUT_MS, request->limit_ms ? (long)request->limit_ms :
						    (long)BBK_HTTP_LIMIT_MS);
	if (request->ca) {
		SET(CURLOPT_CAINFO, request->ca);
		SET(CURLOPT_CAPATH, NULL);
	}
	if (request->proxy)
		SET(CURLOPT_PROXY, request->proxy);
	return 0;
}

static int set_method(CURL *easy, const struct bbk_http_request *request,
		      struct bbk_err *err)
{
	SET(CURLOPT_CUSTOMREQUEST, request->method);
	if (request->body) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)strlen(request->body));
	} else if (!strcmp(request->method, "GET")) {
		SET(CURLOPT_HTTPGET, 1L);
		SET(CURLOPT_CUSTOMREQUEST, NULL);
	}
	return 0;
}

static int set_token(CURL *easy, const struct bbk_http_request *request,
		     struct bbk_err *err)
{
	if (!request->token || !bbk_secret_is_set(request->token))
		return 0;
	if (request->user) {
		SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		SET(CURLOPT_USERNAME, request->user);
		SET(CURLOPT_PASSWORD, bbk_secret_bytes(request->token));
		return 0;
	}
	if (!bbk_secret_is_token(request->token))
		return bbk_err_set(err, BBK_E_AUTH,
				   "the token has a character that no HTTP "
				   "token has");
	SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
	SET(CURLOPT_XOAUTH2_BEARER, bbk_secret_bytes(request->token));
	return 0;
}

static int ask_hold(void *arg, char *ip, char *local_ip, int port,
		    int local_port)
{
	struct bbk_hold *hold = arg;

	(void)ip, (void)local_ip, (void)port, (void)local_port;
	return hold->ask(hold) < 0 ? CURL_PREREQFUNC_ABORT :
				     CURL_PREREQFUNC_OK;
}

static int set_hold(CURL *easy, struct bbk_hold *hold, struct bbk_err *err)
{
	if (!hold)
		return 0;
	SET(CURLOPT_PREREQFUNCTION, ask_hold);
	SET(CURLOPT_PREREQDATA, hold);
	return 0;
}

static int set_exchange(CURL *easy, struct bbk_exchange *x, struct bbk_err *err)
{
	SET(CURLOPT_READFUNCTION, give_body);
	SET(CURLOPT_READDATA, x);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, x);
	SET(CURLOPT_HEADERFUNCTION, take_header);
	SET(CURLOPT_HEADERDATA, x);
	SET(CURLOPT_ERRORBUFFER, x->text);
	SET(CURLOPT_HTTPHEADER, x->headers);
	return 0;
}

#undef SET

static struct curl_slist *make_headers(const struct bbk_http_request *request)
{
	struct curl_slist *headers = NULL;

	headers = curl_slist_append(headers, "Accept: application/json");
	headers = curl_slist_append(headers, "X-Atlassian-Token: no-check");
	headers = curl_slist_append(headers, "Expect:");
	if (request->body)
		headers = curl_slist_append(headers,
					    "Content-Type: application/json");
	return headers;
}

int bbk_exchange_prepare(struct bbk_exchange *x, CURL *easy,
			 const struct bbk_http_request *request,
			 struct bbk_err *err)
{
	x->unsent = request->body;
	x->headers = make_headers(request);
	if (set_safety(easy, err) < 0 || set_server(easy, request, err) < 0 ||
	    set_method(easy, request, err) < 0 ||
	    set_token(easy, request, err) < 0 ||
	    set_hold(easy, request->hold, err) < 0 ||
	    set_exchange(easy, x, err) < 0)
		return -1;
	return 0;
}

int bbk_exchange_conclude(struct bbk_exchange *x, CURL *easy, CURLcode code,
			  struct bbk_err *err)
{
	int rc = 0;

	if (code != CURLE_OK) {
		rc = bbk_http_failed(easy, code, x->text, x->too_much, err);
		bbk_http_reply_release(&x->reply);
		x->reply.unsent = !bbk_http_was_secure(easy) ||
				  code == CURLE_ABORTED_BY_CALLBACK;
	} else
		(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE,
					&x->reply.status);
	return rc;
}

void bbk_exchange_clear(struct bbk_exchange *x, CURL *easy)
{
	curl_easy_reset(easy); /* keeps the connection, drops the token */
	curl_slist_free_all(x->headers);
	bbk_http_reply_release(&x->reply);
}
