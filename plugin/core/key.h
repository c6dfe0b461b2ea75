/*
 * Which key: found among ours, taken from the person, or made.
 */
#ifndef CORE_KEY_H
#define CORE_KEY_H

#include "base/env.h"
#include "ssh/keygen.h"
#include "ssh/pubkey.h"
#include "store/keyfile.h"

struct bbk_key {
	char *path;	  /* of the private key */
	char *line;	  /* the public key line, no line end */
	struct bbk_pubkey public;
	struct bbk_key_facts facts;
	bool agent;	  /* has a passphrase */
	bool fresh;	  /* made by this run: no server can know it */
};

#define BBK_KEY_INIT \
	{ NULL, NULL, BBK_PUBKEY_INIT, BBK_KEY_FACTS_INIT, false, false }

void bbk_key_release(struct bbk_key *key);

struct bbk_key_wish {
	const char *path;	/* --key: this one and no other */
	const char *name;	/* else: the file name of ours in ~/.ssh */
	enum bbk_key_type type;
	const char *comment;	/* begins with "bbkey ": our mark */
	bool passphrase;
};

/* The name in ~/.ssh of a key that is one of ours; NULL: it is not. */
const char *bbk_key_our_name(const struct bbk_env *env, const char *path);

/*
 * Wishes for the key of a record: by name where it is one of ours, which may
 * be mended, else by path.  Borrows path.
 */
void bbk_key_wish_recorded(struct bbk_key_wish *wish, const struct bbk_env *env,
			   const char *path);

/*
 * Looks, changes nothing.  1: there is none yet; key->path, and nothing else,
 * says where it would be made.  A file of our name that we did not make is
 * passed over for name_2, name_3; a folder, link or FIFO there is class
 * keyfile, as is a key that others can read.
 */
int bbk_key_find(struct bbk_key *key, const struct bbk_env *env,
		 const struct bbk_key_wish *wish, struct bbk_err *err)
	BBK_MUST_CHECK;
/*
 * Makes it where bbk_key_find() found none; a wreck of ours moves aside, a
 * missing public half is written again.
 */
int bbk_key_make(struct bbk_key *key, const struct bbk_env *env,
		 const struct bbk_key_wish *wish, struct bbk_err *err)
	BBK_MUST_CHECK;
/*
 * "ssh-add ~/.ssh/bbkey_x": what a person runs once, so that its passphrase is
 * asked for no more; path NULL: "ssh-add".  The caller frees.
 */
char *bbk_key_unlock(const struct bbk_key *key, const char *home);

/*
 * Removes the files of a key that this run made: no server has it, and nobody
 * wants it.  Any other key stays.
 */
void bbk_key_discard(const struct bbk_key *key);

/*
 * Moves a key of ours aside that no server takes any more, so that another
 * takes its name.  Class keyfile where it is not ours.
 */
int bbk_key_retire(const struct bbk_key *key, const struct bbk_env *env,
		   struct bbk_err *err) BBK_MUST_CHECK;

#endif
