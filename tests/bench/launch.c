/*
 * bench-launch <program> <argument>...
 *
 * Starts the program, waits for it, and writes one line to descriptor 3:
 *
 *	<start> <end> <cpu> <max resident> <exit status>
 *
 * The first two are CLOCK_MONOTONIC in nanoseconds, the third is the CPU time
 * of it and of all that it waited for, in microseconds.  Max resident is kB,
 * of this very process, of what it execs, or of a child of it where that has
 * more; it begins with ours, which is why this is not written in a larger
 * language.
 */
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static long long now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long microseconds(struct timeval t)
{
	return t.tv_sec * 1000000LL + t.tv_usec;
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	long long start;
	int status = 0;
	pid_t pid;

	if (argc < 2 || posix_spawn_file_actions_init(&actions) ||
	    posix_spawn_file_actions_addclose(&actions, 3))
		return 2;
	start = now();
	if (posix_spawnp(&pid, argv[1], &actions, NULL, argv + 1, environ))
		return 127;
	if (wait4(pid, &status, 0, &usage) < 0)
		return 2;
	if (dprintf(3, "%lld %lld %lld %ld %d\n", start, now(),
		    microseconds(usage.ru_utime) + microseconds(usage.ru_stime),
		    usage.ru_maxrss,
		    WIFEXITED(status) ? WEXITSTATUS(status) :
					128 + WTERMSIG(status)) < 0)
		return 2;
	return 0;
}
