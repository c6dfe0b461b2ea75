#include "transport/child.h"

#include <signal.h>
#include <spawn.h>

extern char **environ;

pid_t bbk_child_start(const char *program, char *const *argv,
		      const int streams[3])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t usual;
	pid_t pid = -1;
	int rc;

	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawnattr_init(&attributes);
	for (int i = 0; i < 3; i++)
		if (streams[i] >= 0)
			(void)posix_spawn_file_actions_adddup2(
				&actions, streams[i], i);
	(void)sigemptyset(&usual);
	(void)sigaddset(&usual, SIGPIPE);
	(void)posix_spawnattr_setsigdefault(&attributes, &usual);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawn(&pid, program, &actions, &attributes, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attributes);
	return rc ? -1 : pid;
}
