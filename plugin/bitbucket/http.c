#include "bitbucket/http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

#define BODY_MAX ((size_t)1 << 20)
#define HEADERS_MAX ((size_t)64 << 10)
#define CONNECT_MS 5000L
#define SILENCE_S 5L

static const char *agent = "git-bbkey";

void bbk_http_reply_release(struct bbk_http_reply *reply)
{
	bbk_str_release(&reply->body);
	free(reply->type);
	free(reply->location);
	free(reply->user);
	free(reply->denied);
	free(reply->retry_after);
	*reply = (struct bbk_http_reply)BBK_HTTP_REPLY_INIT;
}

struct exchange {
	struct bbk_http_reply *reply;
	const char *unsent; /* of the body */
	size_t header_bytes;
	bool too_much;
};

static size_t take_body(char *bytes, size_t one, size_t n, void *arg)
{
	struct exchange *x = arg;

	(void)one;
	if (x->reply->body.len + n > BODY_MAX) {
		x->too_much = true;
		return 0;
	}
	bbk_str_addn(&x->reply->body, bytes, n);
	return n;
}

/*
 * A body from a callback that cannot rewind: libcurl would send one from
 * memory a second time where a connection breaks before the answer, and what
 * that POST did the first time nobody knows.
 */
static size_t give_body(char *to, size_t one, size_t n, void *arg)
{
	struct exchange *x = arg;
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
	struct exchange *x = arg;

	(void)one;
	x->header_bytes += n;
	if (x->header_bytes > HEADERS_MAX) {
		x->too_much = true;
		return 0;
	}
	keep(&x->reply->type, "content-type", line, n);
	keep(&x->reply->location, "location", line, n);
	keep(&x->reply->user, "x-ausername", line, n);
	keep(&x->reply->denied, "x-authentication-denied-reason", line, n);
	keep(&x->reply->retry_after, "retry-after", line, n);
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
	SET(CURLOPT_USERAGENT, agent);
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

static int set_exchange(CURL *easy, struct exchange *x, char *text,
			struct curl_slist *headers, struct bbk_err *err)
{
	SET(CURLOPT_READFUNCTION, give_body);
	SET(CURLOPT_READDATA, x);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, x);
	SET(CURLOPT_HEADERFUNCTION, take_header);
	SET(CURLOPT_HEADERDATA, x);
	SET(CURLOPT_ERRORBUFFER, text);
	SET(CURLOPT_HTTPHEADER, headers);
	return 0;
}

#undef SET

/* Was there a TLS handshake, now or for an earlier request? */
static bool was_secure(CURL *easy)
{
	curl_off_t took = 0;
	long connections = 0, sent = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &took);
	(void)curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connections);
	(void)curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent);
	return took > 0 || (!connections && sent);
}

/* What the proxy said to CONNECT; 0: there is none, or it let us through. */
static long proxy_refusal(CURL *easy)
{
	long status = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &status);
	return status / 100 == 2 ? 0 : status;
}

static bool is_too_much(CURLcode code)
{
#if LIBCURL_VERSION_NUM >= 0x080600
	if (code == CURLE_TOO_LARGE)
		return true;
#endif
	return code == CURLE_OUT_OF_MEMORY; /* one line over libcurl's limit */
}

static enum bbk_class class_of(CURL *easy, CURLcode code, const char *text)
{
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return BBK_E_TLS;
	case CURLE_SSL_CONNECT_ERROR: /* nobody spoke TLS, or the wrong one */
		return strstr(text, "SYSCALL") || strstr(text, "reset") ||
		       strstr(text, "unexpected eof") ? BBK_E_NETWORK :
							BBK_E_TLS;
	case CURLE_GOT_NOTHING:
		return was_secure(easy) ? BBK_E_SERVER : BBK_E_TLS;
	case CURLE_SEND_FAIL_REWIND:
	case CURLE_PARTIAL_FILE:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
		return BBK_E_SERVER;
	default:
		return BBK_E_NETWORK;
	}
}

/* In our words where libcurl's are for programmers; NULL: its own will do. */
static const char *reason_of(CURL *easy, CURLcode code, const char *text,
			     enum bbk_class class)
{
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return was_secure(easy) ? "it does not answer in time" :
					  "no connection in time";
	case CURLE_PARTIAL_FILE:
		return "the answer ends too early";
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_FAIL_REWIND: /* sent on a connection that broke */
		return "the connection ended without an answer";
	case CURLE_UNSUPPORTED_PROTOCOL:
		return "the answer is not HTTP";
	case CURLE_SSL_CONNECT_ERROR:
		return class == BBK_E_NETWORK ?
			"the connection ended before it was secure" : NULL;
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		return strstr(text, "CONNECT aborted") ?
			"the proxy closed the connection" :
			"the connection broke";
	default:
		return NULL;
	}
}

/* A certificate's dates are right or wrong by this machine's clock. */
static int not_by_this_date(const char *why, struct bbk_err *err)
{
	time_t now = time(NULL);
	char date[32] = "?";
	struct tm tm;

	if (gmtime_r(&now, &tm))
		(void)strftime(date, sizeof(date), "%Y-%m-%d %H:%M UTC", &tm);
	bbk_err_set(err, BBK_E_TLS, "%s, by this machine's date (%s)", why,
		    date);
	return bbk_err_hint(err, "if the date is wrong, set it right; if not, "
				 "ask your Bitbucket admin for a new "
				 "certificate");
}

static int tls_failed(CURLcode code, const char *why, struct bbk_err *err)
{
	if (strstr(why, "expired") || strstr(why, "not yet valid"))
		return not_by_this_date(why, err);
	bbk_err_set(err, BBK_E_TLS, "%s", why);
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		bbk_err_hint(err, "if your company has a CA of its own, set "
				  "http.sslCAInfo to its certificate: git "
				  "config --global http.sslCAInfo <file>");
	return -1;
}

static int proxy_failed(long status, struct bbk_err *err)
{
	if (status == 407) {
		bbk_err_set(err, BBK_E_NETWORK, "the proxy wants a user name "
			    "and a password (HTTP 407)");
		return bbk_err_hint(err, "give them in the proxy's address, in "
					 "http.proxy or https_proxy: http://"
					 "<user>:<password>@<proxy>:<port>");
	}
	bbk_err_set(err, BBK_E_NETWORK,
		    "the proxy does not let us through (HTTP %ld)", status);
	return bbk_err_hint(err, "the proxy is that of http.proxy or "
				 "https_proxy; no_proxy=<host> goes without "
				 "one");
}

static int failed(CURL *easy, CURLcode code, const char *text,
		  const struct exchange *x, struct bbk_err *err)
{
	enum bbk_class class = class_of(easy, code, text);
	const char *reason = reason_of(easy, code, text, class);
	char *why;

	if (x->too_much || is_too_much(code))
		return bbk_err_set(err, BBK_E_SERVER,
				   "the answer is larger than Bitbucket's "
				   "ever are");
	if (proxy_refusal(easy))
		return proxy_failed(proxy_refusal(easy), err);
	if (!reason)
		reason = *text ? text : curl_easy_strerror(code);
	why = bbk_scrubbed(reason);
	if (class == BBK_E_TLS)
		(void)tls_failed(code, why, err);
	else
		(void)bbk_err_set(err, class, "%s", why);
	if (class == BBK_E_NETWORK)
		(void)bbk_err_hint(err, "check the network: does Bitbucket "
				   "need a VPN or a proxy from here, or the "
				   "one in http.proxy or https_proxy not?");
	free(why);
	return -1;
}

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

static int exchange(CURL *easy, const struct bbk_http_request *request,
		    struct bbk_http_reply *reply, struct bbk_err *err)
{
	struct exchange x = { reply, request->body, 0, false };
	struct curl_slist *headers = make_headers(request);
	char text[CURL_ERROR_SIZE] = "";
	CURLcode code = CURLE_OK;
	int rc = 0;

	if (set_safety(easy, err) < 0 || set_server(easy, request, err) < 0 ||
	    set_method(easy, request, err) < 0 ||
	    set_token(easy, request, err) < 0 ||
	    set_exchange(easy, &x, text, headers, err) < 0)
		rc = -1;
	if (!rc)
		code = curl_easy_perform(easy);
	if (code != CURLE_OK) {
		reply->unsent = !was_secure(easy);
		rc = failed(easy, code, text, &x, err);
	} else if (!rc)
		(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE,
					&reply->status);
	curl_easy_reset(easy); /* keeps the connection, drops the token */
	curl_slist_free_all(headers);
	return rc;
}

static int send_request(struct bbk_http *http,
			const struct bbk_http_request *request,
			struct bbk_http_reply *reply, struct bbk_err *err)
{
	struct bbk_curl *self = (struct bbk_curl *)http;
	BBK_AUTO(http_reply) got = BBK_HTTP_REPLY_INIT;

	if (!self->easy) {
		if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
			self->easy = curl_easy_init();
		if (!self->easy)
			return bbk_err_set(err, BBK_E_LOCAL,
					   "libcurl cannot be started");
	}
	if (exchange(self->easy, request, &got, err) < 0) {
		reply->unsent = got.unsent;
		return -1;
	}
	bbk_http_reply_release(reply);
	*reply = got;
	got = (struct bbk_http_reply)BBK_HTTP_REPLY_INIT;
	return 0;
}

void bbk_curl_init(struct bbk_curl *curl, const char *user_agent)
{
	agent = user_agent;
	curl->http.send = send_request;
	curl->easy = NULL;
}

void bbk_curl_release(struct bbk_curl *curl)
{
	if (!curl->easy)
		return;
	curl_easy_cleanup(curl->easy);
	curl_global_cleanup();
	curl->easy = NULL;
}
