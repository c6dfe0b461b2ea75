/*
 * The person's ssh-agent: is there one, and does it answer?  ssh waits for an
 * agent without an end, so it must not be sent to one that says nothing.
 *
 * Source: draft-ietf-sshm-ssh-agent, 3.5 (request identities).
 */
#ifndef SSH_AGENT_H
#define SSH_AGENT_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum bbk_agent {
	BBK_AGENT_NONE,	  /* no socket, nobody behind it, or no key in it */
	BBK_AGENT_SILENT, /* no answer in time, or one that no agent gives */
	BBK_AGENT_KEYS,
};

/*
 * Asks the agent at this socket for its keys, for at most wait_ms.  What it
 * says of them, at most 256 KiB, is added to *keys: for bbk_agent_next().
 */
enum bbk_agent bbk_agent_ask(const char *path, int64_t wait_ms,
			     struct bbk_str *keys);

struct bbk_agent_key { /* borrowed; no NUL at the end of either */
	const char *blob; /* of the public key, as it goes over the wire */
	size_t blob_len;
	const char *comment; /* often the file's path; not scrubbed */
	size_t comment_len;
};

/* The key at *at (at first 0), and on to the next.  false: no more of them. */
bool bbk_agent_next(const struct bbk_str *keys, size_t *at,
		    struct bbk_agent_key *key);

#endif
