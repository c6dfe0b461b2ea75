/*
 * Meeting a server while git's own ssh meets it: that ssh waits at its gate,
 * with the host key that it saw, until the key it will offer is registered.
 */
#ifndef CORE_MEETING_H
#define CORE_MEETING_H

#include "bitbucket/rest.h"
#include "ssh/client.h"
#include "store/record.h"

#include <stdbool.h>

/* Somebody who runs ssh, with a key that is not registered yet. */
struct bbk_offer {
	/* Run it now, with this record and these pins. */
	void (*make)(struct bbk_offer *offer, const struct bbk_record *record,
		     const struct bbk_strv *pins);
	/* There is a record now, and this is it. */
	void (*have)(struct bbk_offer *offer, const struct bbk_record *record);
	/*
	 * Waits at most max_ms (-1: as long as it takes) for the host key that
	 * it saw.  1: a pinned one, into *seen.  0: another one, and that ssh
	 * is gone.  -1: ssh is gone, with no host key.  -2: not yet.
	 */
	int (*wait)(struct bbk_offer *offer, struct bbk_hostkey *seen,
		    int64_t max_ms);
	/* The key is registered: ssh may go on. */
	void (*go)(struct bbk_offer *offer);
	/* The last that ssh said before it was gone; NULL: nothing. */
	char *said;
};

/* What came of the host key that git's ssh saw. */
enum bbk_met {
	BBK_MET_NOT_YET,
	BBK_MET_PINNED,
	BBK_MET_ANOTHER,
	BBK_MET_NOBODY, /* ssh is gone: offer->said */
};

struct bbk_meeting {
	struct bbk_hold hold;	 /* while it registers; then rest.hold */
	struct bbk_offer *offer; /* borrowed */
	const struct bbk_strv *pins; /* borrowed: the only good ones */
	struct bbk_hostkey seen; /* where it is a pinned one */
	enum bbk_met met;
	bool late;		 /* it took longer than a request may */
	int64_t patience_ms;	 /* how much longer; -1: for ever */
};

#define BBK_MEETING_INIT \
	{ { NULL }, NULL, NULL, BBK_HOSTKEY_INIT, BBK_MET_NOT_YET, false, -1 }

void bbk_meeting_release(struct bbk_meeting *meeting);

/*
 * Runs enlist(arg), which registers the key over rest: it may connect, but not
 * a byte of a request goes out, and no token, before ssh has seen a pinned
 * host key.  Returns what enlist() did, and then: met PINNED, it was free to
 * register; ANOTHER or NOBODY, nothing was sent, and err says no more than
 * that; NOT_YET, it failed before it came to that, or was late.
 */
int bbk_meeting_enlist(struct bbk_meeting *meeting, struct bbk_rest *rest,
		       int (*enlist)(void *arg, struct bbk_err *err),
		       void *arg, struct bbk_err *err) BBK_MUST_CHECK;

#endif
