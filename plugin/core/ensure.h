/*
 * What the transport asks for when it has no record: access to one
 * repository, for a plain `git clone`, with nobody looking.
 *
 * The instance must be enrolled, the project allowed (auto, projects), the
 * URL a person's.  The person's own keys are tried first; nothing is made or
 * registered where they open the repository.
 */
#ifndef CORE_ENSURE_H
#define CORE_ENSURE_H

#include "base/env.h"

#include <stdbool.h>

struct bbk_ensure_wish {
	const char *host; /* validated and canonical, as base/url.h has it */
	unsigned port;	  /* 0: none was given */
	const char *user;
	const char *project;
	const char *repo;
	bool submodule;	  /* the URL is out of .gitmodules */
	bool batch;	  /* ssh was told not to ask */
};

enum bbk_ensured {
	BBK_ENSURED_PLAIN, /* nothing for us to do: plain ssh */
	BBK_ENSURED_READY, /* a record is there */
	BBK_ENSURED_FRESH, /* and the key was registered a moment ago */
	BBK_ENSURED_STOP,  /* the host key is a wrong one: no ssh at all */
};

/*
 * talk is told each line for the person: "registered on project PROJ".  -1:
 * could not help; plain ssh is still right.
 */
int bbk_ensure(struct bbk_env *env, const struct bbk_ensure_wish *wish,
	       enum bbk_ensured *result, char **talk, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
