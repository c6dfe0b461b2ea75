/*
 * What libcurl's failures mean, in words for people.  A part of http.c.
 */
#ifndef BITBUCKET_HTTP_FAILURE_H
#define BITBUCKET_HTTP_FAILURE_H

#include "base/err.h"

#include <stdbool.h>

/* Was there a TLS handshake, now or for an earlier request?  easy: CURL * */
bool bbk_http_was_secure(void *easy);

/*
 * After curl_easy_perform() returned `code`: class network, tls or server, or
 * interrupted where a hold did not agree.  text is libcurl's error buffer;
 * too_much: we stopped it, because the answer was too large.  Returns -1.
 */
int bbk_http_failed(void *easy, int code, const char *text, bool too_much,
		    struct bbk_err *err);

#endif
