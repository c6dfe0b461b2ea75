#include "cmd/bar.h"

#define EVERY_MS 100
#define WIDTH 30

void bbk_bar_init(struct bbk_bar *bar, const struct bbk_env *env,
		  const char *what)
{
	*bar = (struct bbk_bar){ .env = env, .what = what };
}

void bbk_bar_show(struct bbk_bar *bar, size_t done, size_t all)
{
	const struct bbk_env *env = bar->env;
	int64_t now = env->clock->now(env->clock);
	int full = all ? (int)(done * WIDTH / all) : 0;

	if (!env->err_is_terminal || env->quiet ||
	    (bar->shown && now - bar->last < EVERY_MS))
		return;
	bar->shown = true;
	bar->last = now;
	fprintf(env->err, "\r\033[K%s [%.*s%.*s] %zu of %zu", bar->what, full,
		"##############################", WIDTH - full,
		"..............................", done, all);
	fflush(env->err);
}

void bbk_bar_clear(struct bbk_bar *bar)
{
	if (bar->shown)
		fputs("\r\033[K", bar->env->err);
	bar->shown = false;
}
