/*
 * What we remember of a project: which key opens it, and how.
 *
 * One small file each, found by its path, so that a thousand projects cost
 * what one costs:
 *
 *	<state>/records/<host>:<port>/<project>/<repo>		scope repo
 *	<state>/records/<host>:<port>/<project>/@project	scope project
 *	<state>/records/<host>:<port>/@instance			scope personal
 *
 * The narrowest one wins.  host, project and repo are the validated parts of
 * a URL (base/address.h), project in lower case.  The transport reads these
 * files on every fetch; nothing but git-bbkey writes them.
 */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "base/err.h"
#include "base/scope.h"

#include <stdbool.h>

struct bbk_record {
	enum bbk_scope scope;
	char *base;	   /* https address of the instance */
	char *project;	   /* as the server spells it; NULL for personal */
	char *repo;	   /* NULL unless scope is repo */
	char *key;	   /* private key; NULL: the person's own keys do */
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
	{ BBK_SCOPE_PROJECT, NULL, NULL, NULL, NULL, NULL, NULL, false, \
	  false, false, NULL, NULL, NULL, NULL }

/* Where one connection of ssh goes, in validated and canonical parts. */
struct bbk_place {
	const char *host;
	unsigned port;
	const char *project;
	const char *repo; /* may be NULL */
};

void bbk_record_release(struct bbk_record *record);

/* 0: found.  1: none, or a damaged one.  -1: it cannot be read, class local. */
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

/* A narrower record for the same place goes: it would win over this one. */
int bbk_record_save(const struct bbk_record *record, const char *state,
		    const struct bbk_place *place, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
