/* The bytes are a command line, an argument a line. */
#include "fuzz.h"

#include "base/address.h"
#include "transport/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BBK_AUTO(command) command = BBK_COMMAND_INIT;
	BBK_AUTO(strv) argv = BBK_STRV_INIT;
	char *text = bbk_strndup((const char *)data, size);
	enum bbk_command_kind kind;

	bbk_strv_add(&argv, "git-bbkey-ssh");
	for (char *arg = text, *end; arg; arg = end) {
		end = strchr(arg, '\n');
		if (end)
			*end++ = '\0';
		bbk_strv_add(&argv, arg);
	}
	kind = bbk_command_parse(&command, (int)argv.len, argv.v);
	if (kind == BBK_COMMAND_GIT || kind == BBK_COMMAND_STRANGE) {
		HOLDS(bbk_host_is_valid(command.host));
		HOLDS(bbk_user_is_valid(command.user));
		HOLDS(command.port >= 1 && command.port <= 65535);
		HOLDS(command.port_given || command.port == 22);
	} else {
		HOLDS(!command.host && !command.user && !command.repo);
	}
	if (kind == BBK_COMMAND_GIT) {
		HOLDS(bbk_project_is_valid(command.project));
		HOLDS(bbk_repo_is_valid(command.repo));
	}
	free(text);
	return 0;
}
