/*
 * What git-credential-bbkey answers git: the token of an enrolled instance,
 * for https operations that stay on https.
 *
 * It goes to the exact host and port of one enrolled instance, and where git
 * names a path, below its context only.  It comes from BBKEY_TOKEN, tokenFile
 * or tokenCommand, never from git's other helpers, and nobody is asked.
 */
#ifndef CORE_HELPER_H
#define CORE_HELPER_H

#include "base/env.h"
#include "base/request.h"

struct bbk_answer {
	struct bbk_secret token; /* not set: no answer */
	char *user;		 /* NULL: send it as Bearer */
};

#define BBK_ANSWER_INIT { BBK_SECRET_INIT, NULL }

void bbk_answer_release(struct bbk_answer *answer);

/*
 * bbkey.<base>.user or BBKEY_USER goes with the token; else it is sent as
 * Bearer, where git can (2.46); else with the name that the server knows it
 * by, unless the request is about another one.  The name is asked for once a
 * token, and remembered.  -1: the instance's settings or its token are of no
 * use, which nobody but the person can change.
 */
int bbk_helper_get(struct bbk_env *env, const struct bbk_request *request,
		   struct bbk_answer *answer, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * What worked, or did not, passed on to the person's own helpers; not where
 * it is our own token, which is kept where it is and nowhere else.  erase also
 * forgets the name.
 */
int bbk_helper_store(struct bbk_env *env, const struct bbk_request *request,
		     struct bbk_err *err) BBK_MUST_CHECK;
int bbk_helper_erase(struct bbk_env *env, const struct bbk_request *request,
		     struct bbk_err *err) BBK_MUST_CHECK;

#endif
