/*
 * The SSH keys on this machine: files in ~/.ssh, those on record elsewhere,
 * and those that only the agent has; with what each of them opens.
 *
 * Looks at files, records and the agent; makes no connection and changes
 * nothing.
 */
#ifndef CORE_MACHINE_KEYS_H
#define CORE_MACHINE_KEYS_H

#include "base/env.h"
#include "ssh/keygen.h"
#include "ssh/pubkey.h"
#include "store/record.h"

enum bbk_known { BBK_KNOWN_NOT, BBK_KNOWN_NO, BBK_KNOWN_YES };

struct bbk_machine_key {
	char *path; /* of the private key; NULL: only in the agent */
	struct bbk_pubkey public;
	struct bbk_key_facts facts;
	bool ours;		   /* bbkey_*, in ~/.ssh */
	bool has_file;		   /* the private half is there */
	unsigned mode;		   /* of that file */
	int64_t day;		   /* when it was last written */
	enum bbk_known passphrase;
	bool agent;
	char *problem; /* why it cannot be used; NULL: it can */
	struct bbk_record *opens; /* each place once */
	size_t places;
};

struct bbk_machine_keys {
	struct bbk_machine_key *v;
	size_t len;

};

#define BBK_MACHINE_KEYS_INIT { NULL, 0 }

void bbk_machine_keys_release(struct bbk_machine_keys *keys);

/* Ours first, each part by path.  Class local where records can't be read. */
int bbk_machine_keys_find(struct bbk_machine_keys *keys,
			  const struct bbk_env *env, struct bbk_err *err)
	BBK_MUST_CHECK;

/* The one with this blob; NULL: it is not on this machine. */
const struct bbk_machine_key *
bbk_machine_key_of(const struct bbk_machine_keys *keys, const char *line);

#endif
