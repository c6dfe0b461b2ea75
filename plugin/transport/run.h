/*
 * One connection of git's, and running ssh for it: watched, again, or in our
 * place.
 */
#ifndef TRANSPORT_RUN_H
#define TRANSPORT_RUN_H

#include "base/paths.h"
#include "transport/command.h"
#include "transport/help.h"
#include "transport/ssh.h"
#include "transport/watch.h"

struct bbk_transport {
	const struct bbk_command *command;
	int argc;
	char *const *argv;
	char *self; /* our own absolute path, or NULL */
	const char *above; /* of base/above.h; borrowed */
	struct bbk_paths paths;
	struct bbk_realssh ssh;
	struct bbk_record record;
	int drops;  /* connections that the server dropped: base/drop.h */
	char *vouched;  /* GlobalKnownHostsFile for plain ssh; NULL: its own */
	bool carried;   /* git's URL was https: base/carried.h */
	bool on_record; /* it was when we came */
	bool submodule; /* and out of .gitmodules */
	bool settled;   /* no ssh for it, and not for the moment only */
};

/*
 * Tells the person that the key on record is about to expire: store/expiry.h.
 * git bbkey alone can read bbkey.advice; here GIT_ADVICE=0 silences the hint.
 */
void bbk_run_warn(const struct bbk_transport *t);

/* Once, with what is on record. */
void bbk_run(struct bbk_transport *t, struct bbk_watch *watch);
/* The same; a server that has no place for us at the moment is asked again. */
void bbk_run_patiently(struct bbk_transport *t, struct bbk_watch *watch);
/*
 * At the gate, until ssh was let through, or not: with what was offered, which
 * may differ, once, from what will have been expected.
 */
void bbk_run_at_gate(struct bbk_transport *t, struct bbk_help *help,
		     struct bbk_watch *watch);

/* "Permission denied", or "let in, but not here"? */
bool bbk_run_was_refused(const struct bbk_watch *watch);

/*
 * The server learned of the key a moment ago, and may take its time: ssh runs
 * again, for at most 20 s, and then this program ends as it did.  Safe because
 * in git's protocol the server speaks first: a refused ssh has read and written
 * nothing of git's.  watch is of the run before.
 */
BBK_NORETURN void bbk_run_until_honoured(struct bbk_transport *t,
					 struct bbk_watch *watch);

/* With what is on record, nobody looking on: unless the URL was https. */
BBK_NORETURN void bbk_run_in_our_place(struct bbk_transport *t);
/* The same as ssh would without us: argv as it came. */
BBK_NORETURN void bbk_run_plain(struct bbk_transport *t);

/*
 * ssh is at its end, and so is this program: as it ended, or, where the URL was
 * https and ssh never came to git's own words, over https after all
 * (core/overhttps.h).
 */
BBK_NORETURN void bbk_run_end(struct bbk_transport *t,
			      struct bbk_watch *watch);

#endif
