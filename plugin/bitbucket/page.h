/*
 * Lists that come in pages.  A list that goes round in circles, or has more
 * than fifty pages, is class server.
 */
#ifndef BITBUCKET_PAGE_H
#define BITBUCKET_PAGE_H

#include "bitbucket/rest.h"

/*
 * Calls look for each object of each page until it returns something else
 * than 0, and returns that.  0: none did.  path has no query.
 *
 * Data Center: start, limit, isLastPage, nextPageStart.  The next page begins
 * where the server says, never at start + size.
 */
int bbk_page_each(struct bbk_rest *rest, const char *path,
		  int (*look)(void *arg, const struct json_t *value,
			      struct bbk_err *err),
		  void *arg, struct bbk_err *err) BBK_MUST_CHECK;

/*
 * The same for Cloud: values, next.  `next` is an address, opaque but for its
 * origin and path, which must be those of rest->api: class server otherwise,
 * and nothing is sent there.  Class server, too, for a page of Data Center's.
 */
int bbk_page_follow(struct bbk_rest *rest, const char *path,
		    int (*look)(void *arg, const struct json_t *value,
				struct bbk_err *err),
		    void *arg, struct bbk_err *err) BBK_MUST_CHECK;

#endif
