/*
 * The projects that a repository's submodules live in, and access to them.
 *
 * .gitmodules is somebody else's text.  Its URLs only ever choose among the
 * projects of instances that a person has enrolled, and nothing is asked of a
 * server, made or registered for one of them without that person's yes, or
 * bbkey.<base>.projects.  The submodules of submodules are not in it.
 *
 * submodules.c looks, submodule_access.c asks and sets up.
 */
#ifndef CORE_SUBMODULES_H
#define CORE_SUBMODULES_H

#include "core/setup.h"

#define BBK_SUBMODULES_ASK 20 /* projects in one question, at most */

enum bbk_submodule_state {
	BBK_SUBMODULE_REFUSED,	 /* no repository of Bitbucket has that URL */
	BBK_SUBMODULE_ELSEWHERE, /* on no instance that is set up */
	BBK_SUBMODULE_READY,	 /* was on record */
	BBK_SUBMODULE_WAITING,	 /* nobody has allowed it */
	BBK_SUBMODULE_ALLOWED,	 /* listed, or confirmed: to be set up */
	BBK_SUBMODULE_DONE,	 /* was set up by this run */
	BBK_SUBMODULE_FAILED,
};

/* As in --json; ALLOWED is "planned". */
const char *bbk_submodule_state_word(enum bbk_submodule_state state);

/* One project (a repository of it, where the scope is repo). */
struct bbk_submodule_project {
	char *base;	  /* of its instance */
	char *project;	  /* "LIB", "~dev"; on Cloud the workspace */
	char *key;	  /* on Cloud, of the project, once it is known */
	bool cloud;
	char *repo;	  /* NULL unless the scope is repo */
	char *ssh_host;	  /* where its records are */
	unsigned ssh_port;
	char *url;	  /* of a submodule that is not on record; or NULL */
	size_t submodules;
	enum bbk_submodule_state state;
	struct bbk_err problem; /* FAILED: why */
};

struct bbk_submodule {
	char *name; /* bytes of .gitmodules: scrub before printing */
	char *host; /* NULL: refused */
	char *url;  /* rebuilt, no password in it; NULL: refused */
	char *repo;
	enum bbk_submodule_state state; /* where it has no project */
	struct bbk_submodule_project *project; /* borrowed from projects[] */
};

struct bbk_submodules {
	bool none; /* there is no .gitmodules */
	struct bbk_submodule *v;
	size_t len;
	struct bbk_submodule_project **projects;
	size_t projects_len;
};

#define BBK_SUBMODULES_INIT { false, NULL, 0, NULL, 0 }

void bbk_submodules_release(struct bbk_submodules *found);

/*
 * Reads .gitmodules of the repository that the person stands in; setup is that
 * repository's own, at its plan or beyond it.  Offline; changes nothing.
 */
int bbk_submodules_find(struct bbk_submodules *found,
			const struct bbk_setup *setup, struct bbk_err *err)
	BBK_MUST_CHECK;

size_t bbk_submodules_count(const struct bbk_submodules *found,
			    enum bbk_submodule_state state);

/*
 * On Cloud, where bbkey.<base>.projects may name the project of one that is
 * waiting: asks the server which it is, with the token at hand, and lets it be
 * ALLOWED.  Asked about no workspace but that of the repository itself and
 * those that are listed.  Best effort: what cannot be told is not allowed.
 */
void bbk_submodules_look_up(struct bbk_submodules *found,
			    const struct bbk_setup *setup);

/*
 * One question about all that are waiting, where a person can be asked and
 * there are not too many to read; a yes makes them ALLOWED.  The default is no.
 */
int bbk_submodules_ask(struct bbk_submodules *found, struct bbk_env *env,
		       struct bbk_err *err) BBK_MUST_CHECK;

/*
 * Sets up what is ALLOWED: one key, one POST each, as `init <url>` would.
 * Each becomes DONE or FAILED.  The permission is that of
 * bbkey.<base>.permission; --token-file, --key and --host-key of setup->wish
 * count on the same instance only.
 */
void bbk_submodules_set_up(struct bbk_submodules *found,
			   struct bbk_setup *setup);

/*
 * What git makes of a URL that begins with "./" or "../" (git-submodule(1),
 * "add"): relative to the remote's.  Any other URL as it is.  The result is
 * text that nobody has judged; the caller frees.
 */
char *bbk_submodule_resolve(const char *remote, const char *url);

/* "git config --global --add bbkey.<base>.projects LIB"; the caller frees. */
char *bbk_submodule_allow_command(const struct bbk_submodule_project *project);

#endif
