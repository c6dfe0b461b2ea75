#include "transport/child.h"

#include <signal.h>
#include <spawn.h>
#include <stdlib.h>

#include "base/str.h"

extern char **environ;

static bool is_secret(const char *variable)
{
	return bbk_begins(variable, "BBKEY_TOKEN=") ||
	       bbk_begins(variable, "BBKEY_URL=") ||
	       bbk_begins(variable, "BBKEY_USER=");
}

/* The environment without our token; the strings are borrowed. */
static char **without_token(void)
{
	size_t len = 0, kept = 0;
	char **env;

	while (environ[len])
		len++;
	env = bbk_alloc((len + 1) * sizeof(*env));
	for (size_t i = 0; i < len; i++)
		if (!is_secret(environ[i]))
			env[kept++] = environ[i];
	return env;
}

pid_t bbk_child_start(enum bbk_child_kind kind, const char *program,
		      char *const *argv, const int streams[3])
{
	char **env = without_token();
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
	rc = posix_spawn(&pid, program, &actions, &attributes, argv,
			 kind == BBK_CHILD_OURS ? environ : env);
	free(env);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attributes);
	return rc ? -1 : pid;
}
