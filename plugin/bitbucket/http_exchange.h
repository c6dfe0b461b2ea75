/*
 * One request and its answer, on a handle of libcurl's.  A part of http.c.
 */
#ifndef BITBUCKET_HTTP_EXCHANGE_H
#define BITBUCKET_HTTP_EXCHANGE_H

#include "bitbucket/http.h"

#include <curl/curl.h>

struct bbk_exchange {
	struct bbk_http_reply reply;
	const char *unsent; /* of the body */
	size_t header_bytes;
	bool too_much;
	struct curl_slist *headers;
	char text[CURL_ERROR_SIZE];
};

#define BBK_EXCHANGE_INIT { BBK_HTTP_REPLY_INIT, NULL, 0, false, NULL, "" }

/* Sets every option; the exchange stays where it is until it is cleared. */
int bbk_exchange_prepare(struct bbk_exchange *x, CURL *easy,
			 const struct bbk_http_request *request,
			 struct bbk_err *err) BBK_MUST_CHECK;
/* What came of it, in x->reply: see struct bbk_http. */
int bbk_exchange_conclude(struct bbk_exchange *x, CURL *easy, CURLcode code,
			  struct bbk_err *err) BBK_MUST_CHECK;
/* The handle keeps its connection, and nothing of the request. */
void bbk_exchange_clear(struct bbk_exchange *x, CURL *easy);

#endif
