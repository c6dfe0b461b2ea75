/*
 * The talk with `git-bbkey ensure`, which knows what we must not link.
 *
 * It answers in lines on its standard output; the last one is
 *
 *	plain		nothing for us to do, or to help
 *	ready		there is a record now; "key" stands in front
 *	fresh		the same, and the server learned of the key just now
 *	stop <status>	no ssh at all; it said why
 *	over		plain ssh would end as the one that failed did
 *	offer		a key is at hand.  Run ssh with it, and ask before the
 *			server's host key is believed (below)
 *
 * In front of "plain" and "over" may stand "settled": what is in the way is no
 * passing fault, and the person has had their say; or "locked": nothing is, but
 * that a key of theirs wants its passphrase; then "known_hosts" stands there,
 * too, with the host key that was verified.
 *
 * In front of "offer" stand "key", "agent", "known_hosts" and "pin" (one or
 * more), each with its value: what the record will say, once it is registered.
 *
 * ssh is then run with git-bbkey-ssh --gate as its KnownHostsCommand, which
 * says on standard error, our socket, what host key it saw and whether that
 * is a pinned one.  ssh waits for it, before it sends the key.  While it
 * waits, "seen <name> <type> <blob> <fingerprint>" makes ensure register the
 * key, on a connection that it has opened meanwhile; a host key that is not
 * pinned ends this ssh, and "other" makes ensure look into it; "failed
 * <ssh's last line>" tells it that ssh never came so far.
 *
 * Where store/first.h says what will be offered, ssh is run at once, beside
 * `git-bbkey ensure`: then the first answer is waited for at the gate.
 *
 * A `git bbkey clone` that runs git for a place without a record says the
 * same, over a socket (base/above.h), and begins with "offer".  What it says
 * before ssh comes to the gate, and its end at any time, is a "stop".
 */
#ifndef TRANSPORT_HELP_H
#define TRANSPORT_HELP_H

#include <sys/types.h>

#include "store/first.h"
#include "store/record.h"
#include "transport/watch.h"

enum bbk_help_answer {
	BBK_HELP_PLAIN,
	BBK_HELP_READY,
	BBK_HELP_FRESH,
	BBK_HELP_STOP,
	BBK_HELP_OVER,
	BBK_HELP_OFFER,
};

struct bbk_help {
	struct bbk_knock knock; /* for the run at the gate */
	const char *self;	/* our own absolute path, borrowed */
	char *begin;		/* how the gate's line begins: a nonce in it */
	char *gate;		/* KnownHostsCommand */
	struct bbk_record record; /* what ssh is run with */
	struct bbk_first runs;	/* the same, to compare with what is offered */
	struct bbk_first offered;
	bool above;		/* it is a `git bbkey clone` */
	bool agent;		/* was offered with it */
	bool settled;		/* why it cannot help will stay so */
	bool locked;		/* ssh will do, with a passphrase */
	bool heard;		/* the first answer is there */
	bool stale;		/* another key was offered than ssh runs with */
	bool other;		/* the host key was not a pinned one */
	enum bbk_help_answer answer; /* the last one */
	int status;		/* of "stop" */
	pid_t pid;
	int in;			/* its standard input; -1: closed */
	int out;
};

#define BBK_HELP_INIT \
	{ .record = BBK_RECORD_INIT, .runs = BBK_FIRST_INIT, \
	  .offered = BBK_FIRST_INIT, .pid = -1, .in = -1, .out = -1 }

/* Waits for its end: what it has to do is done then. */
void bbk_help_release(struct bbk_help *help);

/*
 * Turns to the `git bbkey clone` above, and hears its first answer: an offer,
 * or stop.  above is what bbk_above_take() gave, or NULL.  false: there is
 * none, or it is about another place.
 */
bool bbk_help_above(struct bbk_help *help, const char *above,
		    const struct bbk_place *place, const char *self);
/* Starts `<program> <words>`.  -1: it cannot be started. */
int bbk_help_start(struct bbk_help *help, const char *program,
		   const struct bbk_strv *words, const char *self)
	BBK_MUST_CHECK;
/* Waits for the first answer.  PLAIN where it ends without one. */
enum bbk_help_answer bbk_help_hear(struct bbk_help *help);

/*
 * Gets ready for a run at the gate: with what was offered, or, where first is
 * not NULL, with what will be; *first is taken over.
 */
int bbk_help_prepare(struct bbk_help *help, struct bbk_first *first)
	BBK_MUST_CHECK;

/*
 * After a run that asked at the gate, or never came so far: what now?  said is
 * the last that ssh said, "" where it was stopped.
 */
enum bbk_help_answer bbk_help_after(struct bbk_help *help, const char *said);

#endif
