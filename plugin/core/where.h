/*
 * Which place a command is about, for those that need no ssh of it: a URL, a
 * project or repository by its name, the account, or the repository here.
 */
#ifndef CORE_WHERE_H
#define CORE_WHERE_H

#include "core/detect.h"

/* Strings are borrowed; NULL is "not said". */
struct bbk_where_wish {
	const char *url;
	const char *base;
	const char *remote;
	const char *project; /* "PROJ", "~user"; of Cloud "[workspace/]PROJ" */
	const char *repo;    /* "PROJ/slug"; of Cloud "workspace/slug" */
	bool account;
	bool all; /* the instance as a whole */
};

struct bbk_where {
	struct bbk_detected found;
	enum bbk_scope scope;
	char *project; /* as the server spells keys; NULL: not known yet */
};

#define BBK_WHERE_INIT { BBK_DETECTED_INIT, BBK_SCOPE_PROJECT, NULL }

void bbk_where_release(struct bbk_where *where);

/*
 * Which instance, and what the words mean on it.  No request is sent, unless
 * an ssh URL's instance has to be asked for; a URL or base that is not set up
 * needs a person's yes as anywhere else (core/detect.h).  Class usage where
 * nothing says which instance, or several could be meant.
 */
int bbk_where_find(struct bbk_where *where, struct bbk_env *env,
		   const struct bbk_where_wish *wish, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * With a token: what only the server can tell, the project of a Cloud
 * repository.  Class permission where it does not.
 */
int bbk_where_complete(struct bbk_where *where, struct bbk_env *env,
		       struct bbk_err *err) BBK_MUST_CHECK;

/* Borrowed; complete. */
struct bbk_target bbk_where_target(const struct bbk_where *where);

/* "project PROJ", "repository PROJ/app", "your account"; the caller frees. */
char *bbk_target_words(const struct bbk_target *target);

#endif
