/*
 * What a URL names on Bitbucket: an instance, a project, a repository.
 *
 * The forms are those of Bitbucket's documentation and clients:
 *
 *	<base>/scm/<project>/<repo>.git			clone, https
 *	<base>/projects/<KEY>[/repos/<slug>[/...]]	browse
 *	<base>/users/<user>[/repos/<slug>[/...]]	browse, project "~user"
 *	ssh://git@host[:port]/<project>/<repo>[.git]	clone, ssh
 *	git@host:<project>/<repo>[.git]			clone, ssh, port 22
 *	<base>						an instance
 *
 * and of Cloud:
 *
 *	<base>/<workspace>/<repo>[.git][/...]		clone, browse
 *	<base>/<workspace>/workspace/projects/<KEY>	a project's page
 *	ssh://git@host[:port]/<workspace>/<repo>[.git]	clone, ssh
 *	git@host:<workspace>/<repo>[.git]
 *
 * <base> is https://host[:port][/context].  A project key is lower case in
 * clone URLs and upper case elsewhere, so `project` is kept as it was written
 * and compared without regard to case; "~user" is a personal project.  Which
 * project a repository of Cloud is in, no URL tells.
 */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include "base/url.h"

struct bbk_address {
	char *context; /* "" or "/bitbucket"; NULL for an ssh URL */
	char *workspace; /* Cloud; NULL: an instance, nothing in it */
	char *project; /* NULL: not said; on Data Center, an instance alone */
	char *repo;    /* without ".git"; NULL: the project as a whole */
};

#define BBK_ADDRESS_INIT { NULL, NULL, NULL, NULL }

void bbk_address_release(struct bbk_address *address);

/*
 * The first part of a clone URL's path: the workspace or the project.  NULL:
 * an instance, nothing in it.
 */
const char *bbk_address_owner(const struct bbk_address *address);

/*
 * A page's address as a browser shows it, without what follows the project or
 * repository in it: "?at=...", "#12", "/browse/src".  Any other text as it is;
 * nothing is judged.  The caller frees.
 */
char *bbk_address_page(const char *text, bool cloud);

/* Class not-bitbucket when the path has none of its edition's forms. */
int bbk_address_of(struct bbk_address *address, const struct bbk_url *url,
		   bool cloud, struct bbk_err *err) BBK_MUST_CHECK;

/* [A-Za-z0-9._~-]{1,128} and neither "." nor ".."; '~' only in front. */
bool bbk_project_is_valid(const char *project);
bool bbk_repo_is_valid(const char *repo);

/*
 * As Bitbucket's pages spell it, whatever the clone URL has: upper case, but
 * "~user" as it is.  The caller frees.
 */
char *bbk_project_key(const char *project);

/* The same project: keys are equal without regard to case. */
bool bbk_project_same(const char *a, const char *b);

#endif
