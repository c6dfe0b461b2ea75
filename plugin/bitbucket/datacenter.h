/*
 * Bitbucket Data Center's REST API: what we ask it, in its own words.
 *
 * Facts are of Atlassian's OpenAPI documents 8.5 to 10.0.  Field by field:
 * only what is named here is read, its type is checked, the rest is ignored.
 */
#ifndef BITBUCKET_DATACENTER_H
#define BITBUCKET_DATACENTER_H

#include "base/scope.h"
#include "bitbucket/rest.h"

/*
 * GET /api/latest/application-properties, which needs no token.  Replaces
 * *release by "9.4.1"; the caller frees.  Class not-bitbucket where this is not
 * the root of a Data Center instance.
 */
int bbk_dc_release(struct bbk_rest *rest, char **release, struct bbk_err *err)
	BBK_MUST_CHECK;

/* GET /ssh/latest/settings; any user may read it. */
struct bbk_dc_settings {
	bool enabled;
	bool access_keys;   /* accessKeysEnabled; true where it is not said */
	char *host;	    /* of baseUrl; NULL: the instance's own */
	unsigned base_port; /* of baseUrl; 0: none was written there */
	unsigned port;	    /* where the server listens; 0: not said */
	char *algorithm;    /* fingerprint.algorithm, .value, as they came; */
	char *fingerprint;  /* either may be NULL.  Form UNCONFIRMED */
};

#define BBK_DC_SETTINGS_INIT { false, false, NULL, 0, 0, NULL, NULL }

void bbk_dc_settings_release(struct bbk_dc_settings *settings);
int bbk_dc_settings(struct bbk_rest *rest, struct bbk_dc_settings *settings,
		    struct bbk_err *err) BBK_MUST_CHECK;

/* GET /api/latest/projects/{key}/repos/{slug} */
struct bbk_dc_repo {
	char *project;	   /* key, as the server spells it */
	char *slug;
	struct bbk_strv ssh_urls; /* clone links "ssh"; none: SSH is off */
};

#define BBK_DC_REPO_INIT { NULL, NULL, BBK_STRV_INIT }

void bbk_dc_repo_release(struct bbk_dc_repo *repo);
int bbk_dc_repo(struct bbk_rest *rest, const char *project, const char *slug,
		struct bbk_dc_repo *repo, struct bbk_err *err) BBK_MUST_CHECK;
/* Any repository of the project, or of the instance where it is NULL.  1: no */
int bbk_dc_any_repo(struct bbk_rest *rest, const char *project,
		    struct bbk_dc_repo *repo, struct bbk_err *err)
	BBK_MUST_CHECK;
/* GET /api/latest/projects/{key}: the key as the server spells it. */
int bbk_dc_project(struct bbk_rest *rest, const char *project, char **key,
		   struct bbk_err *err) BBK_MUST_CHECK;

/* Where a key is to be registered. */
struct bbk_target {
	enum bbk_scope scope;
	const char *project; /* NULL for BBK_SCOPE_PERSONAL */
	const char *repo;    /* for BBK_SCOPE_REPO */
};

struct bbk_grant {
	char *id;	/* decimal */
	bool write;
	char *label;	/* not scrubbed; may be NULL */
	char *expires;	/* YYYY-MM-DD, or NULL */
};

#define BBK_GRANT_INIT { NULL, false, NULL, NULL }

void bbk_grant_release(struct bbk_grant *grant);

/*
 * Looks for the key with this base64 blob among those of the target; label,
 * comment and fingerprint differ between versions.  1: it is not there.
 */
int bbk_dc_grant_find(struct bbk_rest *rest, const struct bbk_target *target,
		      const char *blob, struct bbk_grant *grant,
		      struct bbk_err *err) BBK_MUST_CHECK;

struct bbk_registration {
	const char *text;  /* the public key line */
	const char *label;
	bool write;
	long expires;	   /* days; 0: not said */
};

enum bbk_refusal {
	BBK_REFUSAL_OTHER,
	BBK_REFUSAL_KEY_TYPE, /* the server wants another type of key */
	BBK_REFUSAL_EXISTS,   /* 409: look whether it is here or elsewhere */
	BBK_REFUSAL_UNSURE,   /* it may have been done all the same */
};

/* On -1, *refusal says what the caller can still do about it. */
int bbk_dc_grant_add(struct bbk_rest *rest, const struct bbk_target *target,
		     const struct bbk_registration *registration,
		     struct bbk_grant *grant, enum bbk_refusal *refusal,
		     struct bbk_err *err) BBK_MUST_CHECK;
/* PUT .../ssh/{id}/permission/{permission} */
int bbk_dc_grant_set_write(struct bbk_rest *rest,
			   const struct bbk_target *target, const char *id,
			   struct bbk_err *err) BBK_MUST_CHECK;
/* DELETE .../ssh/{id}: this grant alone, whatever else the key opens. */
int bbk_dc_grant_remove(struct bbk_rest *rest, const struct bbk_target *target,
			const char *id, struct bbk_err *err) BBK_MUST_CHECK;

/* The page of the web interface where a person adds such a key. */
char *bbk_dc_keys_page(const char *base, const struct bbk_target *target);

#endif
