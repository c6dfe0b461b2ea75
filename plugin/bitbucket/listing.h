/*
 * Everything that a token can see: every place where keys are registered, and
 * the keys of each, many at once (many.h).
 *
 * Data Center: the account, GET /api/latest/projects, GET /api/latest/repos.
 * (The first of these is not in the collected documents; Atlassian's clients
 * and several others use it.)  Cloud: the account, GET /user/workspaces, then
 * of each workspace its projects and its repositories.
 */
#ifndef BITBUCKET_LISTING_H
#define BITBUCKET_LISTING_H

#include "bitbucket/grants.h"

/* One place, and what came of asking for its keys. */
struct bbk_listing {
	enum bbk_scope scope;
	char *workspace; /* each NULL where the scope has none */
	char *project;
	char *repo;
	struct bbk_grants grants;
	struct bbk_err why; /* its class is BBK_OK where that went well */
};

struct bbk_listings {
	struct bbk_listing **v;
	size_t len;
	/* Of lists of places that could not be read; BBK_OK: none. */
	struct bbk_err why;
};

#define BBK_LISTINGS_INIT { NULL, 0, { BBK_OK, NULL, NULL } }

void bbk_listings_release(struct bbk_listings *listings);

/* Its keys' target; borrowed. */
struct bbk_target bbk_listing_target(const struct bbk_listing *listing);

/*
 * Adds each place, sorted by name, the account first.  A place that the token
 * may not look into has its error; so has `listings`, where the places
 * themselves could not be read: what is there is shown all the same.
 * told: how many places are done, of how many that are known so far.
 * -1: class local.
 */
int bbk_listings_all(struct bbk_listings *listings,
		     const struct bbk_edition *edition, struct bbk_rest *rest,
		     void (*told)(void *arg, size_t done, size_t known),
		     void *arg, struct bbk_err *err) BBK_MUST_CHECK;

#endif
