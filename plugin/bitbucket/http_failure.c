#include "bitbucket/http_failure.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

/* Was there a TLS handshake, now or for an earlier request? */
bool bbk_http_was_secure(void *easy)
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
		return bbk_http_was_secure(easy) ? BBK_E_SERVER : BBK_E_TLS;
	case CURLE_ABORTED_BY_CALLBACK:
		return BBK_E_INTERRUPTED;
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
		return bbk_http_was_secure(easy) ?
			"it does not answer in time" :
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

int bbk_http_failed(void *easy, int curl_code, const char *text, bool too_much,
		    struct bbk_err *err)
{
	CURLcode code = (CURLcode)curl_code;
	enum bbk_class class = class_of(easy, code, text);
	const char *reason = reason_of(easy, code, text, class);
	char *why;

	if (too_much || is_too_much(code))
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
