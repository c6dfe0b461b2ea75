/*
 * Which of a person's keys does the server know?  One connection by libssh2
 * asks about all of them, with the public halves alone: no private key is
 * read, nothing is signed.
 *
 * Advisory: it never grants trust and decides nothing.  libssh2 knows fewer
 * algorithms than OpenSSH (1.10: no rsa-sha2, so RSA keys look unknown to a
 * server that wants it), and a server ends a connection after so many keys
 * that it does not know: OpenSSH 9.2 after 6 (MaxAuthTries), so that three
 * connections, which is all that is tried, hear of 15 of them; Apache MINA,
 * which is behind Data Center, after 20.  "Not known" proves nothing.
 */
#ifndef SSH_SURVEY_H
#define SSH_SURVEY_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

#define BBK_SURVEY_MAX 32 /* keys; what is added behind them is not asked */

struct bbk_survey_key {
	struct bbk_str blob; /* as it goes over the wire */
	char *path;	     /* of the public half; NULL: only in the agent */
	char *comment;	     /* the agent's, scrubbed; NULL: not in the agent */
	bool known;	     /* the server would let it in */
};

struct bbk_survey {
	struct bbk_survey_key *keys; /* no two of them are the same key */
	size_t len;
};

#define BBK_SURVEY_INIT { NULL, 0 }

void bbk_survey_release(struct bbk_survey *survey);

/* A public key file; one that is none, or not there, is passed over. */
void bbk_survey_add_file(struct bbk_survey *survey, const char *path);
/* What an agent said: ssh/agent.h. */
void bbk_survey_add_agent(struct bbk_survey *survey,
			  const struct bbk_str *keys);

/* "type base64", as in a public key file; the caller frees. */
char *bbk_survey_key_line(const struct bbk_survey_key *key);

struct bbk_survey_host {
	const char *host;
	unsigned port;
	const char *user;
	const char *fingerprint; /* of the host key to talk to: "SHA256:.." */
	const struct bbk_strv *pins; /* of its others, that libssh2 may */
				     /* prefer; may be NULL */
};

/*
 * Notes which keys are known.  Class network, negotiate or hostkey where the
 * server could not be asked at all; 10 s at the most.
 */
int bbk_survey_run(struct bbk_survey *survey,
		   const struct bbk_survey_host *host, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
