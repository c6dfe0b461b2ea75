#include "cmd/usage.h"

#include <string.h>

#include "base/text.h"

#define NAME_WIDTH 28

static void print_option(FILE *out, const struct bbk_option *option)
{
	BBK_AUTO(str) left = BBK_STR_INIT;

	bbk_str_addf(&left, "    --%s%s%s", option->name,
		     option->arg ? " " : "", option->arg ? option->arg : "");
	if (left.len + 2 > NAME_WIDTH)
		fprintf(out, "%s\n%*s%s\n", left.s, NAME_WIDTH, "",
			option->help);
	else
		fprintf(out, "%-*s%s\n", NAME_WIDTH, left.s, option->help);
}

int bbk_usage(FILE *out, const struct bbk_cmd *cmd)
{
	BBK_AUTO(str) folded = BBK_STR_INIT;

	bbk_fold(&folded, cmd->usage, strlen("usage: "));
	fprintf(out, "usage: %s\n\n%s\n\n", bbk_str_get(&folded),
		cmd->summary);
	for (const struct bbk_option *o = cmd->options; o && o->name; o++)
		print_option(out, o);
	for (const struct bbk_option *o = bbk_common_options; o->name; o++)
		print_option(out, o);
	return bbk_class_status(BBK_E_USAGE);
}

void bbk_usage_all(FILE *out)
{
	fprintf(out, "usage: git bbkey <command> [<options>]\n\n"
		     "SSH access to Bitbucket that sets itself up\n\n");
	for (const struct bbk_cmd *const *cmd = bbk_cmds; *cmd; cmd++)
		if (!(*cmd)->internal)
			fprintf(out, "    %-10s%s\n", (*cmd)->name,
				(*cmd)->summary);
	fprintf(out, "\n'git bbkey <command> -h' shows a command's options.\n"
		     "Begin with 'git bbkey init' inside a repository, or "
		     "with any Bitbucket URL.\n");
}
