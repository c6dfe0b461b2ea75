#include "core/plan.h"

static const char *const step_words[] = {
	"detect", "key", "hostkey", "register", "verify", "remote",
	"automatic", "clone",
};

static const char *const action_words[] = {
	"none", "reused", "generated", "created", "upgraded", "switched",
	"enabled", "skipped", "done",
};

const char *bbk_step_word(enum bbk_step step)
{
	return step_words[step];
}

const char *bbk_action_word(enum bbk_action action)
{
	return action_words[action];
}

static enum bbk_action plan_register(const struct bbk_observed *observed,
				     const struct bbk_wanted *wanted)
{
	switch (observed->registered) {
	case BBK_REGISTERED_NOT:
		return BBK_ACTION_CREATED;
	case BBK_REGISTERED_READ:
		return wanted->write ? BBK_ACTION_UPGRADED : BBK_ACTION_NONE;
	default: /* a read wish never takes write access away */
		return BBK_ACTION_NONE;
	}
}

static enum bbk_action plan_remote(const struct bbk_observed *observed,
				   const struct bbk_wanted *wanted)
{
	if (!observed->remote || wanted->keep_remote || !wanted->access)
		return BBK_ACTION_SKIPPED;
	return observed->remote_is_ssh ? BBK_ACTION_NONE : BBK_ACTION_SWITCHED;
}

struct bbk_plan bbk_plan_make(const struct bbk_observed *observed,
			      const struct bbk_wanted *wanted)
{
	struct bbk_plan plan = { { BBK_ACTION_SKIPPED } };
	enum bbk_action *action = plan.action;

	for (int i = 0; i < BBK_STEPS; i++)
		action[i] = BBK_ACTION_SKIPPED;
	action[BBK_STEP_DETECT] = BBK_ACTION_DONE;
	if (wanted->access) {
		action[BBK_STEP_KEY] = observed->key ? BBK_ACTION_REUSED :
						       BBK_ACTION_GENERATED;
		action[BBK_STEP_REGISTER] = plan_register(observed, wanted);
		action[BBK_STEP_VERIFY] = BBK_ACTION_DONE;
		action[BBK_STEP_HOSTKEY] = observed->hostkey ?
			BBK_ACTION_NONE : BBK_ACTION_DONE;
	}
	if (wanted->access && observed->own)
		action[BBK_STEP_KEY] = action[BBK_STEP_REGISTER] =
			BBK_ACTION_NONE;
	action[BBK_STEP_REMOTE] = plan_remote(observed, wanted);
	action[BBK_STEP_AUTOMATIC] = observed->automatic ?
		BBK_ACTION_NONE : BBK_ACTION_ENABLED;
	if (wanted->clone)
		action[BBK_STEP_CLONE] = BBK_ACTION_DONE;
	return plan;
}

bool bbk_plan_changes(const struct bbk_plan *plan)
{
	const enum bbk_action *action = plan->action;

	return action[BBK_STEP_KEY] == BBK_ACTION_GENERATED ||
	       action[BBK_STEP_HOSTKEY] == BBK_ACTION_DONE ||
	       action[BBK_STEP_REGISTER] == BBK_ACTION_CREATED ||
	       action[BBK_STEP_REGISTER] == BBK_ACTION_UPGRADED ||
	       action[BBK_STEP_REMOTE] == BBK_ACTION_SWITCHED ||
	       action[BBK_STEP_AUTOMATIC] == BBK_ACTION_ENABLED ||
	       action[BBK_STEP_CLONE] == BBK_ACTION_DONE;
}
