#include "bitbucket/rest.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "bitbucket/rest_failure.h"

#define PAUSE_MAX_MS 10000

void bbk_rest_release(struct bbk_rest *rest)
{
	bbk_url_release(&rest->api);
	bbk_secret_release(&rest->token);
	free(rest->ca);
	free(rest->proxy);
	free(rest->user);
	free(rest->token_source);
	free(rest->who);
	free(rest->account);
	free(rest->missing);
	*rest = (struct bbk_rest)BBK_REST_INIT;
}

void bbk_rest_reply_release(struct bbk_rest_reply *reply)
{
	bbk_json_release(&reply->json);
	free(reply->message);
	free(reply->exception);
	free(reply->context);
	free(reply->missing);
	*reply = (struct bbk_rest_reply)BBK_REST_REPLY_INIT;
}

int64_t bbk_retry_after(const char *value, int64_t fallback)
{
	long seconds = PAUSE_MAX_MS / 1000;
	time_t date;

	if (!value || !bbk_is_digit(value[0])) {
		date = value ? curl_getdate(value, NULL) : -1;
		if (date < 0 || date <= time(NULL))
			return fallback;
		date -= time(NULL);
		return date < PAUSE_MAX_MS / 1000 ? (int64_t)date * 1000 :
						    PAUSE_MAX_MS;
	}
	if (strspn(value, "0123456789") != strlen(value))
		return fallback;
	while (value[0] == '0' && value[1])
		value++;
	if (bbk_parse_number(value, 0, PAUSE_MAX_MS / 1000, &seconds) < 0)
		return PAUSE_MAX_MS;
	return seconds * 1000;
}

/* "application/json;charset=UTF-8": reference 1.2 */
static bool is_json(const char *type)
{
	static const char json[] = "application/json";

	for (size_t i = 0; i < sizeof(json) - 1; i++)
		if (!type || bbk_lower(type[i]) != json[i])
			return false;
	return true;
}

static int not_json(const struct bbk_http_reply *http, struct bbk_err *err)
{
	BBK_AUTO(str) type = BBK_STR_INIT;
	const char *given = http->type ? http->type : "no type";

	bbk_scrub(&type, given, strlen(given), 40);
	bbk_err_set(err, BBK_E_SERVER,
		    "the answer is not one of Bitbucket's REST API (HTTP %ld, "
		    "%s)", http->status, bbk_str_get(&type));
	return bbk_err_hint(err, "is there a login page or a proxy in "
				 "between, or another context path?");
}

static int understood(struct bbk_rest_reply *reply,
		      const struct bbk_http_reply *http, struct bbk_err *err)
{
	if (http->status == 204)
		return 0;
	if (!is_json(http->type))
		return not_json(http, err);
	if (bbk_json_parse(&reply->json, bbk_str_get(&http->body),
			   http->body.len, err) < 0)
		return bbk_err_wrap(err, "no usable answer (HTTP %ld)",
				    http->status);
	if (!bbk_json_is_object(reply->json.root))
		return bbk_err_set(err, BBK_E_SERVER, "the answer is not one "
				   "of Bitbucket's REST API (HTTP %ld)",
				   http->status);
	return 0;
}

bool bbk_rest_worth_again(const char *method, long status)
{
	return status == 429 || (status >= 500 && !strcmp(method, "GET"));
}

/*
 * One exchange.  All that fail in a run have the time of one together: after
 * a POST that was not answered, the GET that looks for what it did is not
 * worth a second wait.
 */
static int send_in_time(struct bbk_rest *rest,
			struct bbk_http_request *request,
			struct bbk_http_reply *http, struct bbk_err *err)
{
	int64_t start = rest->clock->now(rest->clock);

	http->unsent = rest->lost_ms >= BBK_HTTP_LIMIT_MS;
	if (http->unsent)
		return bbk_err_set(err, BBK_E_NETWORK,
				   "it did not answer in time before");
	request->limit_ms = BBK_HTTP_LIMIT_MS - (int)rest->lost_ms;
	if (rest->http->send(rest->http, request, http, err) == 0)
		return 0;
	if (err->class != BBK_E_INTERRUPTED) /* held back, by us */
		rest->lost_ms += rest->clock->now(rest->clock) - start;
	return -1;
}

/* Up to BBK_REST_TRIES exchanges; the last one's answer or failure counts. */
static int send_patiently(struct bbk_rest *rest,
			  struct bbk_http_request *request,
			  struct bbk_http_reply *http, struct bbk_err *err)
{
	int64_t pause = BBK_REST_PAUSE_MS;

	for (int left = BBK_REST_TRIES; left > 0; left--) {
		if (send_in_time(rest, request, http, err) < 0)
			return -1;
		if (left == 1 || !bbk_rest_worth_again(request->method,
						     http->status))
			break;
		rest->clock->sleep(rest->clock,
				   bbk_retry_after(http->retry_after, pause) +
				   rest->clock->now(rest->clock) % 97);
		pause *= 2;
	}
	return 0;
}

int bbk_rest_prepare(const struct bbk_rest *rest, const char *path,
		     struct bbk_http_request *request, struct bbk_str *url,
		     struct bbk_err *err)
{
	if (rest->api.scheme != BBK_HTTPS)
		return bbk_err_set(err, BBK_E_TLS, "a token is only ever sent "
						   "over https");
	bbk_url_add(url, &rest->api);
	bbk_str_add(url, path);
	request->url = bbk_str_get(url);
	request->ca = rest->ca;
	request->proxy = rest->proxy;
	request->token = &rest->token;
	request->user = rest->user;
	request->hold = rest->hold;
	return 0;
}

int bbk_rest_conclude(struct bbk_rest *rest, const char *url, int sent,
		      const struct bbk_http_reply *http,
		      struct bbk_rest_reply *reply, struct bbk_err *err)
{
	BBK_AUTO(rest_reply) got = BBK_REST_REPLY_INIT;
	int rc;

	if (sent < 0) {
		reply->unsent = http->unsent;
		return bbk_err_wrap(err, err->class == BBK_E_SERVER ?
				    "no usable answer from %s" :
				    "cannot reach %s", url);
	}
	got.status = http->status;
	if (http->user) {
		free(rest->who);
		rest->who = bbk_scrubbed(http->user);
	}
	rc = http->status >= 200 && http->status < 300 ?
		     understood(&got, http, err) :
		     bbk_rest_failed(rest, &got, http, err);
	if (got.missing)
		bbk_replace(&rest->missing, got.missing);
	bbk_rest_reply_release(reply);
	*reply = got;
	got = (struct bbk_rest_reply)BBK_REST_REPLY_INIT;
	return rc;
}

static int call(struct bbk_rest *rest, struct bbk_http_request *request,
		const char *path, bool as_nobody,
		struct bbk_rest_reply *reply, struct bbk_err *err)
{
	BBK_AUTO(http_reply) http = BBK_HTTP_REPLY_INIT;
	BBK_AUTO(str) url = BBK_STR_INIT;
	int sent;

	if (bbk_rest_prepare(rest, path, request, &url, err) < 0)
		return -1;
	if (as_nobody)
		request->token = NULL;
	sent = send_patiently(rest, request, &http, err);
	if (as_nobody) { /* nobody is not who we are */
		free(http.user);
		http.user = NULL;
	}
	return bbk_rest_conclude(rest, request->url, sent, &http, reply, err);
}

int bbk_rest_call(struct bbk_rest *rest, const char *method, const char *path,
		  const char *body, struct bbk_rest_reply *reply,
		  struct bbk_err *err)
{
	struct bbk_http_request request = { .method = method, .body = body };

	return call(rest, &request, path, false, reply, err);
}

int bbk_rest_call_as_nobody(struct bbk_rest *rest, const char *path,
			    struct bbk_rest_reply *reply, struct bbk_err *err)
{
	struct bbk_http_request request = { .method = "GET" };

	return call(rest, &request, path, true, reply, err);
}
