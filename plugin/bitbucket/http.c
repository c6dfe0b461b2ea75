#include "bitbucket/http.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "bitbucket/http_exchange.h"

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

static int start_libcurl(struct bbk_curl *self, struct bbk_err *err)
{
	if (!self->started &&
	    curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return bbk_err_set(err, BBK_E_LOCAL,
				   "libcurl cannot be started");
	self->started = true;
	return 0;
}

static int no_handle(struct bbk_err *err)
{
	return bbk_err_set(err, BBK_E_LOCAL, "libcurl has no more handles");
}

static void hand_over(struct bbk_http_reply *to, struct bbk_exchange *x)
{
	bbk_http_reply_release(to);
	*to = x->reply;
	x->reply = (struct bbk_http_reply)BBK_HTTP_REPLY_INIT;
}

static int send_request(struct bbk_http *http,
			const struct bbk_http_request *request,
			struct bbk_http_reply *reply, struct bbk_err *err)
{
	struct bbk_curl *self = (struct bbk_curl *)http;
	struct bbk_exchange x = BBK_EXCHANGE_INIT;
	int rc;

	if (start_libcurl(self, err) < 0)
		return -1;
	if (!self->easy)
		self->easy = curl_easy_init();
	if (!self->easy)
		return no_handle(err);
	rc = bbk_exchange_prepare(&x, self->easy, request, err);
	if (!rc)
		rc = bbk_exchange_conclude(&x, self->easy,
					   curl_easy_perform(self->easy), err);
	if (!rc)
		hand_over(reply, &x);
	else
		reply->unsent = x.reply.unsent;
	bbk_exchange_clear(&x, self->easy);
	return rc;
}

/* --- many at once ------------------------------------------------------- */

/* One of those that are under way: its handle, and what comes back. */
struct transfer {
	CURL *easy;
	struct bbk_exchange x;
	void *tag; /* NULL: it is free */
};

struct crowd {
	CURLM *multi;
	struct transfer all[BBK_HTTP_AT_ONCE];
};

static struct transfer *free_transfer(struct crowd *crowd)
{
	for (size_t i = 0; i < BBK_HTTP_AT_ONCE; i++) {
		struct transfer *one = &crowd->all[i];

		if (one->tag)
			continue;
		if (!one->easy)
			one->easy = curl_easy_init();
		return one->easy ? one : NULL;
	}
	return NULL;
}

static struct crowd *crowd_of(struct bbk_curl *self)
{
	struct crowd *crowd = self->crowd;

	if (!crowd) {
		crowd = bbk_alloc(sizeof(*crowd));
		crowd->multi = curl_multi_init();
		self->crowd = crowd;
	}
	return crowd->multi ? crowd : NULL;
}

static int start_request(struct bbk_http *http,
			 const struct bbk_http_request *request, void *tag,
			 struct bbk_err *err)
{
	struct bbk_curl *self = (struct bbk_curl *)http;
	struct crowd *crowd;
	struct transfer *one;

	if (start_libcurl(self, err) < 0)
		return -1;
	crowd = crowd_of(self);
	one = crowd ? free_transfer(crowd) : NULL;
	if (!one)
		return no_handle(err);
	one->x = (struct bbk_exchange)BBK_EXCHANGE_INIT;
	if (bbk_exchange_prepare(&one->x, one->easy, request, err) < 0) {
		bbk_exchange_clear(&one->x, one->easy);
		return -1;
	}
	if (curl_easy_setopt(one->easy, CURLOPT_PRIVATE, one) != CURLE_OK ||
	    curl_multi_add_handle(crowd->multi, one->easy) != CURLM_OK) {
		bbk_exchange_clear(&one->x, one->easy);
		return no_handle(err);
	}
	one->tag = tag;
	return 0;
}

static bool take_ended(struct crowd *crowd, struct bbk_http_done *done)
{
	struct transfer *one = NULL;
	CURLMsg *message;
	CURLcode code;
	int left;

	while ((message = curl_multi_info_read(crowd->multi, &left)))
		if (message->msg == CURLMSG_DONE)
			break;
	if (!message)
		return false;
	code = message->data.result;
	(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &one);
	bbk_err_release(&done->err);
	done->rc = bbk_exchange_conclude(&one->x, one->easy, code,
					 &done->err);
	hand_over(&done->reply, &one->x);
	done->tag = one->tag;
	(void)curl_multi_remove_handle(crowd->multi, one->easy);
	bbk_exchange_clear(&one->x, one->easy);
	one->tag = NULL;
	return true;
}

static int wait_requests(struct bbk_http *http, struct bbk_http_done *done,
			 struct bbk_err *err)
{
	struct crowd *crowd = ((struct bbk_curl *)http)->crowd;
	int running = 0;

	for (;;) {
		if (curl_multi_perform(crowd->multi, &running) != CURLM_OK)
			break;
		if (take_ended(crowd, done))
			return 0;
		if (!running || curl_multi_poll(crowd->multi, NULL, 0, 1000,
						NULL) != CURLM_OK)
			break;
	}
	return bbk_err_set(err, BBK_E_LOCAL, "libcurl lost a request");
}

static void release_crowd(struct crowd *crowd)
{
	for (size_t i = 0; crowd && i < BBK_HTTP_AT_ONCE; i++) {
		struct transfer *one = &crowd->all[i];

		if (one->tag) {
			(void)curl_multi_remove_handle(crowd->multi,
						       one->easy);
			bbk_exchange_clear(&one->x, one->easy);
		}
		if (one->easy)
			curl_easy_cleanup(one->easy);
	}
	if (crowd && crowd->multi)
		(void)curl_multi_cleanup(crowd->multi);
	free(crowd);
}

void bbk_http_done_release(struct bbk_http_done *done)
{
	bbk_http_reply_release(&done->reply);
	bbk_err_release(&done->err);
	*done = (struct bbk_http_done)BBK_HTTP_DONE_INIT;
}

void bbk_curl_init(struct bbk_curl *curl)
{
	*curl = (struct bbk_curl){
		.http = { send_request, start_request, wait_requests },
	};
}

void bbk_curl_release(struct bbk_curl *curl)
{
	if (curl->easy)
		curl_easy_cleanup(curl->easy);
	release_crowd(curl->crowd);
	if (curl->started)
		curl_global_cleanup();
	*curl = (struct bbk_curl){ .easy = NULL };
}
