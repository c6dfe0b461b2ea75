/*
 * Running the real ssh: in our place, or under our eyes.
 */
#ifndef TRANSPORT_RUN_H
#define TRANSPORT_RUN_H

#include "base/attr.h"
#include "store/record.h"

/*
 * GIT_SSH, where the caller of git set it, else ssh from the PATH; with argv
 * as it came.  Does not return; 127 where there is no ssh.
 */
BBK_NORETURN void bbk_run_plain(int argc, char *const *argv);

/* ssh with the record's key and our known hosts in front of argv. */
BBK_NORETURN void bbk_run_with(const struct bbk_record *record, int argc,
			       char *const *argv);

/*
 * The same for a key that was registered a moment ago: where the server does
 * not take it yet, waits and runs ssh again, for at most 20 s.  Safe because
 * in git's protocol the server speaks first: a refused ssh has read and
 * written nothing of git's.  The exit status of the last ssh.
 */
int bbk_run_until_honoured(const struct bbk_record *record, int argc,
			   char *const *argv);

#endif
