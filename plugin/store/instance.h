/*
 * What we learned of an instance when a person enrolled it: facts that save a
 * request later, never a decision (those are in the git configuration).
 *
 *	<state>/instances/<host>[_<port>][__<context>]
 */
#ifndef STORE_INSTANCE_H
#define STORE_INSTANCE_H

#include "base/err.h"
#include "base/str.h"
#include "base/url.h"

#include <stdbool.h>

struct bbk_instance_facts {
	char *release;		     /* "9.4.1" */
	struct bbk_strv fingerprints; /* published: "SHA256:..", "MD5:aa:.." */
};

#define BBK_INSTANCE_FACTS_INIT { NULL, BBK_STRV_INIT }

void bbk_instance_facts_release(struct bbk_instance_facts *facts);

/*
 * "bitbucket.example.com", "dev.example.com_8443__bitbucket": [A-Za-z0-9._-]+,
 * another one for each instance.
 */
char *bbk_instance_name(const struct bbk_url *base);

/*
 * Is there an instance at this host and port, whatever its context?  Only
 * enrolment makes one; for a quick no.
 */
bool bbk_instance_has_host(const char *state, const char *host,
			   unsigned port);

/* 1: nothing is known. */
int bbk_instance_facts_read(struct bbk_instance_facts *facts,
			    const char *state, const struct bbk_url *base,
			    struct bbk_err *err) BBK_MUST_CHECK;
int bbk_instance_facts_save(const struct bbk_instance_facts *facts,
			    const char *state, const struct bbk_url *base,
			    struct bbk_err *err) BBK_MUST_CHECK;

/*
 * The user that a token turned out to be of, by bbk_secret_mark().  In a file
 * of its own, <state>/users/<as above>, because a plain `git fetch` writes it,
 * at any time.
 */
struct bbk_instance_user {
	char *mark;
	char *name; /* NULL: the token has none, it is good as Bearer only */
};

#define BBK_INSTANCE_USER_INIT { NULL, NULL }

void bbk_instance_user_release(struct bbk_instance_user *user);
/* 1: nothing is known. */
int bbk_instance_user_read(struct bbk_instance_user *user, const char *state,
			   const struct bbk_url *base, struct bbk_err *err)
	BBK_MUST_CHECK;
int bbk_instance_user_save(const struct bbk_instance_user *user,
			   const char *state, const struct bbk_url *base,
			   struct bbk_err *err) BBK_MUST_CHECK;
void bbk_instance_user_forget(const char *state, const struct bbk_url *base);

#endif
