/*
 * One OpenSSH public key line: "ssh-ed25519 AAAAC3... comment".
 *
 * Two lines are the same key when their blobs are the same; comments differ
 * from server to server.
 */
#ifndef SSH_PUBKEY_H
#define SSH_PUBKEY_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct bbk_pubkey {
	char *type;    /* "ssh-ed25519" */
	char *blob;    /* base64, as in the line */
	char *comment; /* "" where there is none; not scrubbed */
};

#define BBK_PUBKEY_INIT { NULL, NULL, NULL }

void bbk_pubkey_release(struct bbk_pubkey *key);

/*
 * Class keyfile unless the line has a type of [a-z0-9@.-], a blob that is
 * base64 and begins with that type, and at most 16 KiB.
 */
int bbk_pubkey_parse(struct bbk_pubkey *key, const char *line, size_t len,
		     struct bbk_err *err) BBK_MUST_CHECK;

/* The blob's bytes, as they go over the wire. */
void bbk_pubkey_blob(const struct bbk_pubkey *key, struct bbk_str *bytes);

#endif
