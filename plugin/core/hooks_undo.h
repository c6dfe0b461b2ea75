/*
 * The one setting that stands for the hooks in the person's global
 * configuration: set, and put back.  A part of core/hooks.h.
 */
#ifndef CORE_HOOKS_UNDO_H
#define CORE_HOOKS_UNDO_H

#include "base/env.h"
#include "store/hookundo.h"

/*
 * Before anything is changed: saves what is in undo->file, the value of
 * undo->key among it.  before is the whole text, for bbk_hooks_settle().
 */
int bbk_hooks_remember(struct bbk_hookundo *undo, const struct bbk_env *env,
		       struct bbk_str *before, struct bbk_err *err)
	BBK_MUST_CHECK;
/* After it was changed: saves which lines are ours. */
int bbk_hooks_settle(struct bbk_hookundo *undo, const struct bbk_env *env,
		     const struct bbk_str *before, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * Puts back what was there: the bytes, where our lines still stand as we left
 * them, else the value by git.  A value that is not ours stays, and *kept is
 * that value; the caller frees.
 */
int bbk_hooks_put_back(const struct bbk_hookundo *undo, char **kept,
		       struct bbk_err *err) BBK_MUST_CHECK;

#endif
