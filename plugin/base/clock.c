#include "base/clock.h"

#include <errno.h>
#include <time.h>

static int64_t now(struct bbk_clock *clock)
{
	struct timespec ts;

	(void)clock;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void sleep_ms(struct bbk_clock *clock, int64_t milliseconds)
{
	struct timespec left = { milliseconds / 1000,
				 milliseconds % 1000 * 1000000 };

	(void)clock;
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

struct bbk_clock bbk_system_clock = { now, sleep_ms };
