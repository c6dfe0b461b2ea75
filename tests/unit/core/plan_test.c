#include "test.h"

#include <stdio.h>
#include <string.h>

#include "core/plan.h"

/* Every observation with every wish: 2*2*4*2*2*2*2 times 2*2*2*2. */
static void walk(void (*look)(const struct bbk_observed *,
			      const struct bbk_wanted *,
			      const struct bbk_plan *))
{
	for (unsigned i = 0; i < 1U << 12; i++) {
		struct bbk_observed o = {
			i & 1, i & 2, (enum bbk_registered)(i >> 2 & 3),
			i & 16, i & 32, i & 64, i & 2048 };
		struct bbk_wanted w = { i & 128, i & 256, i & 512, i & 1024 };
		struct bbk_plan plan = bbk_plan_make(&o, &w);

		look(&o, &w, &plan);
	}
}

static void check(bool good, const char *rule)
{
	if (!good)
		miss("%s", rule);
}

static void look_at_rules(const struct bbk_observed *o,
			  const struct bbk_wanted *w,
			  const struct bbk_plan *plan)
{
	const enum bbk_action *a = plan->action;
	bool ours = w->access && !o->own;

	check(a[BBK_STEP_DETECT] == BBK_ACTION_DONE, "detect always");
	check(!ours || a[BBK_STEP_KEY] == (o->key ? BBK_ACTION_REUSED :
							 BBK_ACTION_GENERATED),
	      "a key is made only where there is none");
	check(w->access || (a[BBK_STEP_KEY] == BBK_ACTION_SKIPPED &&
			    a[BBK_STEP_REGISTER] == BBK_ACTION_SKIPPED &&
			    a[BBK_STEP_HOSTKEY] == BBK_ACTION_SKIPPED &&
			    a[BBK_STEP_VERIFY] == BBK_ACTION_SKIPPED &&
			    a[BBK_STEP_REMOTE] == BBK_ACTION_SKIPPED),
	      "enrolling touches no key, grant or remote");
	check(!w->access || ours || (a[BBK_STEP_KEY] == BBK_ACTION_NONE &&
				     a[BBK_STEP_REGISTER] == BBK_ACTION_NONE),
	      "where the person has access, nothing is made or registered");
	check(!ours || (a[BBK_STEP_REGISTER] == BBK_ACTION_CREATED) ==
				    (o->registered == BBK_REGISTERED_NOT),
	      "registered where it is not, and nowhere else");
	check((a[BBK_STEP_REGISTER] == BBK_ACTION_UPGRADED) ==
		      (ours && w->write &&
		       o->registered == BBK_REGISTERED_READ),
	      "upgraded only from read, only for write");
	check((a[BBK_STEP_REMOTE] == BBK_ACTION_SWITCHED) ==
		      (w->access && o->remote && !o->remote_is_ssh &&
		       !w->keep_remote),
	      "a remote is switched when it may be and must be");
	check((a[BBK_STEP_AUTOMATIC] == BBK_ACTION_NONE) == o->automatic,
	      "automatic");
	check((a[BBK_STEP_CLONE] == BBK_ACTION_DONE) == w->clone, "clone");
}

static void the_plan_follows_its_rules_everywhere(void **state)
{
	(void)state;
	walk(look_at_rules);
}

static void look_at_changes(const struct bbk_observed *o,
			    const struct bbk_wanted *w,
			    const struct bbk_plan *plan)
{
	bool want = !o->automatic || w->clone ||
		    (w->access &&
		     (!o->hostkey ||
		      (!o->own &&
		       (!o->key || o->registered == BBK_REGISTERED_NOT ||
			(o->registered == BBK_REGISTERED_READ &&
			 w->write))) ||
		      (o->remote && !o->remote_is_ssh && !w->keep_remote)));

	check(bbk_plan_changes(plan) == want, "changes");
}

static void a_second_run_changes_nothing(void **state)
{
	static const struct bbk_observed ready = {
		true, true, BBK_REGISTERED_WRITE, true, true, true, false };
	static const struct bbk_wanted wanted = { true, true, false, false };
	struct bbk_plan plan = bbk_plan_make(&ready, &wanted);

	(void)state;
	assert_false(bbk_plan_changes(&plan));
	walk(look_at_changes);
}

static void every_step_and_action_has_a_word(void **state)
{
	(void)state;
	for (int i = 0; i < BBK_STEPS; i++)
		assert_non_null(bbk_step_word((enum bbk_step)i));
	assert_string_equal(bbk_step_word(BBK_STEP_CLONE), "clone");
	assert_string_equal(bbk_action_word(BBK_ACTION_DONE), "done");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_plan_follows_its_rules_everywhere),
		TEST(a_second_run_changes_nothing),
		TEST(every_step_and_action_has_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
