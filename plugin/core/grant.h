/*
 * Registering a key: never twice, never with less than it had, never lost
 * between a request and its answer.
 */
#ifndef CORE_GRANT_H
#define CORE_GRANT_H

#include "core/instance.h"
#include "core/key.h"

struct bbk_terms {
	struct bbk_target target;
	const char *label;
	bool write;
	long expires; /* days; 0: as the server likes */
	/*
	 * For hints: the command that asks an admin, the options that were
	 * given (" --write"), and the URL; NULL: it is the repository here.
	 */
	const char *request;
	const char *options;
	const char *url;
};

/* "git bbkey init <options> <url>", on the same terms; the caller frees. */
char *bbk_terms_again(const struct bbk_terms *terms, const char *options);

/* "bbkey <user>@<host>"; the caller frees.  Also the comment of our keys. */
char *bbk_label_default(void);
/* A default that a key of this scope cannot have is none. */
void bbk_defaults_limit(struct bbk_defaults *defaults,
			const struct bbk_edition *edition,
			enum bbk_scope scope);

/*
 * Can a key be registered on such terms at all?  Class permission, before
 * anything is asked or made, for what the edition has no such key for.
 */
int bbk_terms_check(const struct bbk_terms *terms,
		    const struct bbk_edition *edition, struct bbk_err *err)
	BBK_MUST_CHECK;

/* What the server has for this key on the target.  1: nothing. */
int bbk_grant_look(struct bbk_instance *instance, const struct bbk_env *env,
		   const struct bbk_terms *terms, const struct bbk_key *key,
		   struct bbk_grant *grant, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * Registers the key.  Where the server wants another type than a key of ours
 * has, an RSA key is made in its place (*key, and wish->type and name); where
 * the answer got lost, the server is asked before anything is sent again.
 * Class conflict where the key belongs to an account.
 */
int bbk_grant_make(struct bbk_instance *instance, const struct bbk_env *env,
		   const struct bbk_terms *terms, struct bbk_key_wish *wish,
		   struct bbk_key *key, struct bbk_grant *grant,
		   struct bbk_err *err) BBK_MUST_CHECK;

/* What bbk_grant_ensure() did. */
enum bbk_granted { BBK_GRANT_WAS_THERE, BBK_GRANT_MADE, BBK_GRANT_UPGRADED };

/*
 * All of the above: the key is registered, with write access where that is
 * wanted.  A key made a moment ago is not looked for.
 */
int bbk_grant_ensure(struct bbk_instance *instance, const struct bbk_env *env,
		     const struct bbk_terms *terms, struct bbk_key_wish *wish,
		     struct bbk_key *key, struct bbk_grant *grant,
		     enum bbk_granted *done, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
