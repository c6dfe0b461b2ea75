/*
 * Lists that come in pages: start, limit, isLastPage, nextPageStart.
 *
 * The next page begins where the server says, never at start + size; a page
 * that does not advance, or a fiftieth that is not the last, is class server.
 */
#ifndef BITBUCKET_PAGE_H
#define BITBUCKET_PAGE_H

#include "bitbucket/rest.h"

/*
 * Calls look for each object of each page until it returns something else
 * than 0, and returns that.  0: none did.  path has no query.
 */
int bbk_page_each(struct bbk_rest *rest, const char *path,
		  int (*look)(void *arg, const struct json_t *value,
			      struct bbk_err *err),
		  void *arg, struct bbk_err *err) BBK_MUST_CHECK;

#endif
