/*
 * Asking the SSH server: is it the right one, and does it let us in?
 */
#ifndef CORE_ACCESS_H
#define CORE_ACCESS_H

#include "core/instance.h"
#include "core/key.h"
#include "ssh/client.h"

enum bbk_hostkey_state {
	BBK_HOSTKEY_UNKNOWN,
	BBK_HOSTKEY_VERIFIED, /* it is the published, or pinned, or confirmed */
	BBK_HOSTKEY_KNOWN,    /* only the person's own known hosts say so */
	BBK_HOSTKEY_CHANGED,
};

const char *bbk_hostkey_state_word(enum bbk_hostkey_state state);

/* One SSH name of an instance, and what it takes to reach it. */
struct bbk_access {
	char *host;
	unsigned port;		/* 0: as ssh's configuration has it */
	char *user;
	char *known_hosts;	/* GlobalKnownHostsFile for ssh */
	struct bbk_strv pins;	/* fingerprints, all of one kind */
	/* "rest", "site" (Cloud's page), "built-in", "config" or "option" */
	const char *pin_source;
	struct bbk_strv identities; /* the person's own key files */
	/*
	 * Key files that ssh_config names for the place that Cloud has left:
	 * ssh does not look there for the new one.
	 */
	struct bbk_strv moved_identities;
	char *own_key;		/* borrowed: which of these was let in */
	bool revocations;	/* ssh may find a pinned host key revoked */
	enum bbk_hostkey_state hostkey;
	char *fingerprint;	/* of the host key that was seen, or NULL */
	const char *source;	/* how it was verified; NULL: it was not */
	bool saved;		/* our known hosts were changed by this run */
	bool refused;		/* the person said no to it */
	bool dry_run;		/* or would have been: nothing is written */
};

#define BBK_ACCESS_INIT \
	{ NULL, 0, NULL, NULL, BBK_STRV_INIT, NULL, BBK_STRV_INIT, \
	  BBK_STRV_INIT, NULL, false, BBK_HOSTKEY_UNKNOWN, NULL, NULL, \
	  false, false, false }

void bbk_access_release(struct bbk_access *access);

/*
 * Gets ready, without a connection: reads ssh's configuration, checks that it
 * sends this name to an SSH name of the instance (class not-bitbucket), and
 * collects the pins: `given` (--host-key), bbkey.<base>.hostKey, what the
 * instance publishes; the first of these that has any.
 */
int bbk_access_open(struct bbk_access *access, struct bbk_env *env,
		    const struct bbk_instance *instance, const char *user,
		    const char *host, unsigned port,
		    const struct bbk_strv *given, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * A part of it: the first of `given`, bbkey.<base>.hostKey and what the
 * instance publishes that has any fingerprints, or Cloud's built-in ones.
 */
int bbk_access_collect_pins(struct bbk_access *access,
			    const struct bbk_env *env,
			    const struct bbk_instance *instance,
			    const struct bbk_strv *given, struct bbk_err *err)
	BBK_MUST_CHECK;

/* Adds what the server publishes; algorithm and value may be NULL. */
void bbk_access_pin_published(struct bbk_access *access, const char *algorithm,
			      const char *value);

/*
 * Can git's own ssh be the one to check the host key (core/meeting.h)?  Its
 * KnownHostsCommand is asked for a fingerprint, and before ssh looks for
 * revoked keys.
 */
bool bbk_access_can_meet(const struct bbk_access *access);

/* Has the person a key to offer?  Asks their agent. */
bool bbk_access_has_own_keys(const struct bbk_access *access,
			     const struct bbk_env *env);

/*
 * Notes what it takes to meet this host for the first time with this key
 * (store/first.h), or that it takes more.  Best effort: it saves time alone.
 */
void bbk_access_prepare_first(const struct bbk_access *access,
			      const struct bbk_env *env,
			      const struct bbk_instance *instance,
			      const struct bbk_key *key);

/* Whom to be, and what to ask for. */
struct bbk_visit {
	enum bbk_ssh_auth auth;
	const char *key;
	const char *fingerprint; /* of the key */
	bool agent;
	const char *command; /* "git-upload-pack '/proj/app.git'", "whoami" */
	bool may_ask;	     /* a person, about a host key nobody published */
};

/*
 * One connection (a second one, where the server has several host keys and
 * showed another than the published; up to three more, where it drops them:
 * base/drop.h).  A host key that is verified is saved
 * in our known hosts.  With may_ask, an unknown one is shown and asked about;
 * a yes saves it and connects again.  -1: class hostkey, network, negotiate or
 * local; 0 for OK, DENIED and NO_ACCESS.  BBK_SSH_OWN also tries
 * moved_identities, one after another, where ssh's own are of no use.
 */
int bbk_access_visit(struct bbk_access *access, struct bbk_env *env,
		     const struct bbk_visit *visit,
		     struct bbk_ssh_answer *answer, struct bbk_err *err)
	BBK_MUST_CHECK;

/* Why a key of type RSA is of no use at such a server.  -1 */
int bbk_access_refuse_rsa(const struct bbk_access *access,
			  struct bbk_err *err) BBK_MUST_CHECK;

/* Parts of them: ssh would go elsewhere than it should.  -1 */
int bbk_access_elsewhere(const struct bbk_instance *instance, const char *host,
			 const struct bbk_ssh_plan *plan, struct bbk_err *err)
	BBK_MUST_CHECK;
/* And an answer, which sets access->hostkey where that is to blame. */
int bbk_access_weigh(struct bbk_access *access,
		     const struct bbk_ssh_answer *answer, struct bbk_err *err)
	BBK_MUST_CHECK;

/* Why ssh failed, from the last that it said.  -1: as a visit would. */
int bbk_access_judge(struct bbk_access *access, const char *said,
		     struct bbk_err *err) BBK_MUST_CHECK;

/* A host key that somebody else saw, and that is pinned, as a visit would. */
int bbk_access_note_pinned(struct bbk_access *access, struct bbk_env *env,
			   const struct bbk_hostkey *key, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * "git-upload-pack '/proj/app.git'", or git-receive-pack for a push, or, where
 * repo is NULL, what only says whether the key is let in.
 */
char *bbk_access_command(const struct bbk_edition *edition, const char *owner,
			 const char *repo, bool push);

#endif
