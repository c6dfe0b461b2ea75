/*
 * The HTTP token of an instance: --token-file, BBKEY_TOKEN (with BBKEY_URL),
 * tokenFile, tokenCommand, git's credential helpers, a question (through
 * GIT_ASKPASS and its kin, where git would use them); first hit wins.  It is
 * bound to the one origin of the instance's REST address.
 */
#ifndef CORE_TOKEN_H
#define CORE_TOKEN_H

#include "core/instance.h"

/*
 * Puts it into instance->rest, unless one is there.  may_ask: a question on
 * the terminal is the last resort.  Class auth where there is none, with every
 * way to give one in the hint.
 */
int bbk_token_get(struct bbk_instance *instance, struct bbk_env *env,
		  const char *token_file, bool may_ask, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * Where there is none, for who wants a key of this scope on url; NULL: on what
 * they know themselves.
 */
void bbk_token_hint(const struct bbk_instance *instance, enum bbk_scope scope,
		    const char *url, struct bbk_err *err);

/*
 * The same out of BBKEY_TOKEN, tokenFile and tokenCommand alone: no helper of
 * git is started, nobody is asked.  1: none of them is for this instance.
 */
int bbk_token_configured(struct bbk_instance *instance, struct bbk_env *env,
			 struct bbk_err *err) BBK_MUST_CHECK;

/*
 * A token that is to be stored: from where a person says it is, and not from
 * where this machine keeps it.
 */
struct bbk_token_offer {
	bool input;	  /* standard input, to its end */
	const char *file; /* --token-file, or NULL */
	const char *user; /* that goes with it; NULL: bbkey.<base>.user */
};

/* Of these two, else of BBKEY_TOKEN.  1: nobody offers one. */
int bbk_token_offered(struct bbk_instance *instance, struct bbk_env *env,
		      const struct bbk_token_offer *offer, struct bbk_err *err)
	BBK_MUST_CHECK;
/* After that, a person: bbk_token_from_person().  1: they give none. */
int bbk_token_ask(struct bbk_instance *instance, struct bbk_env *env,
		  struct bbk_err *err) BBK_MUST_CHECK;

/* BBKEY_TOKEN goes to BBKEY_URL and nowhere else: is that this one? */
bool bbk_token_in_environment(const struct bbk_instance *instance,
			      const struct bbk_env *env);

/*
 * Keeps the instance's token, where it has one and BBKEY_TOKEN gave none, for
 * whatever else this run asks of the same instance.
 */
void bbk_token_keep(const struct bbk_instance *instance, struct bbk_env *env);

#endif
