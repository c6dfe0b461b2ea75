/*
 * Bitbucket Cloud's REST API 2.0: what we ask it, in its own words.
 *
 * Facts are of Atlassian's OpenAPI document of June 2026.  Field by field:
 * only what is named here is read, its type is checked, the rest is ignored.
 * The rest of what is asked of Cloud is bbk_cloud: edition.h.
 */
#ifndef BITBUCKET_CLOUD_H
#define BITBUCKET_CLOUD_H

#include "bitbucket/edition.h"

/*
 * GET /repositories/{workspace}/{slug}: the one way to learn which project a
 * repository is in.
 */
int bbk_cloud_repo(struct bbk_rest *rest, const char *workspace,
		   const char *slug, struct bbk_repository *repository,
		   struct bbk_err *err) BBK_MUST_CHECK;

/*
 * GET /workspaces/{workspace}/projects/{key}: the key as it is spelled.  Where
 * the token may register a key and not look (403), it is the one asked for.
 */
int bbk_cloud_project(struct bbk_rest *rest, const char *workspace,
		      const char *project, char **key, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * GET /user.  A token that lacks the scope for it, or is of a kind that has no
 * user, is good all the same, where Cloud says so in its own words: not named.
 */
int bbk_cloud_token_check(struct bbk_rest *rest, struct bbk_token_facts *facts,
			  struct bbk_rest_reply *reply, struct bbk_err *err)
	BBK_MUST_CHECK;
/* GET /user, once: fills rest->account and rest->who. */
int bbk_cloud_user(struct bbk_rest *rest, struct bbk_err *err) BBK_MUST_CHECK;

/*
 * What kind of secret rest->token is: with an e-mail address it is an API
 * token (Basic); with "x-token-auth" or no user at all an access token or
 * OAuth's (Bearer: rest->user becomes NULL).  Class auth for any other user:
 * that is an app password, and they have ended.
 */
int bbk_cloud_settle_token(struct bbk_rest *rest, const char *base,
			   struct bbk_err *err) BBK_MUST_CHECK;

/*
 * The SSH host keys that Cloud publishes at <web>/site/ssh, in the form of
 * known_hosts: adds "type blob" of each.  No token is sent.  Class server where
 * the page has none.
 */
int bbk_cloud_host_keys(struct bbk_rest *rest, const struct bbk_url *web,
			struct bbk_strv *keys, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
