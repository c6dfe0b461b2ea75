/*
 * The person's ssh-agent: is there one, and does it answer?  ssh waits for an
 * agent without an end, so it must not be sent to one that says nothing.
 *
 * Source: draft-ietf-sshm-ssh-agent, 3.5 (request identities).
 */
#ifndef SSH_AGENT_H
#define SSH_AGENT_H

#include <stdint.h>

enum bbk_agent {
	BBK_AGENT_NONE,	  /* no socket, nobody behind it, or no key in it */
	BBK_AGENT_SILENT, /* no answer in time, or one that no agent gives */
	BBK_AGENT_KEYS,
};

/* Asks the agent at this socket for its keys, for at most wait_ms. */
enum bbk_agent bbk_agent_ask(const char *path, int64_t wait_ms);

#endif
