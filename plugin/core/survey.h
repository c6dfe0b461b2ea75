/*
 * The keys of a person that the server knows: those in ~/.ssh, those that
 * ssh's configuration names, and those in their agent.  Only public halves
 * are read.  Advisory, as ssh/survey.h says: for `status -v` and `doctor`.
 */
#ifndef CORE_SURVEY_H
#define CORE_SURVEY_H

#include "core/access.h"

struct bbk_known_key {
	char *path;	   /* of the public half; NULL: only in the agent */
	char *comment;	   /* the agent's; scrubbed; "" without one */
	char *fingerprint; /* NULL where ssh-keygen cannot tell */
	bool agent;
};

struct bbk_known_keys {
	bool asked; /* else nothing is known of any key */
	struct bbk_known_key *keys;
	size_t len;
};

#define BBK_KNOWN_KEYS_INIT { false, NULL, 0 }

void bbk_known_keys_release(struct bbk_known_keys *known);

/*
 * access has met its server, and verified its host key, at this port: else
 * class hostkey, without a connection.  Otherwise as bbk_survey_run().
 */
int bbk_known_keys_find(struct bbk_known_keys *known,
			const struct bbk_access *access, unsigned port,
			const struct bbk_env *env, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
