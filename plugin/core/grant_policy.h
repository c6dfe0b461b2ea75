/*
 * An instance that lets no key last for ever: which number of days would it
 * take?  Only an administrator may know; for everybody else the refusal, and
 * its hint at --expires, stands.
 */
#ifndef CORE_GRANT_POLICY_H
#define CORE_GRANT_POLICY_H

#include "core/grant.h"

/*
 * After a POST with these terms that failed with *err: was it refused for what
 * it asks, without asking for an expiry, and does the instance have a limit?
 * true: *limited is the same with the longest expiry that is allowed, worth
 * one more POST, and *err is empty again.  false: *err is as it was.
 */
bool bbk_grant_limit(struct bbk_instance *instance,
		     const struct bbk_terms *terms, enum bbk_refusal refusal,
		     struct bbk_terms *limited, struct bbk_err *err);

#endif
