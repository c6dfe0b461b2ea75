/*
 * Bitbucket Cloud's own addresses: one instance under three SSH names.
 *
 * Since 12 November 2026 git over SSH is at ssh.bitbucket.org only, and
 * bitbucket.org is for HTTPS (Atlassian, "Upcoming change to Bitbucket Cloud
 * SSH access").  What becomes of altssh.bitbucket.org is UNCONFIRMED: it is
 * known, and left as it is.
 */
#ifndef BASE_CLOUD_H
#define BASE_CLOUD_H

#include "base/url.h"

#define BBK_CLOUD_BASE "https://bitbucket.org"
#define BBK_CLOUD_WEB_HOST "bitbucket.org"
#define BBK_CLOUD_SSH_HOST "ssh.bitbucket.org"
#define BBK_CLOUD_API "https://api.bitbucket.org/2.0"

/*
 * User names that git gives over https where a token is no password of anybody
 * (reference 2.4): with an API token, and with an access token or OAuth's.
 */
#define BBK_CLOUD_API_TOKEN_USER "x-bitbucket-api-token-auth"
#define BBK_CLOUD_ACCESS_TOKEN_USER "x-token-auth"

/* "ssh://git@ssh.bitbucket.org" first, then the others; ends with NULL. */
extern const char *const bbk_cloud_ssh[];

/*
 * The host keys that Cloud has had since 20 June 2023, for the day that its
 * page of them cannot be reached (reference 2.6).  A fingerprint of NULL ends
 * them.
 */
struct bbk_cloud_host_key {
	const char *fingerprint; /* "SHA256:..." */
	const char *key;	 /* "ssh-ed25519 <blob>" */
};

extern const struct bbk_cloud_host_key bbk_cloud_host_key[];

/* Is it one of these three?  host is canonical: base/url.h. */
bool bbk_cloud_is_ssh(const char *host, unsigned port);
/* The one name of the three that records are kept under. */
void bbk_cloud_canonical(const char **host, unsigned *port);
/* The one that nothing answers at any more? */
bool bbk_cloud_is_old(const char *host, unsigned port);

#endif
