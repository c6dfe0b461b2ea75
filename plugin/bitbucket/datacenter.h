/*
 * Bitbucket Data Center's REST API: what we ask it, in its own words.
 *
 * Facts are of Atlassian's OpenAPI documents 8.5 to 10.0.  Field by field:
 * only what is named here is read, its type is checked, the rest is ignored.
 */
#ifndef BITBUCKET_DATACENTER_H
#define BITBUCKET_DATACENTER_H

#include "bitbucket/edition.h"

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
int bbk_dc_repo(struct bbk_rest *rest, const char *project, const char *slug,
		struct bbk_repository *repo, struct bbk_err *err)
	BBK_MUST_CHECK;
/* Any repository of the project, or of the instance where it is NULL.  1: no */
int bbk_dc_any_repo(struct bbk_rest *rest, const char *project,
		    struct bbk_repository *repo, struct bbk_err *err)
	BBK_MUST_CHECK;
/*
 * GET /api/latest/repos?permission=REPO_ADMIN: is there any that the token may
 * administrate?  Anybody may ask (Bitbucket REST 9.4, "search for
 * repositories"), so it proves the token only with X-AUSERNAME: else the SSH
 * settings are asked for, which nobody reads unknown.
 */
int bbk_dc_token_check(struct bbk_rest *rest, struct bbk_token_facts *facts,
		       struct bbk_rest_reply *reply, struct bbk_err *err)
	BBK_MUST_CHECK;
/* GET /api/latest/projects/{key}: the key as the server spells it. */
int bbk_dc_project(struct bbk_rest *rest, const char *project, char **key,
		   struct bbk_err *err) BBK_MUST_CHECK;

/* The rest of what is asked of Data Center is bbk_datacenter: edition.h. */

#endif
