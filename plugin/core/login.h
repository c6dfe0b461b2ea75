/*
 * A token that a person gives once: checked against the server, and kept by
 * git's own credential helpers (core/kept.h).
 *
 * In four parts, because a person is talked to between them.  A token that is
 * given without a question is looked at before anything else; one that is asked
 * for, after the server has said that it is a Bitbucket.  A secret that
 * Bitbucket refuses was sent in one request, and is not sent again.
 */
#ifndef CORE_LOGIN_H
#define CORE_LOGIN_H

#include "core/detect.h"
#include "core/token.h"

struct bbk_login_wish {
	const char *url;
	struct bbk_token_offer offer;
	bool dry_run; /* look, and keep nothing */
};

/*
 * May the token look after the access keys of a place?  It is asked by listing
 * them.  UNCONFIRMED that it takes the same right to add one; on Cloud it takes
 * one scope more, write:ssh-key:bitbucket.
 */
enum bbk_may { BBK_MAY_UNASKED, BBK_MAY, BBK_MAY_NOT };

struct bbk_login {
	struct bbk_detected found;
	char *release;	  /* Data Center: "9.4.1" */
	char *account;	  /* Data Center: whose user name goes with it */
	bool no_account;  /* Data Center: it is a project's or repository's */
	bool named;	  /* rest.who is whose it is */
	char *unnamed_why; /* the scope that it takes to say so; or NULL */
	enum bbk_may administrates; /* Data Center: any repository */
	char *owner, *project, *repo; /* what keys it was asked for; or NULL */
	enum bbk_may project_keys, repo_keys;
	char *project_why, *repo_why; /* in the server's words, if it may not */
	struct bbk_strv missing; /* scopes; PROJECT_ADMIN, REPO_ADMIN */
	bool stored;
	bool replaced;	  /* the helpers had another one there before */
	bool apart;	  /* git itself does not find it: core/kept.h */
};

#define BBK_LOGIN_INIT \
	{ .found = BBK_DETECTED_INIT, .missing = BBK_STRV_INIT }

void bbk_login_release(struct bbk_login *login);

/*
 * Which instance (as bbk_detect_instance() finds it), and its token where one
 * is offered; asks Data Center for its version, without the token.  1: a person
 * is to be asked for it.  Class auth where none is offered and nobody can be.
 */
int bbk_login_begin(struct bbk_login *login, struct bbk_env *env,
		    const struct bbk_login_wish *wish, struct bbk_err *err)
	BBK_MUST_CHECK;
int bbk_login_ask(struct bbk_login *login, struct bbk_env *env,
		  struct bbk_err *err) BBK_MUST_CHECK;

/*
 * What Bitbucket says of it: whose it is, and whether it may look after the
 * keys of the project and repository in the URL, or else of the remote of the
 * repository here, if that is of this instance.  What it may not is no failure.
 * Class auth where it is refused: then it is forgotten, if it is the very one
 * that was kept.
 */
int bbk_login_check(struct bbk_login *login, struct bbk_env *env,
		    struct bbk_err *err) BBK_MUST_CHECK;

/* Class local where none of git's helpers keeps it. */
int bbk_login_store(struct bbk_login *login, struct bbk_env *env,
		    struct bbk_err *err) BBK_MUST_CHECK;

/*
 * Which of bbkey.<base>.tokenFile and .tokenCommand, and BBKEY_TOKEN, is for
 * this instance: it comes before what the helpers keep.
 */
void bbk_login_sources(const struct bbk_instance *instance,
		       const struct bbk_env *env, struct bbk_strv *names);

#endif
