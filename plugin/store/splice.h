/*
 * One change to a person's file, remembered so that it can be undone to the
 * byte, also after the person has changed the file elsewhere.
 *
 * Pure: from the text before and the text after, the lines that were there and
 * the lines that stand in their place.  Made for git's configuration: where
 * the undo would move somebody's line into another section, it is refused.
 */
#ifndef STORE_SPLICE_H
#define STORE_SPLICE_H

#include "base/str.h"

#include <stdbool.h>

struct bbk_splice {
	struct bbk_str was; /* whole lines; the last may have no end */
	struct bbk_str now;
};

#define BBK_SPLICE_INIT { BBK_STR_INIT, BBK_STR_INIT }

void bbk_splice_release(struct bbk_splice *splice);

/* The lines in which the two texts differ. */
void bbk_splice_find(struct bbk_splice *splice, const struct bbk_str *before,
		     const struct bbk_str *after);
/*
 * text with `was` in the place of `now`.  False, and out untouched, where
 * `now` is not in it as whole lines, or more than once, or where the lines
 * behind it would get into another section.
 */
bool bbk_splice_undo(const struct bbk_splice *splice,
		     const struct bbk_str *text, struct bbk_str *out)
	BBK_MUST_CHECK;

#endif
