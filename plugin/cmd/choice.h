/*
 * After `init` or `clone` met a right or a token that is not there: what the
 * person wants to do about it (core/choice.h), on the screen.
 */
#ifndef CMD_CHOICE_H
#define CMD_CHOICE_H

#include "cmd/screen.h"
#include "core/setup.h"

/*
 * err is what setup ended with.  1: *wish is changed, err is gone, and the
 * loop is to run again with it.  0: err is the answer.
 */
int bbk_choice_on_screen(const struct bbk_setup *setup,
			 struct bbk_screen *screen, struct bbk_wish *wish,
			 struct bbk_err *err) BBK_MUST_CHECK;

#endif
