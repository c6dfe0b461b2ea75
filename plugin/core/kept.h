/*
 * The token of an instance as git's own credential helpers keep it: stored by
 * `git bbkey login`, found by whatever needs one, forgotten by `logout`.
 *
 * git sends what its helpers have as a user name and a password (before 2.46
 * it can do nothing else), and lets them forget what is refused.  So a token is
 * kept under the name that fits git, and store/login.h remembers with which one
 * it goes to the REST API:
 *
 *	Data Center, of a person	their user name		Bearer
 *	Data Center, with a user	that user		Basic
 *	Data Center, of a project	x-token-auth, apart	Bearer
 *	Cloud, API token	x-bitbucket-api-token-auth	Basic, e-mail
 *	Cloud, OAuth and the like	x-token-auth		Bearer
 *
 * (Bitbucket reference 1.9 and 2.4.)  A token of Data Center that is no
 * password of anybody must not get into git's hands: it would be refused, and
 * forgotten.  It is kept apart, as of a host that cannot be,
 * "<host>.bbkey.invalid" (RFC 2606).
 */
#ifndef CORE_KEPT_H
#define CORE_KEPT_H

#include "core/instance.h"

/*
 * Puts what the helpers have into instance->rest, with its user and its source.
 * Known by its note, or, put there by others, by the name that it is kept
 * under; rest->user, where it is set, is the only name looked for then.  1:
 * they have none; instance->has_git_token: but one that is for git alone.
 */
int bbk_kept_find(struct bbk_instance *instance, const struct bbk_env *env,
		  struct bbk_err *err) BBK_MUST_CHECK;

struct bbk_stored {
	bool apart;    /* git itself does not find it */
	bool replaced; /* one that login had not stored is gone for it */
};

/*
 * Stores instance->rest's token.  account: the name that it is a password of;
 * NULL: of none.  Takes the place of what login had stored before, and of what
 * is kept under the same name.  1: no helper kept it, and nothing is changed.
 */
int bbk_kept_store(struct bbk_instance *instance, const struct bbk_env *env,
		   const char *account, struct bbk_stored *stored,
		   struct bbk_err *err) BBK_MUST_CHECK;

/* What logout found. */
struct bbk_forgotten {
	char *name;  /* of what was, or would be, forgotten; NULL: nothing */
	char *other; /* of what the helpers still have there, of others */
};

#define BBK_FORGOTTEN_INIT { NULL, NULL }

void bbk_forgotten_release(struct bbk_forgotten *forgotten);

/*
 * Lets the helpers forget the token that bbk_kept_find() would find, and with
 * it what is remembered of it.  Class local where one has it still.
 */
int bbk_kept_forget(struct bbk_instance *instance, const struct bbk_env *env,
		    bool dry_run, struct bbk_forgotten *forgotten,
		    struct bbk_err *err) BBK_MUST_CHECK;

/*
 * Bitbucket has refused instance->rest's token: if it is the very one that
 * would be found, sent in the same way, it is forgotten.  Best effort.
 */
void bbk_kept_refused(struct bbk_instance *instance,
		      const struct bbk_env *env);

#endif
