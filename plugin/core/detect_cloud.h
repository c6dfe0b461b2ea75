/*
 * core/detect.h for Bitbucket Cloud: the place of its ssh is known, and the
 * project is the repository's to tell.  A part of detect.c.
 */
#ifndef CORE_DETECT_CLOUD_H
#define CORE_DETECT_CLOUD_H

#include "core/detect.h"

/* Each as its namesake in core/detect.h. */
int bbk_detect_cloud_offline(struct bbk_detected *found, struct bbk_err *err)
	BBK_MUST_CHECK;
int bbk_detect_cloud_online(struct bbk_detected *found, struct bbk_env *env,
			    const struct bbk_detect_wish *wish,
			    struct bbk_err *err) BBK_MUST_CHECK;
int bbk_detect_cloud_early(struct bbk_detected *found, struct bbk_env *env,
			   const struct bbk_detect_wish *wish,
			   struct bbk_err *err) BBK_MUST_CHECK;
int bbk_detect_cloud_confirm(struct bbk_detected *found,
			     const struct bbk_detect_wish *wish,
			     struct bbk_err *err) BBK_MUST_CHECK;

/*
 * What Cloud publishes today becomes instance->facts.fingerprints; takes no
 * token.  Where that cannot be read, what was read before stays, or what is
 * built in: core/access.h.
 */
void bbk_detect_cloud_host_keys(struct bbk_instance *instance);
/*
 * The same as lines for known hosts, under the names that answer ssh; those
 * that are built in, where it cannot be read.
 */
void bbk_detect_cloud_known_hosts(struct bbk_instance *instance,
				  struct bbk_strv *lines);

/*
 * Which project a repository is in, with a token that is at hand; NULL where
 * that cannot be told.  Nobody is asked.  The caller frees.
 */
char *bbk_detect_cloud_project(struct bbk_instance *instance,
			       struct bbk_env *env, const char *workspace,
			       const char *repo);

/* What to do about what the token does not show.  -1 */
int bbk_detect_not_shown(struct bbk_detected *found,
			 const struct bbk_detect_wish *wish,
			 struct bbk_err *err);

#endif
