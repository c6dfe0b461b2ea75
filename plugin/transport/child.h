/*
 * Starting another program, with streams of its own.
 */
#ifndef TRANSPORT_CHILD_H
#define TRANSPORT_CHILD_H

#include <sys/types.h>

/* Whether it is one of ours, and may see BBKEY_TOKEN and its kin. */
enum bbk_child_kind { BBK_CHILD_OURS, BBK_CHILD_FOREIGN };

/*
 * streams are what becomes 0, 1 and 2 of it; -1: ours.  SIGPIPE is as usual in
 * it, whatever it is here.  Its process id, or -1.
 */
pid_t bbk_child_start(enum bbk_child_kind kind, const char *program,
		      char *const *argv, const int streams[3]);

#endif
