/*
 * What git asks a credential helper: lines of name=value, ended by an empty
 * line or the end of input (git-credential(1)).
 */
#ifndef CREDENTIAL_REQUEST_H
#define CREDENTIAL_REQUEST_H

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>

struct bbk_request {
	char *protocol;
	char *host; /* with its port, as git writes it */
	char *path;
	char *username;
};

#define BBK_REQUEST_INIT { NULL, NULL, NULL, NULL }

void bbk_request_release(struct bbk_request *request);

/*
 * True for a whole request with a protocol and a host.  Only LF ends a line;
 * a NUL or CR anywhere, a name that is given twice, a line beyond 65535 bytes,
 * more than 64 lines, or an end in mid-line make it none at all.
 */
bool bbk_request_parse(struct bbk_request *request, const char *text,
		       size_t len);
bool bbk_request_read(struct bbk_request *request, int fd);

#endif
