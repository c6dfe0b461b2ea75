/*
 * What the transport asks for: access to one repository, inside a plain git
 * command, with nobody looking.
 *
 * The instance must be enrolled, the project allowed (auto, projects), the
 * URL a person's.  The person's own keys are tried first; nothing is made or
 * registered where they open the repository.
 */
#ifndef CORE_ENSURE_H
#define CORE_ENSURE_H

#include "base/env.h"
#include "ssh/client.h"
#include "store/record.h"

#include <stdbool.h>

enum bbk_ensure_why {
	BBK_ENSURE_FIRST,     /* there is no record */
	BBK_ENSURE_PUSH,      /* the key on record may only read */
	BBK_ENSURE_DENIED,    /* the server refused the key on record */
	BBK_ENSURE_NO_ACCESS, /* it knows the key, but not in this place */
};

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

struct bbk_ensure_wish {
	enum bbk_ensure_why why;
	const char *host; /* validated and canonical, as base/url.h has it */
	unsigned port;	  /* 0: none was given */
	const char *user;
	const char *project;
	const char *repo;
	bool submodule;	  /* the URL is out of .gitmodules */
	bool batch;	  /* ssh was told not to ask */
	struct bbk_offer *offer; /* borrowed; NULL: ssh runs afterwards */
};

enum bbk_ensured {
	BBK_ENSURED_PLAIN, /* nothing for us to do: plain ssh */
	BBK_ENSURED_READY, /* a record is there */
	BBK_ENSURED_FRESH, /* and the key was registered a moment ago */
	BBK_ENSURED_STOP,  /* no ssh at all; err says why */
	BBK_ENSURED_OVER,  /* that was what plain ssh would have come to */
	BBK_ENSURED_GONE,  /* offer->go() said it all */
};

/*
 * *talk is what a person is told, one line: "registered on project PROJ"; the
 * caller frees.  -1: could not help; plain ssh is still right, unless *result
 * is STOP.
 */
int bbk_ensure(struct bbk_env *env, const struct bbk_ensure_wish *wish,
	       enum bbk_ensured *result, char **talk, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
