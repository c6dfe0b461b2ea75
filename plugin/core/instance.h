/*
 * One Bitbucket instance: what protected configuration says of it, and how to
 * talk to it.
 */
#ifndef CORE_INSTANCE_H
#define CORE_INSTANCE_H

#include "base/address.h"
#include "base/env.h"
#include "base/scope.h"
#include "bitbucket/grants.h"
#include "ssh/keygen.h"
#include "store/instance.h"

enum bbk_auto { BBK_AUTO_ASK, BBK_AUTO_ALWAYS, BBK_AUTO_NEVER };

const char *bbk_auto_word(enum bbk_auto automatic); /* as in --auto */
int bbk_auto_parse(enum bbk_auto *automatic, const char *word) BBK_MUST_CHECK;

struct bbk_instance {
	char *base;	       /* "https://host[:port][/context]" */
	struct bbk_url url;    /* the same, parsed */
	const struct bbk_edition *edition;
	bool enrolled;	       /* a person did, in protected configuration */
	enum bbk_auto automatic;
	struct bbk_strv ssh;   /* "ssh://git@host:port"; first: for new URLs */
	struct bbk_instance_facts facts;
	struct bbk_rest rest;
	bool no_token; /* every source of one was asked, and had none */
	bool has_git_token; /* but git's helper has one for git alone */
};

#define BBK_INSTANCE_INIT \
	{ NULL, BBK_URL_INIT, &bbk_datacenter, false, BBK_AUTO_ASK, \
	  BBK_STRV_INIT, BBK_INSTANCE_FACTS_INIT, BBK_REST_INIT, false, \
	  false }

void bbk_instance_release(struct bbk_instance *instance);

/*
 * The instance at this base (https, any context path), enrolled or not.
 * https://bitbucket.org is Cloud, with its three SSH names; any other one is
 * Data Center unless bbkey.<base>.edition says something else.
 * Class tls for http, not-bitbucket for a URL that is none.
 */
int bbk_instance_open(struct bbk_instance *instance, struct bbk_env *env,
		      const struct bbk_url *base, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * The enrolled instance that an ssh destination, or an https URL, belongs to.
 * Equal host and port; for https also a whole-part prefix of the path.  1: none
 */
int bbk_instance_of_ssh(struct bbk_instance *instance, struct bbk_env *env,
			const char *host, unsigned port, struct bbk_err *err)
	BBK_MUST_CHECK;
int bbk_instance_of_https(struct bbk_instance *instance, struct bbk_env *env,
			  const struct bbk_url *url, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * The one that is enrolled at this host and port, whatever its context path.
 * 1: none is, or more than one.
 */
int bbk_instance_of_origin(struct bbk_instance *instance, struct bbk_env *env,
			   const struct bbk_url *url, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * Do its parts mean what they mean on Cloud?  By bitbucket.org's own names and
 * by what is configured; base: --base, or NULL.
 */
bool bbk_instance_is_cloud(const struct bbk_env *env,
			   const struct bbk_url *url, const char *base);

/* The bases of those that are enrolled, in the order of the configuration. */
void bbk_instances_enrolled(const struct bbk_env *env, struct bbk_strv *bases);

/* Has any enrolled instance an SSH name with this host, whatever its port? */
bool bbk_instance_any_at(const struct bbk_env *env, const char *host);

/* Is this one of the instance's SSH names? */
bool bbk_instance_has_ssh(const struct bbk_instance *instance,
			  const char *host, unsigned port);
/* What https clone URLs have behind the base: "/scm/"; of Cloud "/". */
const char *bbk_instance_clone_path(const struct bbk_instance *instance);
/* A setting bbkey.<base>.<name>; NULL: not set.  Borrowed. */
const char *bbk_instance_setting(const struct bbk_instance *instance,
				 const struct bbk_env *env, const char *name);
/* bbkey.<base>.scope, .permission, .keyType and .expires, or ours. */
struct bbk_defaults {
	enum bbk_scope scope;
	bool write;
	enum bbk_key_type key_type;
	long expires; /* days; 0: as the server likes */
};

/* Class local where one of them is a word that it cannot be. */
int bbk_instance_defaults(const struct bbk_instance *instance,
			  const struct bbk_env *env,
			  struct bbk_defaults *defaults, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * Is the project in bbkey.<base>.projects?  As "*" or its key; on Cloud, where
 * two workspaces may have the same key, also as "workspace/KEY" or "workspace",
 * which is not in upper case as keys are.  project NULL, not known yet: only
 * what needs no key counts.
 */
bool bbk_instance_lists_project(const struct bbk_instance *instance,
				const struct bbk_env *env,
				const char *workspace, const char *project);
/*
 * Could one of that workspace be?  known: a person has dealt with it before;
 * else a key alone is no reason to ask the server.
 */
bool bbk_instance_may_list(const struct bbk_instance *instance,
			   const struct bbk_env *env, const char *workspace,
			   bool known);

#endif
