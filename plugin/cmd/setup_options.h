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

/* {"version":1,"changed":…,"steps":[…],…}; the caller owns it. */
void bbk_setup_json(struct bbk_json *json, const struct bbk_setup *setup);
void bbk_print_json(FILE *out, const struct bbk_json *json);

#endif
