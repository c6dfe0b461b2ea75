/*
 * Host keys that were verified, and how ssh is told of them.
 *
 * Ours are in <state>/known_hosts.  ssh gets that file in front of the
 * system's in GlobalKnownHostsFile: the person's own file, whatever it is,
 * stays in force, and ssh never writes into ours.
 */
#ifndef SSH_HOSTKEY_H
#define SSH_HOSTKEY_H

#include "base/text.h"
#include "ssh/client.h"

/* <state>/known_hosts; the caller frees. */
char *bbk_known_hosts_path(const char *state);

/*
 * The value of GlobalKnownHostsFile: ours, then the others that ssh has now;
 * quoted.
 */
char *bbk_known_hosts_option(const char *state,
			     const struct bbk_strv *global);

/*
 * Is there an entry of ours that begins with these words: a host key name
 * ("[host]:7999"), or all of it ("[host]:7999 ssh-rsa AAAA...")?
 */
int bbk_known_hosts_has(const char *state, const char *words, bool *has,
			struct bbk_err *err) BBK_MUST_CHECK;
/* Makes this the only entry of ours for its name. */
int bbk_known_hosts_save(const char *state, const struct bbk_hostkey *key,
			 struct bbk_err *err) BBK_MUST_CHECK;

/*
 * Before that: the same key for other names of the same server.  One that has
 * an entry of its own, another than key->name has, keeps it.
 */
int bbk_known_hosts_share(const char *state, const struct bbk_hostkey *key,
			  const struct bbk_strv *names, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * May ssh find a host key revoked, once it has seen it?  Where RevokedHostKeys
 * is set, or a known hosts file marks any as @revoked, or cannot be read whole.
 */
bool bbk_known_hosts_revoke(const struct bbk_ssh_plan *plan);

/* "host" for port 22, "[host]:port" else; the caller frees. */
char *bbk_known_hosts_name(const char *host, unsigned port);

/*
 * A published fingerprint in the one form that ssh prints: "SHA256:<base64
 * without '='>" or "MD5:<16 hex pairs, colons>".  algorithm may be NULL, or
 * what the server calls it.  NULL where it is neither; the caller frees.
 *
 * Bitbucket REST 9.4, /rest/ssh/latest/settings: fingerprint {algorithm,
 * value}; which of the forms it uses is UNCONFIRMED, so all are taken.
 */
char *bbk_fingerprint_canonical(const char *algorithm, const char *value);

#endif
