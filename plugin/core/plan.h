/*
 * The plan: what `init` will do, from what is there and what is wanted.
 *
 * A pure function of two small structs, and the only place that decides.  It
 * is what --dry-run and --json print.
 */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include <stdbool.h>

enum bbk_step {
	BBK_STEP_DETECT,
	BBK_STEP_KEY,
	BBK_STEP_HOSTKEY,
	BBK_STEP_REGISTER,
	BBK_STEP_VERIFY,
	BBK_STEP_REMOTE,
	BBK_STEP_AUTOMATIC,
	BBK_STEP_CLONE,
	BBK_STEPS,
};

enum bbk_action {
	BBK_ACTION_NONE,      /* already as it should be */
	BBK_ACTION_REUSED,
	BBK_ACTION_GENERATED,
	BBK_ACTION_CREATED,
	BBK_ACTION_UPGRADED,
	BBK_ACTION_SWITCHED,
	BBK_ACTION_ENABLED,
	BBK_ACTION_SKIPPED,   /* not wanted, or there is nothing to do it to */
	BBK_ACTION_DONE,
};

const char *bbk_step_word(enum bbk_step step);	       /* as in --json */
const char *bbk_action_word(enum bbk_action action);

enum bbk_registered {
	BBK_REGISTERED_NOT,
	BBK_REGISTERED_READ,
	BBK_REGISTERED_WRITE,
	BBK_REGISTERED_SOMEHOW, /* ssh lets the key in; which grant, unknown */
};

/* What was observed. */
struct bbk_observed {
	bool key;		   /* a usable key of ours is there */
	bool hostkey;		   /* verified before, and still the same */
	enum bbk_registered registered;
	bool remote;		   /* there is a remote to look at */
	bool remote_is_ssh;	   /* and its URL will do as it is */
	bool automatic;		   /* our configuration is as it would be */
	bool own;		   /* the person's own keys open it */
};

/* What was asked for. */
struct bbk_wanted {
	bool access;	  /* to a project; false: only enrol the instance */
	bool write;
	bool keep_remote;
	bool clone;
};

struct bbk_plan {
	enum bbk_action action[BBK_STEPS];
};

struct bbk_plan bbk_plan_make(const struct bbk_observed *observed,
			      const struct bbk_wanted *wanted);
/* Does it, or did it, change anything anywhere? */
bool bbk_plan_changes(const struct bbk_plan *plan);

#endif
