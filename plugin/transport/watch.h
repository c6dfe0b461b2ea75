/*
 * ssh, run under our eyes.
 *
 * Its standard input and output are git's own and are never touched.  Its
 * standard error comes through as it is, line by line, but for lines that a
 * second run would make untrue: those are held back, with all that follows
 * them, until it is known what they mean.
 */
#ifndef TRANSPORT_WATCH_H
#define TRANSPORT_WATCH_H

#include "base/str.h"
#include "transport/ssh.h"

/* What ssh, or the server, said of why it ended. */
enum bbk_words {
	BBK_WORDS_OTHER,     /* none that we know: its end is git's business */
	BBK_WORDS_DENIED,    /* "Permission denied (publickey": OpenSSH 9.2 */
	BBK_WORDS_NO_ACCESS, /* let in, but not here: reference 1.10, 2.6 */
	BBK_WORDS_DROPPED,   /* base/drop.h */
	BBK_WORDS_NOT_THERE, /* it never came so far as to log in */
	BBK_WORDS_UNKNOWN_HOST, /* "Host key verification failed." */
	BBK_WORDS_BAD_HOST,  /* "REMOTE HOST IDENTIFICATION HAS CHANGED" */
};

/*
 * Somebody who is asked, in the middle of the run, whether ssh may go on:
 * transport/help.h.
 */
struct bbk_knock {
	/* How the line begins that asks. */
	const char *begin;
	/* The rest of that line.  true: go on.  false: ssh is killed. */
	bool (*answer)(struct bbk_knock *knock, const char *text);
	/*
	 * Readable before that: nobody waits for ssh any more.  What ssh says
	 * until then is held back.  0: no such.
	 */
	int over;
};

struct bbk_watch {
	enum bbk_words words;
	int status;	     /* exit status, or 128 + signal */
	int signal;	     /* that ended ssh, or us; 0: none */
	bool killed;	     /* because of an answer to a knock, or none */
	bool hushed;	     /* what it says is held back, whatever it is */
	struct bbk_str line;
	struct bbk_str held;
	struct bbk_str last; /* the last whole line that came through */
};

#define BBK_WATCH_INIT \
	{ BBK_WORDS_OTHER, 255, 0, false, false, BBK_STR_INIT, BBK_STR_INIT, \
	  BBK_STR_INIT }

void bbk_watch_release(struct bbk_watch *watch);

/*
 * Runs it to its end; knock may be NULL.  SIGINT, SIGTERM, SIGHUP and SIGQUIT
 * are passed on; after one of them nothing is run any more.
 */
void bbk_watch_run(struct bbk_watch *watch, const struct bbk_ssh_line *line,
		   struct bbk_knock *knock);

/* Says what was held back. */
void bbk_watch_speak(struct bbk_watch *watch);
/* The same, then ends as ssh did: by its status or signal. */
BBK_NORETURN void bbk_watch_finish(struct bbk_watch *watch);

/*
 * After such a run: another program, with git's own streams and the same
 * signals passed on, to its end.  Its exit status; -1 where it has none.
 * watch->signal is what came meanwhile.
 */
int bbk_watch_other(struct bbk_watch *watch, const char *program,
		    char *const *argv);

#endif
