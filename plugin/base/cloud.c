#include "base/cloud.h"

#include <string.h>

#define ALT_HOST "altssh.bitbucket.org"
#define ALT_PORT 443

const char *const bbk_cloud_ssh[] = {
	"ssh://git@" BBK_CLOUD_SSH_HOST,
	"ssh://git@" BBK_CLOUD_WEB_HOST,
	"ssh://git@" ALT_HOST ":443",
	NULL,
};

const char *const bbk_cloud_host_key[] = {
	"SHA256:46OSHA1Rmj8E8ERTC6xkNcmGOw9oFxYr0WF6zWW8l1E", /* RSA */
	"SHA256:FC73VB6C4OQLSCrjEayhMp9UMxS97caD/Yyi2bhW/J0", /* ECDSA */
	"SHA256:ybgmFkzwOSotHTHLJgHO0QN8L0xErw6vd0VhFA9m3SM", /* ED25519 */
	NULL,
};

bool bbk_cloud_is_old(const char *host, unsigned port)
{
	return port == 22 && !strcmp(host, BBK_CLOUD_WEB_HOST);
}

bool bbk_cloud_is_ssh(const char *host, unsigned port)
{
	return bbk_cloud_is_old(host, port) ||
	       (port == 22 && !strcmp(host, BBK_CLOUD_SSH_HOST)) ||
	       (port == ALT_PORT && !strcmp(host, ALT_HOST));
}

void bbk_cloud_canonical(const char **host, unsigned *port)
{
	if (!bbk_cloud_is_ssh(*host, *port))
		return;
	*host = BBK_CLOUD_SSH_HOST;
	*port = 22;
}
