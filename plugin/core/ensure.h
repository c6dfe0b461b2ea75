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

/*
 * *talk is what a person is told, one line: "registered on project PROJ"; the
 * caller frees.  -1: could not help; plain ssh is still right, unless *result
 * is STOP.
 */
int bbk_ensure(struct bbk_env *env, const struct bbk_ensure_wish *wish,
	       enum bbk_ensured *result, char **talk, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
