/*
 * What git asks a credential helper: lines of name=value, ended by an empty
 * line or the end of input (git-credential(1)).
 */
#ifndef BASE_REQUEST_H
#define BASE_REQUEST_H

#include "base/attr.h"
#include "base/url.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Set in the environment of whatever could ask our helper again on our own
 * behalf: `git credential`, and a person's tokenCommand.  The helper then says
 * nothing, so that it never waits for itself.
 */
#define BBK_REQUEST_GUARD "GIT_CREDENTIAL_BBKEY"

struct bbk_request {
	char *protocol;
	char *host; /* with its port, as git writes it */
	char *path;
	char *username;
	char *password;	  /* these two: of `store` and `erase`; wiped */
	char *credential;
	bool authtype;	  /* git understands more than a password (2.46) */
	char *text;	  /* every line of it, for another helper; wiped */
};

#define BBK_REQUEST_INIT \
	{ NULL, NULL, NULL, NULL, NULL, NULL, false, NULL }

void bbk_request_release(struct bbk_request *request);

/*
 * True for a whole request with a protocol and a host.  Only LF ends a line;
 * a NUL or CR anywhere, a name that is given twice (but for those in "[]"), a
 * line beyond 65535 bytes, more than 64 lines, or an end in mid-line make it
 * none at all.
 */
bool bbk_request_parse(struct bbk_request *request, const char *text,
		       size_t len);
/* Reads up to the empty line, for a caller that keeps its end open. */
bool bbk_request_read(struct bbk_request *request, int fd);

/*
 * The place that it is about, in canonical form; "" is the path where git gave
 * none.  False for anything but https and a host, port and path that an
 * instance of Bitbucket can have.
 */
bool bbk_request_url(const struct bbk_request *request, struct bbk_url *url);

#endif
