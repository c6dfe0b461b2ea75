/*
 * Which instance, which project: from a URL, first by configuration and the
 * shape of the URL, then by what the server says of itself.
 */
#ifndef CORE_DETECT_H
#define CORE_DETECT_H

#include "core/instance.h"
#include "store/record.h"

struct bbk_detect_wish {
	const char *url;	/* what the person, or the repository, wrote */
	bool from_person;	/* on the command line: it may name a host */
	const char *base;	/* --base, or NULL */
	const char *token_file;
	enum bbk_scope scope;	/* of the key: no more is asked than it takes */
	bool pinned;		/* --host-key: nobody is asked for host keys */
};

struct bbk_detected {
	struct bbk_url url;
	struct bbk_address address; /* as it was written */
	struct bbk_instance instance;
	char *workspace; /* Cloud; as the server, or the URL, spells it */
	char *project;	/* as the server spells it; NULL: only an instance, */
			/* or, on Cloud, not asked for */
	char *repo;	/* NULL: the project as a whole */
	char *sample;	/* a repository of the project to try ssh with */
	char *ssh_host; /* where its ssh is */
	unsigned ssh_port;
	char *ssh_user; /* "git", or what the URL says */
	bool guessed;	/* the last of instance.ssh is not confirmed yet */
	bool host_keys; /* they were asked for */
	bool not_shown; /* the token may not see what the URL names */
};

#define BBK_DETECTED_INIT \
	{ BBK_URL_INIT, BBK_ADDRESS_INIT, BBK_INSTANCE_INIT, NULL, NULL, \
	  NULL, NULL, NULL, 0, NULL, false, false, false }

void bbk_detected_release(struct bbk_detected *found);

/*
 * Offline: parses the URL, finds the instance among the enrolled ones, by
 * --base or BBKEY_URL, by an https URL that a person gave, or by asking
 * https://<host>, .../bitbucket and .../stash and the person.
 * Class not-bitbucket or usage where none of that leads to an instance.
 */
int bbk_detect_instance(struct bbk_detected *found, struct bbk_env *env,
			const struct bbk_detect_wish *wish,
			struct bbk_err *err) BBK_MUST_CHECK;

/*
 * The enrolled instance of an ssh destination.  port 0, none given: where 22 is
 * nobody's, what ssh's own configuration makes of the name.  1: none.
 */
int bbk_detect_of_ssh(struct bbk_instance *instance, struct bbk_env *env,
		      const char *user, const char *host, unsigned port,
		      struct bbk_err *err) BBK_MUST_CHECK;

/*
 * Without a request: its ssh place, and the project as the URL spells it.
 * Class local where only the server could tell the place.
 */
int bbk_detect_offline(struct bbk_detected *found, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * With a token: the SSH settings, the published fingerprint, the project's own
 * spelling, and the ssh place from its clone links.  An ssh host that is not
 * the instance's own must be configured, be in the URL that the person gave,
 * or be confirmed; that a URL's ssh host and port are the instance's is
 * checked before anything is registered.
 */
int bbk_detect_online(struct bbk_detected *found, struct bbk_env *env,
		      const struct bbk_detect_wish *wish, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * The same in two halves, for who is in a hurry: from the settings alone, with
 * the project and the repository as the URL spells them; then what the
 * repository itself says.  1: it cannot be told in this way, or is not what it
 * seemed, and nothing was asked or kept: bbk_detect_online() tells.
 */
int bbk_detect_early(struct bbk_detected *found, struct bbk_env *env,
		     const struct bbk_detect_wish *wish, struct bbk_err *err)
	BBK_MUST_CHECK;
int bbk_detect_confirm(struct bbk_detected *found,
		       const struct bbk_detect_wish *wish,
		       struct bbk_err *err) BBK_MUST_CHECK;

/*
 * What Cloud publishes of its host keys, once in a run; Data Center tells them
 * with its SSH settings.  Best effort: what was read before, or is built in,
 * stays.  No token is sent.
 */
void bbk_detect_host_keys(struct bbk_detected *found, struct bbk_env *env,
			  const struct bbk_detect_wish *wish);

/* The port to give to ssh: 0 where the URL leaves it to ssh's configuration. */
unsigned bbk_detected_port(const struct bbk_detected *found);

/* The workspace or the project: what a clone URL has in front. */
const char *bbk_detected_owner(const struct bbk_detected *found);
/* Where its records are; borrowed. */
struct bbk_place bbk_detected_place(const struct bbk_detected *found);

/*
 * ssh://git@host[:port]/proj/repo.git, or git@host:workspace/repo.git as Cloud
 * writes it; the caller frees.
 */
char *bbk_detected_ssh_url(const struct bbk_detected *found);

#endif
