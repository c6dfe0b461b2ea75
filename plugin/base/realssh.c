#include "base/realssh.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/paths.h"

#define COMMAND_MAX 4096

void bbk_realssh_release(struct bbk_realssh *ssh)
{
	free(ssh->program);
	bbk_strv_release(&ssh->words);
	ssh->program = NULL;
	ssh->chained = false;
}

char *bbk_realssh_path(const char *config)
{
	return bbk_strf("%s/ssh-command", config);
}

static bool read_command(struct bbk_str *command, const char *config)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	char *path = bbk_realssh_path(config);
	int rc = bbk_file_read(command, path, COMMAND_MAX, &ignored);

	free(path);
	if (rc)
		return false;
	bbk_str_cut(command, strcspn(bbk_str_get(command), "\n"));
	return command->len > 0;
}

int bbk_realssh_find(struct bbk_realssh *ssh, const char *config,
		     struct bbk_err *err)
{
	BBK_AUTO(realssh) found = BBK_REALSSH_INIT;
	BBK_AUTO(str) command = BBK_STR_INIT;

	if (config && read_command(&command, config)) {
		found.chained = true;
		found.program = bbk_strdup("/bin/sh");
		bbk_strv_addl(&found.words, "sh", "-c", NULL);
		bbk_strv_addf(&found.words, "%s \"$@\"", bbk_str_get(&command));
		bbk_strv_add(&found.words, bbk_str_get(&command));
	} else {
		if (bbk_program_need(&found.program, "ssh", err) < 0)
			return -1;
		bbk_strv_add(&found.words, "ssh");
	}
	bbk_realssh_release(ssh);
	*ssh = found;
	found = (struct bbk_realssh)BBK_REALSSH_INIT;
	return 0;
}
