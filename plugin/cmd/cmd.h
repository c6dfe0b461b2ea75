/*
 * A command is data: its name, its options, what it does.
 *
 * The table of all commands is cmd/table.c; a test compares it with the files
 * here and with the manual.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "base/env.h"
#include "base/err.h"
#include "cmd/options.h"

struct bbk_cmd {
	const char *name;
	const char *usage;   /* "git bbkey status [--json]" */
	const char *summary; /* one line, lower case, no full stop */
	bool internal;	     /* not shown to people */
	const struct bbk_option *options; /* ends with a name of NULL */
	/*
	 * argv[0] is the command's name.  Returns the exit status; -1 with err
	 * set for a failure that main() prints.
	 */
	int (*run)(struct bbk_env *env, int argc, char **argv,
		   struct bbk_err *err);
};

extern const struct bbk_cmd *const bbk_cmds[]; /* ends with NULL */
const struct bbk_cmd *bbk_cmd_find(const char *name); /* or NULL */

extern const struct bbk_cmd bbk_cmd_clone;
extern const struct bbk_cmd bbk_cmd_credential;
extern const struct bbk_cmd bbk_cmd_ensure;
extern const struct bbk_cmd bbk_cmd_help;
extern const struct bbk_cmd bbk_cmd_hook;
extern const struct bbk_cmd bbk_cmd_hooks;
extern const struct bbk_cmd bbk_cmd_hostkeys;
extern const struct bbk_cmd bbk_cmd_init;
extern const struct bbk_cmd bbk_cmd_list;
extern const struct bbk_cmd bbk_cmd_login;
extern const struct bbk_cmd bbk_cmd_logout;
extern const struct bbk_cmd bbk_cmd_request;
extern const struct bbk_cmd bbk_cmd_status;
extern const struct bbk_cmd bbk_cmd_version;

#endif
