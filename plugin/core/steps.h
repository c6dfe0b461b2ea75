/*
 * The parts of the loop in core/setup.h, for one another: setup.c detects and
 * leads, observe.c looks, apply.c changes.
 */
#ifndef CORE_STEPS_H
#define CORE_STEPS_H

#include "core/automatic.h"
#include "core/setup.h"

void bbk_setup_begin(struct bbk_setup *setup, enum bbk_step step);
void bbk_setup_end(struct bbk_setup *setup, enum bbk_step step);

/* Where its records are; borrowed from setup. */
struct bbk_place bbk_setup_place(const struct bbk_setup *setup);
/* Is what is on record all that is wanted? */
bool bbk_setup_record_will_do(const struct bbk_setup *setup);
/* What automatic setup is to be like; borrowed from setup. */
struct bbk_enrolment bbk_setup_enrolment(const struct bbk_setup *setup);

/*
 * One ssh connection: with our key, or only for the host key.  setup->checked
 * when the key opened the repository.
 */
int bbk_setup_visit(struct bbk_setup *setup, bool with_key,
		    struct bbk_err *err) BBK_MUST_CHECK;

/* Fills setup->observed; changes nothing but our known hosts. */
int bbk_setup_observe(struct bbk_setup *setup, struct bbk_err *err)
	BBK_MUST_CHECK;
/* Carries setup->plan out, step by step, and remembers. */
int bbk_setup_apply(struct bbk_setup *setup, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
