/*
 * What was https stays https where ssh cannot be had.
 *
 * git carries the https URLs of an enrolled instance over to ssh before anybody
 * knows whether there is access.  Where there is none, and none can be set up
 * (no right, no token, a person's no, a network that lets no ssh through), the
 * fetch goes on over git's own https, inside the ssh connection that git
 * believes to have; and where that is how it will stay, the URL is taken out
 * of what is carried over, so that the next command is git's alone.
 */
#ifndef CORE_OVERHTTPS_H
#define CORE_OVERHTTPS_H

#include "base/env.h"
#include "base/str.h"

#include <stdbool.h>

/* What an https URL was carried over to; validated parts, borrowed. */
struct bbk_carried {
	const char *host;
	unsigned port; /* 0: none was given */
	const char *user;
	const char *owner; /* as the URL spells it */
	const char *repo;
	bool dot_git;
};

/*
 * The URL that it was: as the remote of the repository here has it, else made
 * of the parts.  1: no enrolled instance, or the repository here has it as an
 * ssh URL alone: nothing was carried over.
 */
int bbk_carried_from(struct bbk_str *url, struct bbk_env *env,
		     const struct bbk_carried *carried,
		     struct bbk_err *err) BBK_MUST_CHECK;

/*
 * Serves git, which is on 0 and 1 and speaks protocol version 2 with
 * git-upload-pack.  git's settings for https count, also those of the
 * repository here where the URL is one of its remotes'.  BBKEY_TOKEN does not:
 * it is in no program's environment.  What would have been safe by its host key
 * goes to no server that is not verified, whatever http.sslVerify says.  0:
 * served.  1: nothing was said to git: none that was carried over, a server
 * without version 2, no access.  -1: it broke off; git or git-remote-https has
 * said why.
 */
int bbk_over_https(struct bbk_env *env, const struct bbk_carried *carried,
		   struct bbk_err *err) BBK_MUST_CHECK;

/*
 * From now on this one URL is not carried over; `init` has it again.  1: it was
 * not carried over anyway.
 */
int bbk_stay_on_https(struct bbk_env *env, const struct bbk_carried *carried,
		      struct bbk_err *err) BBK_MUST_CHECK;

#endif
