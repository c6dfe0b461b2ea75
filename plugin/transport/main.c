/*
 * git-bbkey-ssh: the transport.  git starts it on every fetch of a remote that
 * belongs to an enrolled instance, so the way to ssh is short: read the
 * command line, read one small file, exec.
 *
 *	1. not git's, or BBKEY_AUTO=never	-> ssh, untouched
 *	2. a record				-> ssh with its key
 *	3. none: `git-bbkey ensure`, once	-> 2, or ssh, untouched
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/paths.h"
#include "base/process.h"
#include "base/start.h"
#include "store/record.h"
#include "transport/command.h"
#include "transport/hostkey.h"
#include "transport/run.h"

#define ANSWER_MAX 64

static bool is_never(void)
{
	const char *automatic = getenv("BBKEY_AUTO");

	return automatic && !strcmp(automatic, "never");
}

static bool is_submodule(void)
{
	const char *from_user = getenv("GIT_PROTOCOL_FROM_USER");

	return from_user && !strcmp(from_user, "0");
}

static bool has_git_ssh(void)
{
	const char *git_ssh = getenv("GIT_SSH");

	return git_ssh && *git_ssh && !bbk_ends(git_ssh, "git-bbkey-ssh");
}

/* git-bbkey is beside us, or on the PATH. */
static char *find_git_bbkey(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');
	char *beside;

	if (slash && argv0[0] == '/') {
		beside = bbk_strf("%.*s/git-bbkey", (int)(slash - argv0),
				  argv0);
		if (access(beside, X_OK) == 0)
			return beside;
		free(beside);
	}
	return bbk_program_find("git-bbkey");
}

/* "plain", "ready", "fresh" or "stop"; "" where it could not help */
static void ask_for_help(const struct bbk_command *command, const char *argv0,
			 struct bbk_str *answer)
{
	BBK_AUTO(process) ensure = BBK_PROCESS_INIT;
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	char *program = find_git_bbkey(argv0);

	if (!program)
		return;
	bbk_strv_addl(&ensure.argv, program, "ensure", "--user", command->user,
		      NULL);
	if (command->port_given)
		bbk_strv_addf(&ensure.argv, "--port=%u", command->port);
	if (command->batch)
		bbk_strv_add(&ensure.argv, "--batch");
	if (is_submodule())
		bbk_strv_add(&ensure.argv, "--submodule");
	bbk_strv_addl(&ensure.argv, "--", command->host, command->project,
		      command->repo, NULL);
	ensure.inherit_err = true;
	ensure.out_max = ANSWER_MAX;
	if (bbk_process_run(&ensure, &ignored) == 0)
		bbk_str_addn(answer, bbk_str_get(&ensure.out),
			     strcspn(bbk_str_get(&ensure.out), "\n"));
	free(program);
}

static int refuse(void)
{
	static const char line[] =
		"git-bbkey: not-bitbucket: this URL is refused: its user, "
		"host, port or path is not one that any server has\n";

	(void)bbk_write_all(STDERR_FILENO, line, sizeof(line) - 1);
	return bbk_class_status(BBK_E_NOT_BITBUCKET);
}

/* 0: found */
static int find_record(struct bbk_record *record, const struct bbk_paths *paths,
		       const struct bbk_command *command)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	struct bbk_place place = { command->host, command->port,
				   command->project, command->repo };

	return bbk_record_find(record, paths->state, &place, &ignored);
}

/* Have we anything to do with this host?  Enrolment made that folder. */
static bool is_ours(const struct bbk_command *command)
{
	BBK_AUTO(paths) paths = BBK_PATHS_INIT;
	BBK_AUTO(err) ignored = BBK_ERR_INIT;

	return bbk_paths_find(&paths, &ignored) == 0 &&
	       bbk_record_has_host(paths.state, command->host, command->port);
}

/* A key that may only read must not keep the person's own from pushing. */
static void leave_pushes_alone(struct bbk_record *record,
			       const struct bbk_command *command)
{
	if (!command->push || record->write)
		return;
	free(record->key);
	record->key = NULL;
}

static int transport(const struct bbk_command *command, int argc,
		     char *const *argv)
{
	BBK_AUTO(paths) paths = BBK_PATHS_INIT;
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(record) record = BBK_RECORD_INIT;
	BBK_AUTO(str) answer = BBK_STR_INIT;

	if (bbk_paths_find(&paths, &ignored) < 0)
		bbk_run_plain(argc, argv);
	if (find_record(&record, &paths, command) == 0) {
		leave_pushes_alone(&record, command);
		bbk_run_with(&record, argc, argv);
	}
	ask_for_help(command, argv[0], &answer);
	if (!strcmp(bbk_str_get(&answer), "stop"))
		return bbk_class_status(BBK_E_HOSTKEY);
	if (find_record(&record, &paths, command) != 0)
		bbk_run_plain(argc, argv);
	leave_pushes_alone(&record, command);
	if (!record.key) /* a key that was not on record is new to the server */
		bbk_run_with(&record, argc, argv);
	return bbk_run_until_honoured(&record, argc, argv);
}

int main(int argc, char **argv)
{
	BBK_AUTO(command) command = BBK_COMMAND_INIT;

	bbk_start_streams();
	if (argc > 1 && !strcmp(argv[1], "--host-key"))
		return bbk_hostkey_answer(argc, argv);
	switch (bbk_command_parse(&command, argc, argv)) {
	case BBK_COMMAND_REFUSED:
		return refuse();
	case BBK_COMMAND_GIT:
		if (!is_never() && !has_git_ssh())
			return transport(&command, argc, argv);
		break;
	case BBK_COMMAND_STRANGE:
		if (!is_never() && !has_git_ssh() && is_ours(&command))
			return refuse();
		break;
	case BBK_COMMAND_OTHER:
		break;
	}
	bbk_run_plain(argc, argv);
}
