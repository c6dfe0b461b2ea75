/*
 * The person's own credential helpers, by `git credential`.
 *
 * Never our own: they are told to say nothing (BBK_REQUEST_GUARD), so what is
 * kept and what is found is always another's.  A user name with a control
 * character is refused, class auth, before anything runs.
 */
#ifndef GIT_CREDENTIAL_H
#define GIT_CREDENTIAL_H

#include "base/err.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/url.h"

/*
 * Asks the helpers, and nobody else, for the instance at base.  user may be
 * NULL; *found_user is what a helper said, the caller frees.  1: none has one.
 */
int bbk_credential_fill(const struct bbk_url *base, const char *user,
			struct bbk_secret *secret, char **found_user,
			struct bbk_err *err) BBK_MUST_CHECK;

/*
 * Lets the helpers keep this one, in the place of what they have of that user
 * there.  Whether any did, git does not say: bbk_credential_fill() tells.  The
 * path of base counts where credential.<url>.useHttpPath says so.
 */
int bbk_credential_approve(const struct bbk_url *base, const char *user,
			   const struct bbk_secret *secret,
			   struct bbk_err *err) BBK_MUST_CHECK;
/* Lets them forget what they have of that user there, whatever it is. */
int bbk_credential_reject(const struct bbk_url *base, const char *user,
			  struct bbk_err *err) BBK_MUST_CHECK;

/*
 * `git credential approve` or `reject`, with the lines of a request, without
 * our own helper.
 */
int bbk_credential_pass_on(const char *verb, const char *lines,
			   struct bbk_err *err) BBK_MUST_CHECK;

/*
 * The helpers that are installed here and could be configured, those that a
 * system keeps its passwords in first: "osxkeychain", "libsecret", "cache".
 */
int bbk_credential_helpers(struct bbk_strv *names, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
