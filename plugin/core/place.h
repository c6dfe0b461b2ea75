/*
 * Where an instance's ssh is: from its clone links and SSH settings, and
 * whether that may be believed.  A part of core/detect.h.
 */
#ifndef CORE_PLACE_H
#define CORE_PLACE_H

#include "bitbucket/datacenter.h"
#include "core/detect.h"

/* Class denied, "SSH is switched off", with whom to ask.  Returns -1. */
int bbk_place_no_ssh(const struct bbk_detected *found, struct bbk_err *err);
/* Class not-bitbucket: nothing but the server names ssh_host.  Returns -1. */
int bbk_place_unvouched(const struct bbk_detected *found, struct bbk_err *err);
/* May ssh_host be trusted without asking anybody? */
bool bbk_place_is_own(const struct bbk_detected *found);
/* Class not-bitbucket: the URL's ssh host is another one's.  Returns -1. */
int bbk_place_not_served(const struct bbk_detected *found,
			 struct bbk_err *err);

/* An ssh URL's host that neither settings nor configuration have heard of. */
bool bbk_place_is_foreign(const struct bbk_detected *found,
			  const struct bbk_dc_settings *settings);
/*
 * Sets ssh_host and ssh_port: the clone link's, or the settings', which may be
 * NULL where there are links.
 */
int bbk_place_find(struct bbk_detected *found,
		   const struct bbk_dc_settings *settings,
		   const struct bbk_repository *repo, struct bbk_err *err)
	BBK_MUST_CHECK;
/* An ssh host that a server names must have somebody else's word, too. */
int bbk_place_check(struct bbk_detected *found, struct bbk_env *env,
		    const struct bbk_dc_settings *settings,
		    struct bbk_err *err) BBK_MUST_CHECK;
/* The URL's own ssh place must be one that the server names; then it counts. */
int bbk_place_check_url(struct bbk_detected *found,
			const struct bbk_dc_settings *settings,
			struct bbk_err *err) BBK_MUST_CHECK;
/* Adds the place to the instance's SSH names. */
void bbk_place_remember(struct bbk_detected *found);

/*
 * Do the settings alone name a place that needs nobody else's word?  Then it
 * is ssh_host and ssh_port.
 */
bool bbk_place_is_plain(struct bbk_detected *found,
			const struct bbk_dc_settings *settings);
/* Do the repository's links name the same? */
bool bbk_place_is_link(const struct bbk_detected *found,
		       const struct bbk_repository *repo);

#endif
