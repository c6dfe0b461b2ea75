#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

#define LOOK_AGAIN_MS 20

void bbk_lock_release(struct bbk_lock *lock)
{
	if (lock->fd >= 0)
		close(lock->fd);
	lock->fd = -1;
}

static int wait_for(int fd, struct bbk_clock *clock, int64_t wait_ms,
		    struct bbk_err *err)
{
	int64_t end = clock->now(clock) + wait_ms;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return 0; /* cannot lock here: see lock.h */
		if (clock->now(clock) >= end) {
			bbk_err_set(err, BBK_E_BUSY,
				    "another git-bbkey has been at work for "
				    "%d seconds", (int)(wait_ms / 1000));
			return bbk_err_hint(err, "wait until it is done, or "
						 "end it, and try again");
		}
		clock->sleep(clock, LOOK_AGAIN_MS);
	}
	return 0;
}

int bbk_lock_take(struct bbk_lock *lock, const char *state,
		  struct bbk_clock *clock, int64_t wait_ms, struct bbk_err *err)
{
	char *path = bbk_strf("%s/lock", state);
	int rc = bbk_make_dirs(state, err);

	if (!rc) {
		lock->fd = bbk_openat(AT_FDCWD, path, O_RDWR | O_CREAT |
				      O_CLOEXEC | O_NOFOLLOW, 0600);
		if (lock->fd < 0)
			rc = bbk_err_errno(err, BBK_E_LOCAL, errno,
					   "cannot open '%s'", path);
	}
	free(path);
	if (!rc)
		rc = wait_for(lock->fd, clock, wait_ms, err);
	if (rc < 0)
		bbk_lock_release(lock);
	return rc;
}
