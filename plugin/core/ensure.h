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
#include "core/meeting.h"

#include <stdbool.h>

enum bbk_ensure_why {
	BBK_ENSURE_FIRST,     /* there is no record */
	BBK_ENSURE_PUSH,      /* the key on record may only read */
	BBK_ENSURE_DENIED,    /* the server refused the key on record */
	BBK_ENSURE_NO_ACCESS, /* it knows the key, but not in this place */
	BBK_ENSURE_NOT_YET,   /* the same, of a key registered just now */
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

/* What is known where no help was possible, or none was wanted. */
enum bbk_outlook {
	BBK_OUTLOOK_OPEN,    /* another time may be another matter */
	BBK_OUTLOOK_SETTLED, /* it is not to be, and the person knows */
	BBK_OUTLOOK_LOCKED,  /* ssh will do, once a key has its passphrase */
};

struct bbk_ensure_answer {
	enum bbk_ensured result;
	enum bbk_outlook outlook;
	char *talk; /* for the person, one line: "registered on project PROJ" */
	char *known_hosts; /* LOCKED: GlobalKnownHostsFile for that ssh */
};

#define BBK_ENSURE_ANSWER_INIT \
	{ BBK_ENSURED_PLAIN, BBK_OUTLOOK_OPEN, NULL, NULL }

void bbk_ensure_answer_release(struct bbk_ensure_answer *answer);

/*
 * -1: could not help; plain ssh is still right, unless the result is STOP.  The
 * answer is filled in any case.
 */
int bbk_ensure(struct bbk_env *env, const struct bbk_ensure_wish *wish,
	       struct bbk_ensure_answer *answer, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
