/*
 * ssh-keygen: makes keys, derives public halves, prints fingerprints.
 */
#ifndef SSH_KEYGEN_H
#define SSH_KEYGEN_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

enum bbk_key_type {
	BBK_KEY_ED25519,
	BBK_KEY_ECDSA,
	BBK_KEY_RSA, /* 4096 bits */
	BBK_KEY_ED25519_SK,
};

const char *bbk_key_type_word(enum bbk_key_type type); /* as in --key-type */
int bbk_key_type_parse(enum bbk_key_type *type, const char *word)
	BBK_MUST_CHECK;

/*
 * Makes path and path.pub.  With passphrase, ssh-keygen asks for one on the
 * terminal itself; without, the key has none.  Class local or keyfile.
 */
int bbk_keygen_make(const char *path, enum bbk_key_type type,
		    const char *comment, bool passphrase, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * The public key line that belongs to a private key, from the private key.
 * 1: it has a passphrase.  -1: it is not a usable key, class keyfile.
 */
int bbk_keygen_public(const char *path, struct bbk_str *line,
		      struct bbk_err *err) BBK_MUST_CHECK;

struct bbk_key_facts {
	char *fingerprint; /* "SHA256:..." */
	long bits;
	char *word;	   /* "ED25519", as ssh-keygen prints it */
};

#define BBK_KEY_FACTS_INIT { NULL, 0, NULL }

void bbk_key_facts_release(struct bbk_key_facts *facts);

/* What ssh-keygen -l says of a public key line. */
int bbk_keygen_describe(const char *line, struct bbk_key_facts *facts,
			struct bbk_err *err) BBK_MUST_CHECK;
/*
 * The same of many, by one process: facts has room for lines->len of them, and
 * those of a line that is no key stay as they are.  lines are "type blob[ ..]"
 * and may come from a server.
 */
int bbk_keygen_describe_all(const struct bbk_strv *lines,
			    struct bbk_key_facts *facts, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
