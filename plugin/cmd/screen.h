/*
 * What a person sees while we work: a short list that fills in.
 *
 * On a terminal the step at work is shown and then replaced by what came of
 * it; elsewhere only the results are printed, a line each.  Marks are ASCII
 * where the locale is not UTF-8; lines are folded at 80 columns.
 */
#ifndef CMD_SCREEN_H
#define CMD_SCREEN_H

#include "core/setup.h"

struct bbk_screen {
	struct bbk_progress progress;
	struct bbk_env *env;
	bool silent;	   /* --quiet, --json */
	bool dry_run;
	bool said;	   /* what the key will not be able to do */
	bool at_work;	   /* a step has begun and not ended */
	enum bbk_step step;
};

void bbk_screen_init(struct bbk_screen *screen, struct bbk_env *env,
		     bool silent, bool dry_run);
/* Takes the step at work off the screen. */
void bbk_screen_clear(struct bbk_screen *screen);
/* A step that began has failed: marks it, before the error is printed. */
void bbk_screen_fail(struct bbk_screen *screen);
/* The last line, where there is something to add to the steps. */
void bbk_screen_close(struct bbk_screen *screen, bool changed);

/*
 * "SHA256:Cbg38r...": enough to recognise a key by on a page; whole with -v.
 */
void bbk_screen_fingerprint(struct bbk_str *out, const struct bbk_env *env,
			    const char *fingerprint);

/* "read access"; a key of an account has what that has. */
const char *bbk_access_words(enum bbk_scope scope, bool write);

enum bbk_mark { BBK_MARK_DONE, BBK_MARK_FAILED, BBK_MARK_PLANNED };

/* "✓ text", folded, coloured if env says so; for status, too. */
void bbk_screen_line(FILE *out, const struct bbk_env *env, bool color,
		     enum bbk_mark mark, const char *text);
/* A line of talk: nothing is said under --quiet, and nothing beside JSON. */
void bbk_screen_remark(const struct bbk_env *env, bool json,
		       enum bbk_mark mark, const char *text);

#endif
