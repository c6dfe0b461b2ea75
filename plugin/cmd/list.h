/*
 * `list` on the screen, and as JSON.  A part of list.c.
 */
#ifndef CMD_LIST_H
#define CMD_LIST_H

#include "base/env.h"
#include "core/list.h"

/* The keys here, with what is wrong with them. */
void bbk_list_print_keys(const struct bbk_env *env,
			 const struct bbk_list *list);
/* The keys there, place by place; all: places without one are left out. */
void bbk_list_print_grants(const struct bbk_env *env,
			   const struct bbk_list *list, bool all);
void bbk_list_print_json(const struct bbk_env *env,
			 const struct bbk_list *list);

#endif
