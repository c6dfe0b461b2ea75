/*
 * git's own https, spoken to as if it were git-upload-pack behind ssh.
 *
 * `git remote-https` is the program that git itself runs for an https URL; its
 * stateless-connect (gitremote-helpers(7)) gives the server's protocol version
 * 2 as it is, request by request.  All that differs from a connection to
 * git-upload-pack is the packet "0002" behind each answer, and that git ends
 * such a connection with an empty request.
 */
#ifndef GIT_OVERHTTPS_H
#define GIT_OVERHTTPS_H

#include "base/err.h"

#include <stdbool.h>

/*
 * Serves whoever is on 0 and 1 until they end it.  url is built by us, of a
 * configured base and validated parts.  here: the settings of the repository in
 * this folder count, too.  0: served.  1: nothing was said to them.  -1: it
 * broke off in between; the programs on either side have said why.
 */
int bbk_git_over_https(const char *url, bool here, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
