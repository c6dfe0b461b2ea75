#define _GNU_SOURCE /* posix_spawn_file_actions_addclosefrom_np() */
#include "base/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <unistd.h>

#include "base/above.h"

extern char **environ;

#ifdef __GLIBC__
#define HAS_CLOSEFROM __GLIBC_PREREQ(2, 34)
#else
#define HAS_CLOSEFROM 0
#endif

#ifdef POSIX_SPAWN_CLOEXEC_DEFAULT /* macOS */
#define FLAGS (POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | \
	       POSIX_SPAWN_CLOEXEC_DEFAULT)
#else
#define FLAGS (POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK)
#endif

/* What our parent left open is not for our children: ours all close on exec. */
static void close_others(posix_spawn_file_actions_t *actions, int from)
{
#if HAS_CLOSEFROM
	(void)posix_spawn_file_actions_addclosefrom_np(actions, from);
#elif !defined(POSIX_SPAWN_CLOEXEC_DEFAULT)
	for (int fd = from; fd < 1024; fd++)
		(void)posix_spawn_file_actions_addclose(actions, fd);
#else
	(void)actions;
	(void)from;
#endif
}

static void wire(posix_spawn_file_actions_t *actions,
		 const struct bbk_spawn *spawn)
{
	for (int fd = 0; fd < 3; fd++)
		(void)posix_spawn_file_actions_adddup2(
			actions,
			spawn->streams[fd] >= 0 ? spawn->streams[fd] : fd, fd);
	if (spawn->above)
		(void)posix_spawn_file_actions_adddup2(actions, spawn->above,
						       BBK_ABOVE_FD);
	close_others(actions, spawn->above ? BBK_ABOVE_FD + 1 : 3);
}

int bbk_spawn(pid_t *pid, const struct bbk_spawn *spawn)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t usual, none;
	int rc;

	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawnattr_init(&attributes);
	wire(&actions, spawn);
	(void)sigemptyset(&none);
	(void)sigemptyset(&usual);
	(void)sigaddset(&usual, SIGPIPE);
	(void)sigaddset(&usual, SIGXFSZ);
	(void)posix_spawnattr_setsigdefault(&attributes, &usual);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setflags(&attributes, FLAGS);
	rc = posix_spawn(pid, spawn->program, &actions, &attributes,
			 spawn->argv, spawn->env ? spawn->env : environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attributes);
	return rc;
}

int bbk_pipe(int fds[2])
{
	if (pipe(fds) < 0) {
		fds[0] = fds[1] = -1;
		return -1;
	}
	(void)fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	return 0;
}

int bbk_pipes(int in[2], int out[2])
{
	if (bbk_pipe(in) < 0)
		return -1;
	if (bbk_pipe(out) == 0)
		return 0;
	(void)close(in[0]);
	(void)close(in[1]);
	return -1;
}

void bbk_hold_signals(sigset_t *usual)
{
	static const int ending[] = BBK_ENDING_SIGNALS;
	sigset_t held;

	(void)sigemptyset(&held);
	for (size_t i = 0; i < BBK_ARRAY_LEN(ending); i++)
		(void)sigaddset(&held, ending[i]);
	(void)sigprocmask(SIG_BLOCK, &held, usual);
}
