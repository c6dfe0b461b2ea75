/*
 * Starting another program, with streams of its own and nothing else open.
 */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

#include "base/attr.h"

#include <signal.h>
#include <sys/types.h>

struct bbk_spawn {
	const char *program; /* absolute */
	char *const *argv;
	char *const *env;    /* NULL: ours */
	int streams[3];	     /* what becomes 0, 1 and 2 of it; -1: ours */
	int above;	     /* what becomes BBK_ABOVE_FD of it; 0: nothing */
};

/*
 * SIGPIPE and SIGXFSZ are as usual in it, and no signal is blocked, whatever
 * it is here.  0, or an errno.
 */
int bbk_spawn(pid_t *pid, const struct bbk_spawn *spawn) BBK_MUST_CHECK;

/* A pipe that no other program gets unasked; where it fails, both are -1. */
int bbk_pipe(int fds[2]) BBK_MUST_CHECK;
/* Two of them, for what goes in and what comes out. */
int bbk_pipes(int in[2], int out[2]) BBK_MUST_CHECK;

/* What ends a program from outside. */
#define BBK_ENDING_SIGNALS { SIGINT, SIGTERM, SIGHUP, SIGQUIT }

/* One that comes before we know whom to pass it on to must wait. */
void bbk_hold_signals(sigset_t *usual);

#endif
