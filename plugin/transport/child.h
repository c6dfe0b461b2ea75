/*
 * Starting another program, with streams of its own.
 */
#ifndef TRANSPORT_CHILD_H
#define TRANSPORT_CHILD_H

#include <sys/types.h>

/*
 * streams are what becomes 0, 1 and 2 of it; -1: ours.  SIGPIPE is as usual in
 * it, whatever it is here.  Its process id, or -1.
 */
pid_t bbk_child_start(const char *program, char *const *argv,
		      const int streams[3]);

#endif
