/*
 * One line that says how far a long piece of work is: on a terminal alone.
 */
#ifndef CMD_BAR_H
#define CMD_BAR_H

#include "base/env.h"

struct bbk_bar {
	const struct bbk_env *env; /* borrowed */
	const char *what;	   /* "Asking", "Registering" */
	bool shown;
	int64_t last;
};

void bbk_bar_init(struct bbk_bar *bar, const struct bbk_env *env,
		  const char *what);
/* "Asking [######....] 120 of 400"; a few times a second at most. */
void bbk_bar_show(struct bbk_bar *bar, size_t done, size_t all);
void bbk_bar_clear(struct bbk_bar *bar);

#endif
