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

/* 1: nothing is known. */
int bbk_instance_facts_read(struct bbk_instance_facts *facts,
			    const char *state, const struct bbk_url *base,
			    struct bbk_err *err) BBK_MUST_CHECK;
int bbk_instance_facts_save(const struct bbk_instance_facts *facts,
			    const char *state, const struct bbk_url *base,
			    struct bbk_err *err) BBK_MUST_CHECK;

#endif
