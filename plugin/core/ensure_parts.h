/*
 * The parts of core/ensure.h, for one another: ensure.c leads, first.c meets a
 * server for the first time, repair.c and upgrade.c look after a record.
 */
#ifndef CORE_ENSURE_PARTS_H
#define CORE_ENSURE_PARTS_H

#include "core/access.h"
#include "core/ensure.h"
#include "core/grant.h"

struct bbk_ensuring {
	struct bbk_env *env;
	const struct bbk_ensure_wish *wish;
	struct bbk_place place;
	struct bbk_instance instance;
	struct bbk_access access;
	struct bbk_key key;
	struct bbk_key_wish key_wish;
	struct bbk_terms terms;
	struct bbk_grant grant;
	struct bbk_record record; /* what is on record; key NULL: see own */
	bool old_rsa; /* an RSA key is of no use there: ssh/client.h */
	bool own_is_locked; /* a key of theirs fits, and wants its passphrase */
	bool has_leave;	    /* bbk_ensuring_get_leave() gave it */
	bool declined;	    /* the person said no to a question */
	bool asked_project; /* for bbk_ensuring_is_allowed() */
	char *workspace; /* Cloud; NULL on Data Center */
	char *project; /* upper case, as keys are; "~user" as it is; on Cloud */
		       /* NULL until bbk_ensuring_aim() */
	char *label;
	char *key_name;
	char *url, *request; /* for hints */
	enum bbk_ensured result;
	char *talk;
};

/*
 * May this be done without a question: auto, projects?  Where Cloud's projects
 * are listed, it takes a request to know which one this is.
 */
bool bbk_ensuring_is_allowed(struct bbk_ensuring *e);
/* 1 for yes; 0 for no, for no question, and where nobody may be asked. */
int bbk_ensuring_ask(struct bbk_ensuring *e, const char *question,
		     struct bbk_err *err) BBK_MUST_CHECK;
/*
 * Leave to register, and the token for it.  question is asked where it is not
 * allowed without one; NULL: not at all.  1: no leave.
 */
int bbk_ensuring_get_leave(struct bbk_ensuring *e, const char *question,
			   struct bbk_err *err) BBK_MUST_CHECK;

int bbk_ensuring_find_or_make_key(struct bbk_ensuring *e, struct bbk_err *err)
	BBK_MUST_CHECK;
/*
 * 0: it is registered, with write access where that is wanted.  A key made a
 * moment ago is not looked for.
 */
int bbk_ensuring_register(struct bbk_ensuring *e, struct bbk_err *err)
	BBK_MUST_CHECK;
/* own: the person's own keys open the repository. */
int bbk_ensuring_remember(struct bbk_ensuring *e, bool own,
			  struct bbk_err *err) BBK_MUST_CHECK;

/* The workspace or the project: what the URL has in front. */
const char *bbk_ensuring_owner(const struct bbk_ensuring *e);
/* As bbk_access_command() has it; the caller frees. */
char *bbk_ensuring_command(const struct bbk_ensuring *e, bool push);
/* "project PROJ of <host>", "repository PROJ/app of ..."; caller frees */
char *bbk_ensuring_place(const struct bbk_ensuring *e);
/* For hints: e->terms.request, as e->terms are now. */
void bbk_ensuring_name_request(struct bbk_ensuring *e);
/* Sets e->talk: "key registered on project PROJ of <host>, read access". */
void bbk_ensuring_say_registered(struct bbk_ensuring *e);
/* With a token: which project it is, where only the server can tell. */
int bbk_ensuring_aim(struct bbk_ensuring *e, struct bbk_err *err)
	BBK_MUST_CHECK;

/* Each sets e->result and e->talk.  -1: err; result PLAIN or STOP. */
int bbk_ensuring_first(struct bbk_ensuring *e, struct bbk_err *err)
	BBK_MUST_CHECK;
int bbk_ensuring_repair(struct bbk_ensuring *e, struct bbk_err *err)
	BBK_MUST_CHECK;
int bbk_ensuring_upgrade(struct bbk_ensuring *e, struct bbk_err *err)
	BBK_MUST_CHECK;
/*
 * Is it worth waiting for?  READY, unless REST says that there is no such
 * repository: OVER.  Asks nobody.
 */
int bbk_ensuring_doubt(struct bbk_ensuring *e, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
