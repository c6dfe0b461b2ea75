/*
 * What we remember of a project: which key opens it, and how.
 *
 * One small file each, found by its path, so that a thousand projects cost
 * what one costs:
 *
 *	<state>/records/<host>:<port>/<owner>/<repo>	BBK_LEVEL_REPO
 *	<state>/records/<host>:<port>/<owner>/@project	BBK_LEVEL_OWNER
 *	<state>/records/<host>:<port>/@instance		BBK_LEVEL_INSTANCE
 *
 * The narrowest one wins.  host, owner and repo are the validated parts of a
 * URL (base/address.h): the owner is a project, in lower case, or a workspace
 * of Cloud.  For a URL that names another user than git there may be records
 * of its own, below <user>@<host>:<port>, which come first: that of a Cloud
 * account, for which on Cloud no other will do.  The transport reads these
 * files on every fetch; nothing but git-bbkey writes them.
 */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "base/err.h"
#include "base/scope.h"

#include <stdbool.h>

enum bbk_level {
	BBK_LEVEL_SCOPES, /* as its scope has it: to save it */
	BBK_LEVEL_REPO,
	BBK_LEVEL_OWNER,
	BBK_LEVEL_INSTANCE,
};

struct bbk_record {
	enum bbk_scope scope;
	enum bbk_level level;
	bool of_user;	   /* it is for the place's user alone */
	char *base;	   /* https address of the instance */
	char *workspace;   /* Cloud, always; NULL on Data Center */
	char *project;	   /* as the server spells it; NULL for personal */
	char *repo;	   /* NULL unless scope is repo */
	char *key;	   /* private key; NULL: the person's own keys do */
	bool own;	   /* it is the person's: nobody registers it */
	char *fingerprint; /* of the key */
	char *who;	   /* whose token registered it; may be NULL */
	bool agent;	   /* the key has a passphrase: leave the agent on */
	bool write;	   /* the grant allows a push */
	bool own_push;	   /* it does not, and the person's own keys do */
	char *id;	   /* the grant's on the server; may be NULL */
	char *label;
	char *expires;	   /* YYYY-MM-DD, or NULL: never, or not known */
	char *known_hosts; /* ssh's GlobalKnownHostsFile, ours first */
};

#define BBK_RECORD_INIT \
	{ BBK_SCOPE_PROJECT, BBK_LEVEL_SCOPES, false, NULL, NULL, NULL, NULL, \
	  NULL, false, NULL, NULL, false, false, false, NULL, NULL, NULL, \
	  NULL }

/* Where one connection of ssh goes, in validated and canonical parts. */
struct bbk_place {
	const char *host;
	unsigned port;
	const char *project; /* the owner: a project, or Cloud's workspace; */
			     /* NULL: the instance alone */
	const char *repo; /* may be NULL */
	const char *user; /* of ssh; NULL: git */
};

/*
 * The same in the names that records are kept under: one for Cloud's three,
 * and no user where it is git.
 */
struct bbk_place bbk_place_canonical(struct bbk_place place);

void bbk_record_release(struct bbk_record *record);

/*
 * What is kept for git's own user of Cloud counts for no other: it would keep
 * out the account that the URL names.
 * 0: found.  1: none, or a damaged one.  -1: it cannot be read, class
 * local.
 */
int bbk_record_find(struct bbk_record *record, const char *state,
		    const struct bbk_place *place, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * Every host that was enrolled has a folder, with or without records in it, so
 * that the transport can tell it from others.
 */
bool bbk_record_has_host(const char *state, const char *host, unsigned port);
int bbk_record_add_host(const char *state, const char *host, unsigned port,
			struct bbk_err *err) BBK_MUST_CHECK;

/*
 * Calls look for each record, in the order of their paths, until it returns
 * something else than 0, and returns that.  place lives as long as that call;
 * its project is in lower case on Data Center.  Damaged ones are passed over.
 */
int bbk_record_each(const char *state,
		    int (*look)(void *arg, const struct bbk_record *record,
				const struct bbk_place *place,
				struct bbk_err *err),
		    void *arg, struct bbk_err *err) BBK_MUST_CHECK;

/* The record that was found at this place, at its own level.  None is fine. */
int bbk_record_remove(const struct bbk_record *record, const char *state,
		      const struct bbk_place *place, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * By its level.  Narrower records for the same place go: they would win over
 * this one.
 */
int bbk_record_save(const struct bbk_record *record, const char *state,
		    const struct bbk_place *place, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
