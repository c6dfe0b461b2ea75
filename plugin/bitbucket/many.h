/*
 * Many REST calls beside one another, over libcurl's multi interface.
 *
 * A queue: whoever is told that a call has ended may add others, which go
 * first, so that what was begun is ended before more is begun.  At most
 * BBK_HTTP_AT_ONCE requests are under way.
 *
 * Retries are those of rest.h, with one difference: after 429 all of them
 * pause, and half as many go at once from then on.  Where three pauses in a row
 * did not help, those that are left fail without being sent.
 */
#ifndef BITBUCKET_MANY_H
#define BITBUCKET_MANY_H

#include "bitbucket/rest.h"

struct bbk_many_call;

struct bbk_many {
	struct bbk_rest *rest; /* borrowed */
	/*
	 * A call has ended.  err has a class where it failed; `arg` is the
	 * call's.  What it returns but 0 ends everything: nothing more is
	 * begun, what is under way is waited for.
	 */
	int (*ended)(struct bbk_many *many, void *arg,
		     struct bbk_rest_reply *reply, struct bbk_err *err);
	void *owner; /* for ended() */
	struct bbk_many_call *first, *last; /* not begun yet */
	size_t at_once;
	size_t under_way;
	int refused;	  /* pauses in a row that did not help */
	int64_t not_before; /* of the clock */
};

void bbk_many_init(struct bbk_many *many, struct bbk_rest *rest,
		   int (*ended)(struct bbk_many *many, void *arg,
				struct bbk_rest_reply *reply,
				struct bbk_err *err),
		   void *owner);
void bbk_many_release(struct bbk_many *many);

/* At the end of the queue.  path as for bbk_rest_call(); body may be NULL. */
void bbk_many_add(struct bbk_many *many, const char *method, const char *path,
		  const char *body, void *arg);
/* At its front. */
void bbk_many_add_next(struct bbk_many *many, const char *method,
		       const char *path, const char *body, void *arg);

/* Until the queue is empty.  What ended() returned, or -1 with class local. */
int bbk_many_run(struct bbk_many *many, struct bbk_err *err) BBK_MUST_CHECK;

#endif
