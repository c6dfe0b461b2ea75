/*
 * One process at a time makes keys and registers them.
 *
 * flock() on <state>/lock: freed by the kernel when its holder dies.  Where
 * the file system cannot lock, work goes on without; link() on the key and
 * GET before POST still keep it to one of each.
 */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include "base/clock.h"
#include "base/err.h"

struct bbk_lock {
	int fd;
};

#define BBK_LOCK_INIT { -1 }

/* Waits at most wait_ms; class busy after that. */
int bbk_lock_take(struct bbk_lock *lock, const char *state,
		  struct bbk_clock *clock, int64_t wait_ms,
		  struct bbk_err *err) BBK_MUST_CHECK;
void bbk_lock_release(struct bbk_lock *lock);

#endif
