#include "transport/ssh.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

extern char **environ;

void bbk_ssh_line_release(struct bbk_ssh_line *line)
{
	free(line->program);
	free(line->env);
	line->program = NULL;
	line->env = NULL;
	bbk_strv_release(&line->argv);
}

static bool is_token(const char *variable)
{
	return bbk_begins(variable, "BBKEY_TOKEN=") ||
	       bbk_begins(variable, "BBKEY_URL=") ||
	       bbk_begins(variable, "BBKEY_USER=");
}

/* The strings are borrowed. */
static char **without_token(void)
{
	size_t len = 0, kept = 0;
	char **env;

	while (environ[len])
		len++;
	env = bbk_alloc((len + 1) * sizeof(*env));
	for (size_t i = 0; i < len; i++)
		if (!is_token(environ[i]))
			env[kept++] = environ[i];
	return env;
}

static BBK_NORETURN void no_ssh(void)
{
	static const char line[] =
		"git-bbkey: local: the program 'ssh' is not on the PATH\n";

	(void)bbk_write_all(STDERR_FILENO, line, sizeof(line) - 1);
	_exit(127);
}

bool bbk_ssh_is_callers(void)
{
	const char *git_ssh = getenv("GIT_SSH");

	return git_ssh && *git_ssh && !bbk_ends(git_ssh, "git-bbkey-ssh");
}

void bbk_ssh_plain(const char *config, int argc, char *const *argv)
{
	static const struct bbk_record nothing = BBK_RECORD_INIT;
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(realssh) ssh = BBK_REALSSH_INIT;
	BBK_AUTO(ssh_line) line = BBK_SSH_LINE_INIT;

	if (bbk_ssh_is_callers()) {
		environ = without_token();
		execvp(getenv("GIT_SSH"), argv);
		no_ssh();
	}
	if (bbk_realssh_find(&ssh, config, &ignored) < 0)
		no_ssh();
	bbk_ssh_line_build(&line, &ssh, &nothing, NULL, argc, argv);
	bbk_ssh_exec(&line);
}

static void add_key(struct bbk_strv *argv, const struct bbk_record *record)
{
	BBK_AUTO(str) key = BBK_STR_INIT;

	bbk_str_add(&key, "IdentityFile="); /* -i keeps its '%' */
	bbk_ssh_quote(&key, record->key, true);
	bbk_strv_addl(argv, "-o", bbk_str_get(&key), "-o",
		      "IdentitiesOnly=yes", NULL);
	/* a master of another key's would answer for this one */
	bbk_strv_addl(argv, "-o", "ControlPath=none", NULL);
	if (!record->agent)
		bbk_strv_addl(argv, "-o", "IdentityAgent=none", NULL);
}

void bbk_ssh_line_build(struct bbk_ssh_line *line,
			const struct bbk_realssh *ssh,
			const struct bbk_record *record,
			const char *known_hosts_command, int argc,
			char *const *argv)
{
	bbk_ssh_line_release(line);
	line->program = bbk_strdup(ssh->program);
	line->env = without_token();
	for (size_t i = 0; i < ssh->words.len; i++)
		bbk_strv_add(&line->argv, ssh->words.v[i]);
	if (record->key)
		add_key(&line->argv, record);
	if (record->known_hosts) {
		bbk_strv_add(&line->argv, "-o");
		bbk_strv_addf(&line->argv, "GlobalKnownHostsFile=%s",
			      record->known_hosts);
	}
	if (known_hosts_command) {
		bbk_strv_addl(&line->argv, "-o", "UpdateHostKeys=no", "-o",
			      NULL);
		bbk_strv_addf(&line->argv, "KnownHostsCommand=%s",
			      known_hosts_command);
	}
	for (int i = 1; i < argc; i++)
		bbk_strv_add(&line->argv, argv[i]);
}

void bbk_ssh_exec(const struct bbk_ssh_line *line)
{
	execve(line->program, line->argv.v, line->env);
	no_ssh();
}
