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
