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

struct bbk_git_https {
	/*
	 * The remote of the repository in this folder that has this URL; then
	 * the repository's settings count, too.  NULL: none has.
	 */
	const char *remote;
	const char *url; /* has passed bbk_url_parse() */
};

/*
 * Serves whoever is on 0 and 1 until they end it.  The server is verified by
 * its certificate, whatever http.sslVerify says.  0: served.  1: nothing was
 * said to them.  -1: it broke off in between; the programs on either side have
 * said why.
 */
int bbk_git_over_https(const struct bbk_git_https *what, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * Would git, and whatever goes by its settings, verify the certificate of this
 * server, in the repository here?  Where it cannot be told: no.
 */
bool bbk_git_verifies(const char *url);

#endif
