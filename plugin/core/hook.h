/*
 * What our hooks decide, when git runs them.  Without a connection.
 */
#ifndef CORE_HOOK_H
#define CORE_HOOK_H

#include "base/env.h"
#include "store/record.h"

#include <stdbool.h>

/*
 * post-checkout's arguments: was there nothing before?  So it is in a clone,
 * but also in a new worktree, and at the first checkout after `git init`.
 * Pure.
 */
bool bbk_hook_is_first(const char *previous, const char *flag);

/*
 * A clone of an enrolled instance whose remote really goes over https: 0, and
 * *remote is its name, which the caller frees.  1: nothing to offer, be it
 * that this is a submodule, a worktree, or switched off.
 */
int bbk_hook_clone(struct bbk_env *env, char **remote,
		   struct bbk_err *err) BBK_MUST_CHECK;

/*
 * Is a push let through with what is on record?  Where it goes with the
 * person's own keys, the server alone knows.  Pure.
 */
bool bbk_hook_may_push(const struct bbk_record *record);

/*
 * pre-push: -1, class permission, where the push to this URL is known to be
 * refused.  0 in every other case, whatever stands in the way of knowing.
 */
int bbk_hook_push(struct bbk_env *env, const char *url, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
