#include "test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fakes.h"
#include "store/lock.h"

/* A process that takes the lock and keeps it; its process id. */
static pid_t hold(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		struct bbk_lock lock = BBK_LOCK_INIT;
		struct bbk_err err = BBK_ERR_INIT;

		if (bbk_lock_take(&lock, test_dir(), &bbk_system_clock, 0,
				  &err) == 0 && write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void a_held_lock_is_busy_after_the_wait(void **state)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	struct bbk_lock lock = BBK_LOCK_INIT;
	struct fake_clock clock;
	pid_t holder;

	(void)state;
	(void)test_dir();
	holder = hold();
	fake_clock_init(&clock);
	assert_int_equal(bbk_lock_take(&lock, test_dir(), &clock.clock, 20000,
				       &err), -1);
	assert_int_equal(lock.fd, -1);
	assert_in_range(clock.slept, 20000, 20100);
	miss_class(&err, BBK_E_BUSY, "held");
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	assert_int_equal(bbk_lock_take(&lock, test_dir(), &clock.clock, 0,
				       &err), 0);
	bbk_lock_release(&lock);
	bbk_lock_release(&lock);
}

static void a_link_is_not_locked(void **state)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	struct bbk_lock lock = BBK_LOCK_INIT;

	(void)state;
	assert_int_equal(symlink("elsewhere", test_path("lock")), 0);
	assert_int_equal(bbk_lock_take(&lock, test_dir(), &bbk_system_clock, 0,
				       &err), -1);
	miss_class(&err, BBK_E_LOCAL, "link");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_held_lock_is_busy_after_the_wait),
		TEST(a_link_is_not_locked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
