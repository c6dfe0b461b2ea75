/*
 * Time: monotonic milliseconds, and waiting.  A seam, so that a test of a
 * back-off takes no time.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

struct bbk_clock {
	int64_t (*now)(struct bbk_clock *clock);
	void (*sleep)(struct bbk_clock *clock, int64_t milliseconds);
};

extern struct bbk_clock bbk_system_clock;

#endif
