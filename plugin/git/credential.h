/*
 * The person's own credential helpers, by `git credential`.
 */
#ifndef GIT_CREDENTIAL_H
#define GIT_CREDENTIAL_H

#include "base/err.h"
#include "base/secret.h"
#include "base/url.h"

/*
 * Asks the helpers, and nobody else, for the instance at base.  user may be
 * NULL; *found_user is what a helper said, the caller frees.  1: none has one.
 */
int bbk_credential_fill(const struct bbk_url *base, const char *user,
			struct bbk_secret *secret, char **found_user,
			struct bbk_err *err) BBK_MUST_CHECK;

/*
 * `git credential approve` or `reject`, with the lines of a request, without
 * our own helper.
 */
int bbk_credential_pass_on(const char *verb, const char *lines,
			   struct bbk_err *err) BBK_MUST_CHECK;

#endif
