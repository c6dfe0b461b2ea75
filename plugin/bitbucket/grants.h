/*
 * The keys that are registered somewhere: found, listed, taken away; of either
 * edition.
 */
#ifndef BITBUCKET_GRANTS_H
#define BITBUCKET_GRANTS_H

#include "bitbucket/edition.h"

/* In the server's order; it owns them. */
struct bbk_grants {
	struct bbk_grant *v;
	size_t len;
};

#define BBK_GRANTS_INIT { NULL, 0 }

void bbk_grants_release(struct bbk_grants *grants);

/*
 * Looks for the key with this base64 blob among those of the target; label,
 * comment and fingerprint differ between versions.  1: it is not there.
 */
int bbk_grant_find(const struct bbk_edition *edition, struct bbk_rest *rest,
		   const struct bbk_target *target, const char *blob,
		   struct bbk_grant *grant, struct bbk_err *err)
	BBK_MUST_CHECK;

/* All of them; those of a repository without those of its project. */
int bbk_grants_list(const struct bbk_edition *edition, struct bbk_rest *rest,
		    const struct bbk_target *target, struct bbk_grants *grants,
		    struct bbk_err *err) BBK_MUST_CHECK;

/*
 * This grant alone, whatever else the key opens.  One that is gone already is
 * no error: 204 on Data Center, 404 on Cloud; so the caller has seen it there,
 * or it is not known whether the token may see the place at all.
 */
int bbk_grant_remove(const struct bbk_edition *edition, struct bbk_rest *rest,
		     const struct bbk_target *target, const char *id,
		     struct bbk_err *err) BBK_MUST_CHECK;

/* For the pages of page.h: adds each item to a list. */
struct bbk_grants_reader {
	const struct bbk_edition *edition;
	const struct bbk_target *target;
	struct bbk_grants *grants;
};

int bbk_grants_take(void *reader, const struct json_t *json,
		    struct bbk_err *err) BBK_MUST_CHECK;

#endif
