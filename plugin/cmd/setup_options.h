/*
 * What `init` and `clone` have in common: their options, their JSON.
 */
#ifndef CMD_SETUP_OPTIONS_H
#define CMD_SETUP_OPTIONS_H

#include "base/json.h"
#include "cmd/cmd.h"
#include "core/setup.h"

/* For a struct bbk_wish. */
extern const struct bbk_option bbk_setup_options[];

/*
 * Runs the loop with its steps on the screen, then calls `then` where it went
 * well, then prints the JSON where that is wanted.  Returns what a command's
 * run() returns; so does `then`.
 */
int bbk_setup_on_screen(struct bbk_env *env, const struct bbk_wish *wish,
			bool json,
			int (*then)(struct bbk_setup *setup, void *arg,
				    struct bbk_err *err),
			void *arg, struct bbk_err *err) BBK_MUST_CHECK;

void bbk_print_json(FILE *out, const struct bbk_json *json);

#endif
