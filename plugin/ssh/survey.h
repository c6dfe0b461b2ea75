/*
 * Which of these keys does the server know?  One connection by libssh2 asks
 * about all of them, with the public halves alone.
 *
 * Advisory: it never grants trust and decides nothing.  libssh2 knows fewer
 * algorithms than OpenSSH (1.10: no rsa-sha2, so RSA keys look unknown to a
 * server that wants it), so "not known" proves nothing.  It is used for -v
 * only, against an enrolled instance whose host key ssh has just verified.
 */
#ifndef SSH_SURVEY_H
#define SSH_SURVEY_H

#include "base/err.h"
#include "base/str.h"

struct bbk_survey_wish {
	const char *host;
	unsigned port;
	const char *user;
	const char *fingerprint; /* of the host key to talk to: "SHA256:.." */
	const struct bbk_strv *files; /* public key files; 16 are tried */
};

/*
 * Adds to *known the files whose keys the server would let in.  Class network,
 * negotiate or hostkey where it could not be asked; 10 s at the most.
 */
int bbk_survey_run(const struct bbk_survey_wish *wish, struct bbk_strv *known,
		   struct bbk_err *err) BBK_MUST_CHECK;

#endif
