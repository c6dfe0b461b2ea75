/*
 * git-bbkey, asked on git's behalf.
 */
#ifndef CREDENTIAL_ASK_H
#define CREDENTIAL_ASK_H

#include "base/request.h"

/* "get", "store" or "erase"; a helper ignores the ones that it cannot do. */
bool bbk_ask_knows(const char *operation);

/*
 * Could the request be for an enrolled instance, and have we a token for it?
 * Enrolment leaves a file with its host and port in the state folder, and
 * git-bbkey one that says that there is none: a look, no program.
 */
bool bbk_ask_is_worth_it(const struct bbk_request *request);

/*
 * `git-bbkey credential <operation>`, with the request on its standard input.
 * What it prints goes to standard output, if it ends well; what it says goes
 * to standard error.  argv0 is where it is looked for first.
 */
void bbk_ask(const char *operation, const struct bbk_request *request,
	     const char *argv0);

#endif
