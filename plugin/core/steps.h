/*
 * The parts of the loop in core/setup.h, for one another: setup.c detects and
 * leads, observe.c looks, apply.c changes; beside.c does both while git clones.
 */
#ifndef CORE_STEPS_H
#define CORE_STEPS_H

#include "core/automatic.h"
#include "core/setup.h"

void bbk_setup_begin(struct bbk_setup *setup, enum bbk_step step);
void bbk_setup_end(struct bbk_setup *setup, enum bbk_step step);

/* setup->lock, of 20 s patience; none for a dry run. */
int bbk_setup_lock(struct bbk_setup *setup, struct bbk_err *err)
	BBK_MUST_CHECK;

/* setup->terms borrows what each detection finds anew. */
void bbk_setup_aim(struct bbk_setup *setup);
/* --new-key: the one that it has is spent, so another one will be made. */
void bbk_setup_next_key(struct bbk_setup *setup);
/* Is what is on record all that is wanted? */
bool bbk_setup_record_will_do(const struct bbk_setup *setup);
/* What automatic setup is to be like; borrowed from setup. */
struct bbk_enrolment bbk_setup_enrolment(const struct bbk_setup *setup);

/* For a clone: is it worth asking as little as possible before git runs? */
bool bbk_setup_may_hurry(const struct bbk_setup *setup);
/* Which key there is; nothing is made. */
int bbk_setup_observe_key(struct bbk_setup *setup, struct bbk_err *err)
	BBK_MUST_CHECK;
/* Everything but the connection: setup->access. */
int bbk_setup_open_access(struct bbk_setup *setup, struct bbk_err *err)
	BBK_MUST_CHECK;
/*
 * One ssh connection: with our key, or only for the host key.  setup->checked
 * when the key opened the repository.
 */
int bbk_setup_visit(struct bbk_setup *setup, bool with_key,
		    struct bbk_err *err) BBK_MUST_CHECK;

/*
 * Before anybody is asked for a token: is there access already?  With the
 * person's own keys, unless the wish is about another one (setup->own); with
 * ours, where no token is at hand (setup->unasked).  Changes nothing but our
 * known hosts; where it cannot be told, there is none.
 */
int bbk_setup_look_first(struct bbk_setup *setup, struct bbk_err *err)
	BBK_MUST_CHECK;
/* Are there keys of the person's own, and not tried yet? */
bool bbk_setup_may_try_own(const struct bbk_setup *setup);
/* May the key push?  One connection; none for an account's key: it may. */
bool bbk_setup_may_push(struct bbk_setup *setup);
/*
 * Watches over ssh until the key opens the repository, for an hour at most:
 * class denied after that.  The lock is not held meanwhile.
 */
int bbk_setup_wait(struct bbk_setup *setup, struct bbk_err *err)
	BBK_MUST_CHECK;

/* Fills setup->observed; changes nothing but our known hosts. */
int bbk_setup_observe(struct bbk_setup *setup, struct bbk_err *err)
	BBK_MUST_CHECK;
/* Carries setup->plan out, step by step, and remembers. */
int bbk_setup_apply(struct bbk_setup *setup, struct bbk_err *err)
	BBK_MUST_CHECK;

/* The same, one by one. */
int bbk_setup_remember(struct bbk_setup *setup, struct bbk_err *err)
	BBK_MUST_CHECK;
int bbk_setup_enrol(struct bbk_setup *setup, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * In the place of all that, for a clone: git runs already, and its own ssh is
 * the one that meets the server (core/meeting.h).  *done: the key is registered
 * and that ssh goes on, or git has ended by itself; bbk_setup_clone() follows.
 * Not done: nothing was registered, and the usual way is the right one.
 */
int bbk_setup_beside(struct bbk_setup *setup, bool *done, struct bbk_err *err)
	BBK_MUST_CHECK;
/* Ends a git that still runs; or waits for it to end by itself. */
void bbk_setup_stop_clone(struct bbk_setup *setup);
void bbk_setup_end_clone(struct bbk_setup *setup);

#endif
