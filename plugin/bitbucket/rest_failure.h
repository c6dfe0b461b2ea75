/*
 * What a REST answer that is no success means, in words for people.  A part
 * of rest.c.
 */
#ifndef BITBUCKET_REST_FAILURE_H
#define BITBUCKET_REST_FAILURE_H

#include "bitbucket/rest.h"

/* Where a person makes an API token for Cloud. */
#define BBK_CLOUD_TOKEN_PAGE \
	"https://id.atlassian.com/manage-profile/security/api-tokens"

/*
 * Reads the error out of http's body into *reply: Data Center's shape or
 * Cloud's, by rest->cloud.  Class auth, permission, conflict, network or
 * server; server, too, where it has the other edition's shape.  Returns -1.
 */
int bbk_rest_failed(const struct bbk_rest *rest, struct bbk_rest_reply *reply,
		    const struct bbk_http_reply *http, struct bbk_err *err);

#endif
