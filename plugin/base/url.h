/*
 * The one URL parser, and the one canonical form.
 *
 * Whatever a person, a repository or a server writes is parsed here first;
 * every decision uses the parsed form, and everything that is handed on is
 * rebuilt from it, never the text as it came.
 *
 * Understood: https://, http://, ssh:// (also git+ssh:// and ssh+git://) and
 * [user@]host:path.  Refused, class not-bitbucket, before anything runs:
 * control characters, blanks and bytes beyond ASCII; '%' anywhere but before
 * two hex digits that stand for [A-Za-z0-9._~-] in the path; an empty host,
 * one that begins with '-', ends with '.', or spells an IPv4 address in any
 * way but four decimals; a user outside [A-Za-z0-9][A-Za-z0-9._-]{0,63}; more
 * than one '@' before the path; a port that is not 1..65535 in plain decimal;
 * '//', '.', '..' or "-x" as parts of a path, and any byte of it outside
 * [A-Za-z0-9._~/-].
 */
#ifndef BASE_URL_H
#define BASE_URL_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

enum bbk_scheme { BBK_HTTPS, BBK_HTTP, BBK_SSH };

struct bbk_url {
	enum bbk_scheme scheme;
	char *user;	/* NULL: none given */
	bool password;	/* one was in the URL; it is not kept */
	char *host;	/* lower case; an IPv6 address keeps its brackets */
	unsigned port;	/* always set: 443, 80 or 22 where none was given */
	bool port_given;
	char *path;	/* "" or "/a/b": no slash at its end */
	bool scp_like;	/* was written as host:path */
};

#define BBK_URL_INIT { BBK_HTTPS, NULL, false, NULL, 0, false, NULL, false }

void bbk_url_release(struct bbk_url *url);
int bbk_url_parse(struct bbk_url *url, const char *text, struct bbk_err *err)
	BBK_MUST_CHECK;
void bbk_url_copy(struct bbk_url *to, const struct bbk_url *from);

/* scheme://host[:port]path, the port left out where it is the scheme's own. */
void bbk_url_add(struct bbk_str *out, const struct bbk_url *url);
/* The same with user@ in front of the host, if there is one. */
void bbk_url_add_user(struct bbk_str *out, const struct bbk_url *url);
bool bbk_url_same_origin(const struct bbk_url *a, const struct bbk_url *b);
/* The same origin, and "/a" or "/a/b" within "/a"; "/ab" is not. */
bool bbk_url_within(const struct bbk_url *url, const struct bbk_url *base);

/* The parts on their own, by the same rules, for an ssh command line. */
bool bbk_host_is_valid(const char *host);
bool bbk_user_is_valid(const char *user);
/* Lower case, as it appears in struct bbk_url; the caller frees. */
char *bbk_host_canonical(const char *host);

/* Adds text with everything but letters, digits and "-._~" as "%7B". */
void bbk_url_add_escaped(struct bbk_str *out, const char *text);

#endif
