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

const struct bbk_cloud_host_key bbk_cloud_host_key[] = {
	{ "SHA256:46OSHA1Rmj8E8ERTC6xkNcmGOw9oFxYr0WF6zWW8l1E",
	  "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQDQeJzhupRu0u0cdegZ"
	  "Ia8e86EG2qOCsIsD1Xw0xSeiPDlCr7kq97NLmMbpKTX6Esc30NuoqEEH"
	  "Cuc7yWtwp8dI76EEEB1VqY9QJq6vk+aySyboD5QF61I/1WeTwu+deCbg"
	  "KMGbUijeXhtfbxSxm6JwGrXrhBdofTsbKRUsrN1WoNgUa8uqN1Vx6WAJ"
	  "w1JHPhglEGGHea6QICwJOAr/6mrui/oB7pkaWKHj3z7d1IC4KWLtY47e"
	  "lvjbaTlkN04Kc/5LFEirorGYVbt15kAUlqGM65pk6ZBxtaO3+30LVlOR"
	  "ZkxOh+LKL/BvbZ/iRNhItLqNyieoQj/uh/7Iv4uyH/cV/0b4WDSd3Dpt"
	  "igWq84lJubb9t/DnZlrJazxyDCulTmKdOR7vs9gMTo+uoIrPSb8ScTtv"
	  "w65+odKAlBj59dhnVp9zd7QUojOpXlL62Aw56U4oO+FALuevvMjiWeav"
	  "KhJqlR7i5n9srYcrNV7ttmDw7kf/97P5zauIhxcjX+xHv4M=" },
	{ "SHA256:FC73VB6C4OQLSCrjEayhMp9UMxS97caD/Yyi2bhW/J0",
	  "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAI"
	  "bmlzdHAyNTYAAABBBPIQmuzMBuKdWeF4+a2sjSSpBK0iqitSQ+5BM9Kh"
	  "pexuGt20JpTVM7u5BDZngncgrqDMbWdxMWWOGtZ9UgbqgZE=" },
	{ "SHA256:ybgmFkzwOSotHTHLJgHO0QN8L0xErw6vd0VhFA9m3SM",
	  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIazEu89wgQZ4bqs3d63"
	  "QSMzYVa0MuJ2e2gKTKqu+UUO" },
	{ NULL, NULL },
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
