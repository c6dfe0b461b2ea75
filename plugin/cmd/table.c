#include <string.h>

#include "cmd/cmd.h"

/* In the order that `git bbkey help` shows them. */
const struct bbk_cmd *const bbk_cmds[] = {
	&bbk_cmd_init,
	&bbk_cmd_clone,
	&bbk_cmd_status,
	&bbk_cmd_list,
	&bbk_cmd_request,
	&bbk_cmd_login,
	&bbk_cmd_logout,
	&bbk_cmd_hooks,
	&bbk_cmd_version,
	&bbk_cmd_help,
	&bbk_cmd_ensure,
	&bbk_cmd_hook,
	&bbk_cmd_credential,
	&bbk_cmd_hostkeys,
	NULL,
};

const struct bbk_cmd *bbk_cmd_find(const char *name)
{
	for (const struct bbk_cmd *const *cmd = bbk_cmds; *cmd; cmd++)
		if (!strcmp((*cmd)->name, name))
			return *cmd;
	return NULL;
}
