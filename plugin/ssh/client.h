/*
 * ssh: what OpenSSH would do for git, asked without git.
 *
 * Only its answer counts: it decides about host keys, algorithms and access,
 * with the person's own configuration.  A seam, so that a test can play a
 * server that accepts a key on the fourth try.
 */
#ifndef SSH_CLIENT_H
#define SSH_CLIENT_H

#include "base/err.h"
#include "base/str.h"
#include "ssh/agent.h"

#include <stdbool.h>
#include <stdint.h>

enum bbk_ssh_auth {
	BBK_SSH_NOBODY, /* only the host key; DENIED when that is good */
	BBK_SSH_KEY,	/* this key alone */
	BBK_SSH_OWN,	/* whatever ssh would offer for the person */
};

struct bbk_ssh_call {
	const char *host;
	unsigned port;	     /* 0: as ssh's configuration has it */
	const char *user;
	enum bbk_ssh_auth auth;
	const char *key;     /* BBK_SSH_KEY: the private key's path */
	const char *fingerprint; /* and its fingerprint, if known */
	bool agent;	     /* the key's passphrase is with the agent */
	const char *command; /* remote command; NULL or "": none */
	const char *known_hosts; /* GlobalKnownHostsFile, see hostkey.h */
	/*
	 * Fingerprints that are as good as an entry in known_hosts: "SHA256:.."
	 * or "MD5:..", all of one kind.  NULL or empty: known hosts decide.
	 */
	const struct bbk_strv *pins;
	const char *hostkey_types; /* HostKeyAlgorithms; NULL: ssh's own */
};

enum bbk_ssh_outcome {
	BBK_SSH_OK,	    /* in, and git's protocol or the command answers */
	BBK_SSH_DENIED,	    /* host key good; Permission denied (publickey) */
	BBK_SSH_NO_ACCESS,  /* in, but not to this repository */
	BBK_SSH_HOST_UNKNOWN,
	BBK_SSH_HOST_CHANGED, /* not the one in known hosts, or not the pin */
	BBK_SSH_HOST_REVOKED,
	BBK_SSH_NEGOTIATE,  /* no common algorithm */
	BBK_SSH_NETWORK,
	BBK_SSH_OTHER,
};

/* The host key that the server showed. */
struct bbk_hostkey {
	char *name;	   /* as known hosts have it: "[host]:7999" */
	char *type;	   /* "ssh-rsa" */
	char *blob;	   /* base64 */
	char *fingerprint; /* "SHA256:.." or "MD5:..", as the pins are */
};

#define BBK_HOSTKEY_INIT { NULL, NULL, NULL, NULL }

void bbk_hostkey_release(struct bbk_hostkey *key);

struct bbk_ssh_answer {
	enum bbk_ssh_outcome outcome;
	bool known;	  /* the server would take one of the keys offered */
	bool other_key;	  /* let in by another key than the one asked for */
	bool dropped;	  /* NETWORK, of the kind of base/drop.h */
	bool old_rsa;	  /* an RSA key was not even offered: no SHA-2 there */
	char *said;	  /* the line that decided it, scrubbed; or NULL */
	struct bbk_hostkey hostkey; /* fields NULL where none was seen */
	int64_t milliseconds;
};

#define BBK_SSH_ANSWER_INIT \
	{ BBK_SSH_OTHER, false, false, false, false, NULL, BBK_HOSTKEY_INIT, \
	  0 }

void bbk_ssh_answer_release(struct bbk_ssh_answer *answer);

/* What the person's configuration makes of a destination (ssh -G). */
struct bbk_ssh_plan {
	char *hostname;
	unsigned port;
	char *agent;			/* the IdentityAgent, if configured */
	struct bbk_strv identities;	/* files that exist, no tilde */
	struct bbk_strv user_known_hosts;
	struct bbk_strv global_known_hosts;
	bool revokes;			/* RevokedHostKeys names a file */
};

#define BBK_SSH_PLAN_INIT \
	{ NULL, 0, NULL, BBK_STRV_INIT, BBK_STRV_INIT, BBK_STRV_INIT, false }

void bbk_ssh_plan_release(struct bbk_ssh_plan *plan);

struct bbk_ssh {
	/* One connection, at most 10 s.  -1 only where ssh cannot be run. */
	int (*run)(struct bbk_ssh *ssh, const struct bbk_ssh_call *call,
		   struct bbk_ssh_answer *answer, struct bbk_err *err);
	/*
	 * No connection; port 0: not given.  Runs the person's `Match exec`,
	 * as ssh would.
	 */
	int (*plan)(struct bbk_ssh *ssh, const char *user, const char *host,
		    unsigned port, struct bbk_ssh_plan *plan,
		    struct bbk_err *err);
	/*
	 * Has the agent a key?  At most 2 s, once; no agent is no.  An agent
	 * that did not answer is kept out of run(), where ssh would wait for
	 * it as long as it may.
	 */
	bool (*agent_has_keys)(struct bbk_ssh *ssh);
	/* Adds what the agent says of them now, for bbk_agent_next(). */
	void (*agent_keys)(struct bbk_ssh *ssh, struct bbk_str *keys);
};

/* The real ssh, which is OpenSSH, or somebody's command that runs it. */
struct bbk_openssh {
	struct bbk_ssh ssh;
	const char *helper; /* path of git-bbkey-ssh, borrowed */
	const char *config; /* base/realssh.h, borrowed; NULL: from the PATH */
	char agent_socket[128]; /* as plan() found it configured, or "" */
	enum bbk_agent agent;
	bool agent_asked;
};

void bbk_openssh_init(struct bbk_openssh *openssh, const char *helper,
		      const char *config);

#endif
