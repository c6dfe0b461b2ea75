/*
 * What the text of `ssh -v` says: OpenSSH 9.2's own lines, and nothing that a
 * server could put between them.
 */
#ifndef SSH_VERDICT_H
#define SSH_VERDICT_H

#include "ssh/client.h"

/*
 * What the text of `ssh -v` and the first bytes of stdout say; fingerprint is
 * that of the one key that was meant to get in, or NULL.
 */
void bbk_ssh_classify(struct bbk_ssh_answer *answer, const char *err_text,
		      const char *out, size_t out_len, int status,
		      const char *fingerprint);

/*
 * The host key that the server showed, from the line that git-bbkey-ssh, as
 * KnownHostsCommand, wrote to ssh's standard error.  key is left alone where
 * there is none, or where somebody may have imitated it.
 */
void bbk_ssh_read_hostkey(struct bbk_hostkey *key, const char *text);

#endif
