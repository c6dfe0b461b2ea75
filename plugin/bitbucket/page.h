/*
 * Lists that come in pages.  A list that goes round in circles, or has more
 * than fifty pages, is class server.
 *
 * Data Center: start, limit, isLastPage, nextPageStart.  The next page begins
 * where the server says, never at start + size.
 * Cloud: values, next.  `next` is an address, opaque but for its origin and
 * path, which must be those of rest->api: class server otherwise, and nothing
 * is sent there.  Class server, too, for a page of Data Center's.
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

/* The same, page by page, for who asks for them by himself (many.h). */
struct bbk_pages {
	const struct bbk_rest *rest; /* borrowed */
	char *path;
	char *next; /* what to GET; NULL: that was the last one */
	int count;
	int64_t start;	      /* Data Center */
	struct bbk_strv seen; /* Cloud */
};

#define BBK_PAGES_INIT { NULL, NULL, NULL, 0, 0, BBK_STRV_INIT }

void bbk_pages_release(struct bbk_pages *pages);
void bbk_pages_begin(struct bbk_pages *pages, const struct bbk_rest *rest,
		     const char *path);
/* The page that pages->next asked for; root may be NULL. */
int bbk_pages_take(struct bbk_pages *pages, const struct json_t *root,
		   int (*look)(void *arg, const struct json_t *value,
			       struct bbk_err *err),
		   void *arg, struct bbk_err *err) BBK_MUST_CHECK;

#endif
