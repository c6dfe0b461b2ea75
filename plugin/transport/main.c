/*
 * git-bbkey-ssh: the transport.  git starts it on every fetch of a remote that
 * belongs to an enrolled instance, so the way to ssh is short: read the
 * command line, read one small file, start ssh, look on.
 *
 *	1. not git's, or BBKEY_AUTO=never	-> ssh, untouched
 *	2. a record				-> ssh with its key
 *	3. none					-> `git-bbkey ensure`, then 2
 *	4. the server refuses the key		-> `git-bbkey ensure`, then 2
 *	5. a push that the key may not make	-> `git-bbkey ensure`, then 2
 *
 * Where `git-bbkey ensure` cannot help, the result is plain ssh's.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/drop.h"
#include "base/file.h"
#include "base/paths.h"
#include "base/start.h"
#include "base/text.h"
#include "store/record.h"
#include "store/negative.h"
#include "transport/command.h"
#include "transport/help.h"
#include "transport/hostkey.h"
#include "transport/ssh.h"
#include "transport/watch.h"

struct transport {
	const struct bbk_command *command;
	int argc;
	char *const *argv;
	struct bbk_paths paths;
	struct bbk_realssh ssh;
	struct bbk_record record;
	int drops;
};

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

static bool may_ask(void)
{
	const char *prompt = getenv("GIT_TERMINAL_PROMPT");

	return !prompt || !bbk_is_off(prompt);
}

static bool has_token(void)
{
	const char *token = getenv("BBKEY_TOKEN");

	return token && *token;
}

static int refuse(void)
{
	static const char line[] =
		"git-bbkey: not-bitbucket: this URL is refused: its user, "
		"host, port or path is not one that any server has\n";

	(void)bbk_write_all(STDERR_FILENO, line, sizeof(line) - 1);
	return bbk_class_status(BBK_E_NOT_BITBUCKET);
}

/* --- what is on record ---------------------------------------------------- */

static struct bbk_place place_of(const struct bbk_command *command)
{
	return (struct bbk_place){ command->host, command->port,
				   command->project, command->repo };
}

static bool find_record(struct transport *t)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	struct bbk_place place = place_of(t->command);

	bbk_record_release(&t->record);
	return bbk_record_find(&t->record, t->paths.state, &place,
			       &ignored) == 0;
}

/* Have we anything to do with this host?  Enrolment made that folder. */
static bool is_ours(const struct bbk_command *command)
{
	BBK_AUTO(paths) paths = BBK_PATHS_INIT;
	BBK_AUTO(err) ignored = BBK_ERR_INIT;

	return bbk_paths_find(&paths, &ignored) == 0 &&
	       bbk_record_has_host(paths.state, command->host, command->port);
}

static bool is_hopeless(const struct transport *t)
{
	const struct bbk_command *command = t->command;
	struct bbk_negative negative = { .place = place_of(command),
				       .submodule = is_submodule(),
				       .token = has_token() };

	return bbk_negative_holds(&negative, t->paths.state) ||
	       bbk_negative_is_nobody(t->paths.state, t->paths.config,
				     t->paths.home, command->host,
				     command->port);
}

/* The person's own keys, with our known hosts. */
static void forget_key(struct transport *t)
{
	free(t->record.key);
	t->record.key = NULL;
}

/* ssh does not know GIT_TERMINAL_PROMPT. */
static void tell_ssh_to_ask_nobody(struct transport *t, struct bbk_strv *argv)
{
	bbk_strv_addl(argv, t->argv[0], "-o", "BatchMode=yes", NULL);
	for (int i = 1; i < t->argc; i++)
		bbk_strv_add(argv, t->argv[i]);
	t->argc = (int)argv->len;
	t->argv = argv->v;
}

/* --- running ssh ---------------------------------------------------------- */

static void run(struct transport *t, struct bbk_watch *watch)
{
	BBK_AUTO(ssh_line) line = BBK_SSH_LINE_INIT;

	bbk_ssh_line_build(&line, &t->ssh, &t->record, NULL, t->argc, t->argv);
	bbk_watch_run(watch, &line, NULL);
}

/* For what is done once: a server with no place for us is asked again. */
static void run_patiently(struct transport *t, struct bbk_watch *watch,
			  const struct bbk_ssh_line *line,
			  struct bbk_knock *knock)
{
	for (;;) {
		bbk_watch_run(watch, line, knock);
		if (watch->words != BBK_WORDS_DROPPED ||
		    t->drops == BBK_DROPS_MAX)
			return;
		bbk_system_clock.sleep(&bbk_system_clock,
				       bbk_drop_pause(t->drops++));
	}
}

static BBK_NORETURN void run_in_our_place(struct transport *t)
{
	BBK_AUTO(ssh_line) line = BBK_SSH_LINE_INIT;

	bbk_ssh_line_build(&line, &t->ssh, &t->record, NULL, t->argc, t->argv);
	bbk_ssh_exec(&line);
}

static void say_not_yet(const struct bbk_record *record)
{
	BBK_AUTO(str) text = BBK_STR_INIT;

	bbk_str_addf(&text, "git-bbkey: propagation: the key %s was registered"
		     "%s%s, but is not accepted yet\n",
		     record->fingerprint ? record->fingerprint : "",
		     record->who ? " by " : "", record->who ? record->who : "");
	bbk_str_add(&text, "hint: try again in a minute; 'git bbkey status' "
			   "tells where it stands\n");
	(void)bbk_write_all(STDERR_FILENO, text.s, text.len);
}

static bool is_refused(const struct bbk_watch *watch)
{
	return watch->words == BBK_WORDS_DENIED ||
	       watch->words == BBK_WORDS_NO_ACCESS;
}

/*
 * The server learned of the key a moment ago, and may take its time: ssh runs
 * again, for at most 20 s.  Safe because in git's protocol the server speaks
 * first: a refused ssh has read and written nothing of git's.
 */
static BBK_NORETURN void run_until_honoured(struct transport *t,
					    struct bbk_watch *watch)
{
	static const int pauses[] = { 500, 1000, 2000, 4000, 8000 };
	BBK_AUTO(ssh_line) line = BBK_SSH_LINE_INIT;

	bbk_ssh_line_build(&line, &t->ssh, &t->record, NULL, t->argc, t->argv);
	for (size_t i = 0; i < BBK_ARRAY_LEN(pauses) && is_refused(watch);
	     i++) {
		bbk_system_clock.sleep(&bbk_system_clock, pauses[i]);
		run_patiently(t, watch, &line, NULL);
	}
	if (is_refused(watch)) {
		(void)bbk_write_all(STDERR_FILENO, bbk_str_get(&watch->held),
				    watch->held.len);
		bbk_str_reset(&watch->held);
		say_not_yet(&t->record);
	}
	bbk_watch_finish(watch);
}

/* --- help ----------------------------------------------------------------- */

/* A program of ours is beside us, or on the PATH; absolute, or NULL. */
static char *find_ours(const char *argv0, const char *name)
{
	const char *slash = strrchr(argv0, '/');
	char *beside;

	if (slash && argv0[0] == '/') {
		beside = bbk_strf("%.*s/%s", (int)(slash - argv0), argv0, name);
		if (access(beside, X_OK) == 0)
			return beside;
		free(beside);
	}
	return bbk_program_find(name);
}

/* why: "--push", "--repair=denied", ..., or NULL */
static enum bbk_help_answer ask_for_help(const struct transport *t,
					 const char *why,
					 struct bbk_help *help)
{
	BBK_AUTO(strv) words = BBK_STRV_INIT;
	const struct bbk_command *command = t->command;
	char *program = find_ours(t->argv[0], "git-bbkey");
	char *self = find_ours(t->argv[0], "git-bbkey-ssh");

	if (program) {
		bbk_strv_addl(&words, program, "ensure", "--user",
			      command->user, NULL);
		if (command->port_given)
			bbk_strv_addf(&words, "--port=%u", command->port);
		if (command->batch)
			bbk_strv_add(&words, "--batch");
		if (is_submodule())
			bbk_strv_add(&words, "--submodule");
		if (why)
			bbk_strv_add(&words, why);
		else if (self && !t->ssh.chained)
			bbk_strv_add(&words, "--offer");
		bbk_strv_addl(&words, "--", command->host, command->project,
			      command->repo, NULL);
		(void)bbk_help_ask(help, program, &words, self);
	}
	free(program);
	free(self);
	return help->answer;
}

/* What was answered; does not come back. */
static BBK_NORETURN void act_on(struct transport *t,
				enum bbk_help_answer answer, int status)
{
	BBK_AUTO(watch) watch = BBK_WATCH_INIT;
	BBK_AUTO(ssh_line) line = BBK_SSH_LINE_INIT;

	if (answer == BBK_HELP_STOP)
		_exit(status);
	if (answer == BBK_HELP_PLAIN || !find_record(t))
		bbk_ssh_plain(t->paths.config, t->argc, t->argv);
	if (t->command->push && t->record.own_push)
		forget_key(t);
	bbk_ssh_line_build(&line, &t->ssh, &t->record, NULL, t->argc, t->argv);
	run_patiently(t, &watch, &line, NULL);
	if (!t->record.key)
		bbk_watch_finish(&watch);
	/* a key that was not on record a moment ago is new to the server */
	run_until_honoured(t, &watch);
}

/* ssh and registering side by side: transport/help.h. */
static BBK_NORETURN void take_offer(struct transport *t, struct bbk_help *help)
{
	BBK_AUTO(watch) watch = BBK_WATCH_INIT;
	BBK_AUTO(ssh_line) line = BBK_SSH_LINE_INIT;
	enum bbk_help_answer answer;
	int status;

	bbk_ssh_line_build(&line, &t->ssh, &help->record, help->gate, t->argc,
			   t->argv);
	run_patiently(t, &watch, &line, &help->knock);
	answer = bbk_help_after(help, watch.signal ? "" :
					      bbk_str_get(&watch.last));
	status = help->status;
	bbk_help_release(help);
	if (watch.killed)
		act_on(t, answer, status);
	if (answer == BBK_HELP_FRESH && find_record(t))
		run_until_honoured(t, &watch);
	bbk_watch_finish(&watch);
}

static BBK_NORETURN void meet_first(struct transport *t)
{
	BBK_AUTO(help) help = BBK_HELP_INIT;
	enum bbk_help_answer answer;
	int status;

	if (is_hopeless(t))
		bbk_ssh_plain(t->paths.config, t->argc, t->argv);
	answer = ask_for_help(t, NULL, &help);
	if (answer == BBK_HELP_OFFER)
		take_offer(t, &help);
	status = help.status;
	bbk_help_release(&help);
	act_on(t, answer, status);
}

/* The server refused; does it mean it?  If so, can it be mended? */
static BBK_NORETURN void mend(struct transport *t, struct bbk_watch *watch)
{
	BBK_AUTO(help) help = BBK_HELP_INIT;
	enum bbk_help_answer answer;
	int status;

	if (is_hopeless(t))
		bbk_watch_finish(watch);
	answer = ask_for_help(t, watch->words == BBK_WORDS_DENIED ?
				      "--repair=denied" :
				      "--repair=no-access", &help);
	status = help.status;
	bbk_help_release(&help);
	if (answer == BBK_HELP_OVER ||
	    (answer == BBK_HELP_PLAIN && !t->record.key))
		bbk_watch_finish(watch); /* that was plain ssh */
	bbk_watch_release(watch);
	if (answer == BBK_HELP_PLAIN) {
		forget_key(t);
		run_in_our_place(t);
	}
	act_on(t, answer, status);
}

/* A push with a key that may only read: upgraded, or stopped, before it. */
static void ask_to_push(struct transport *t)
{
	BBK_AUTO(help) help = BBK_HELP_INIT;
	enum bbk_help_answer answer = ask_for_help(t, "--push", &help);

	if (answer == BBK_HELP_STOP)
		_exit(help.status);
	if (answer == BBK_HELP_PLAIN || !find_record(t))
		forget_key(t);
}

static BBK_NORETURN void transport(struct transport *t)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(watch) watch = BBK_WATCH_INIT;
	BBK_AUTO(strv) argv = BBK_STRV_INIT;

	if (!may_ask() && is_ours(t->command))
		tell_ssh_to_ask_nobody(t, &argv);
	if (bbk_paths_find(&t->paths, &ignored) < 0 ||
	    bbk_realssh_find(&t->ssh, t->paths.config, &ignored) < 0)
		bbk_ssh_plain(NULL, t->argc, t->argv);
	if (!find_record(t))
		meet_first(t);
	if (t->command->push && t->record.key && !t->record.write &&
	    !t->record.own_push)
		ask_to_push(t);
	if (t->command->push && t->record.own_push)
		forget_key(t);
	run(t, &watch);
	if (is_refused(&watch))
		mend(t, &watch);
	bbk_watch_finish(&watch);
}

int main(int argc, char **argv)
{
	BBK_AUTO(command) command = BBK_COMMAND_INIT;
	BBK_AUTO(paths) paths = BBK_PATHS_INIT;
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	struct transport t = { &command, argc, argv, BBK_PATHS_INIT,
			       BBK_REALSSH_INIT, BBK_RECORD_INIT, 0 };

	bbk_start_streams();
	if (argc > 1 && !strcmp(argv[1], "--host-key"))
		return bbk_hostkey_answer(argc, argv);
	if (argc > 1 && !strcmp(argv[1], "--gate"))
		return bbk_hostkey_gate(argc, argv);
	switch (bbk_command_parse(&command, argc, argv)) {
	case BBK_COMMAND_REFUSED:
		return refuse();
	case BBK_COMMAND_GIT:
		if (!is_never() && !bbk_ssh_is_callers())
			transport(&t);
		break;
	case BBK_COMMAND_STRANGE:
		if (!is_never() && !bbk_ssh_is_callers() && is_ours(&command))
			return refuse();
		break;
	case BBK_COMMAND_OTHER:
		break;
	}
	bbk_ssh_plain(bbk_paths_find(&paths, &ignored) < 0 ? NULL :
							     paths.config,
		      argc, argv);
}
