/*
 * --submodules on the screen: what was found, what is asked, what came of it.
 */
#ifndef CMD_SUBMODULES_H
#define CMD_SUBMODULES_H

#include "cmd/setup_options.h"
#include "core/submodules.h"

/*
 * The whole of it for the repository here.  -1: they could not be looked at, or
 * not asked about.  A project that could not be set up is said and stays in
 * `found`; see bbk_submodules_failure().
 */
int bbk_submodules_on_screen(struct bbk_submodules *found,
			     struct bbk_after *after, struct bbk_err *err)
	BBK_MUST_CHECK;

/* Moves the first failure into err.  Returns -1 where there was one. */
int bbk_submodules_failure(struct bbk_submodules *found, struct bbk_err *err)
	BBK_MUST_CHECK;

/* One object a submodule, into "submodules" of after->json. */
void bbk_submodules_json(const struct bbk_submodules *found,
			 struct bbk_after *after);

#endif
