/*
 * Whose a token is.
 */
#ifndef BITBUCKET_ACCOUNT_H
#define BITBUCKET_ACCOUNT_H

#include "bitbucket/rest.h"

/*
 * The user name that goes with rest->token where it must be a password, from
 * X-AUSERNAME; NULL in *name: it has none.  A token of a project or repository
 * is good as Bearer only, so the pair is tried once: wrong pairs that are sent
 * again and again lock an account.  Class auth where the token is refused.
 */
int bbk_account_of_token(struct bbk_rest *rest, char **name,
			 struct bbk_err *err) BBK_MUST_CHECK;
/*
 * The same of a token that the server has just answered, rest->who and all:
 * one request, where it gave a name at all.
 */
void bbk_account_answered(struct bbk_rest *rest, char **name);

#endif
