#include <stdlib.h>

#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/usage.h"

static int help(struct bbk_env *env, int argc, char **argv,
		struct bbk_err *err)
{
	const struct bbk_cmd *cmd = argc > 1 ? bbk_cmd_find(argv[1]) : NULL;
	char *shown;

	if (argc > 1 && !cmd && argv[1][0] != '-') {
		shown = bbk_scrubbed(argv[1]);
		bbk_err_set(err, BBK_E_USAGE, "there is no command '%s'",
			    shown);
		free(shown);
		return bbk_err_hint(err, "'git bbkey help' lists them");
	}
	if (cmd)
		bbk_usage(env->out, cmd);
	else
		bbk_usage_all(env->out);
	return 0;
}

const struct bbk_cmd bbk_cmd_help = {
	.name = "help",
	.usage = "git bbkey help [<command>]",
	.summary = "list the commands, or explain one",
	.run = help,
};
