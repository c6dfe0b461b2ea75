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
 * Where `git-bbkey ensure` cannot help, the result is plain ssh's.  Where the
 * URL was https before git carried it over, and ssh cannot be had, git's own
 * https goes on: bbk_run_end().
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/above.h"
#include "base/carried.h"
#include "base/cloud.h"
#include "base/file.h"
#include "base/start.h"
#include "base/text.h"
#include "store/first.h"
#include "store/negative.h"
#include "store/record.h"
#include "transport/hostkey.h"
#include "transport/run.h"

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

/* Does the URL name the place that Cloud has left? */
static bool is_moved(const struct bbk_command *command)
{
	return bbk_cloud_is_old(command->host, command->port);
}

/* --- what is on record ------------------------------------------------ */

static struct bbk_place place_of(const struct bbk_command *command)
{
	return bbk_place_canonical((struct bbk_place){
		command->host, command->port, command->project, command->repo,
		command->user });
}

static bool find_record(struct bbk_transport *t)
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
	struct bbk_place place = place_of(command);

	return bbk_paths_find(&paths, &ignored) == 0 &&
	       bbk_record_has_host(paths.state, place.host, place.port);
}

static bool is_hopeless(const struct bbk_transport *t)
{
	const struct bbk_command *command = t->command;
	struct bbk_negative negative = { .place = place_of(command),
				       .submodule = t->submodule,
				       .token = has_token() };

	return bbk_negative_holds(&negative, t->paths.state) ||
	       bbk_negative_lacks(BBK_LACKS_INSTANCE, &t->paths,
				  negative.place.host, negative.place.port);
}

/* The person's own keys, with our known hosts. */
static void forget_key(struct bbk_transport *t)
{
	free(t->record.key);
	t->record.key = NULL;
}

/* In front of git's own; argv is what keeps the words. */
static void add_options(struct bbk_transport *t, struct bbk_strv *argv)
{
	bbk_strv_add(argv, t->argv[0]);
	/* ssh does not know GIT_TERMINAL_PROMPT */
	if (!may_ask() && is_ours(t->command))
		bbk_strv_addl(argv, "-o", "BatchMode=yes", NULL);
	/* insteadOf carries git@bitbucket.org, and no other user's */
	if (is_moved(t->command) && is_ours(t->command))
		bbk_strv_addl(argv, "-o", "HostName=" BBK_CLOUD_SSH_HOST, NULL);
	/*
	 * There is https, and networks that swallow what is for ssh; and a
	 * `git bbkey clone` above waits for ten seconds: ssh must have turned
	 * from an address that is dead to the next one before that.
	 */
	if ((t->carried || t->above) && is_ours(t->command))
		bbk_strv_addl(argv, "-o", "ConnectTimeout=8", NULL);
	for (int i = 1; i < t->argc; i++)
		bbk_strv_add(argv, t->argv[i]);
	t->argc = (int)argv->len;
	t->argv = argv->v;
}

/* --- help ------------------------------------------------------------- */

/* why: "--push", "--repair=denied", ..., or NULL: for the first time */
static int start_help(struct bbk_transport *t, const char *why,
		      struct bbk_help *help)
{
	BBK_AUTO(strv) words = BBK_STRV_INIT;
	const struct bbk_command *command = t->command;
	char *program = bbk_program_beside(t->argv[0], "git-bbkey");
	int rc = -1;

	if (program) {
		bbk_strv_addl(&words, program, "ensure", "--user",
			      command->user, NULL);
		if (command->port_given)
			bbk_strv_addf(&words, "--port=%u", command->port);
		if (command->batch)
			bbk_strv_add(&words, "--batch");
		if (t->submodule)
			bbk_strv_add(&words, "--submodule");
		if (why)
			bbk_strv_add(&words, why);
		else if (t->self && !t->ssh.chained)
			bbk_strv_add(&words, "--offer");
		bbk_strv_addl(&words, "--", is_moved(command) ?
			      BBK_CLOUD_SSH_HOST : command->host,
			      command->project, command->repo, NULL);
		rc = bbk_help_start(help, program, &words, t->self);
	}
	free(program);
	return rc;
}

/* What it means for plain ssh, and for a URL that was https. */
static void take_outlook(struct bbk_transport *t, const struct bbk_help *help)
{
	t->settled = help->settled;
	if (!help->locked)
		return;
	t->carried = false;
	bbk_replace(&t->vouched, help->offered.known_hosts);
}

static enum bbk_help_answer ask_for_help(struct bbk_transport *t,
					 const char *why,
					 struct bbk_help *help)
{
	enum bbk_help_answer answer = start_help(t, why, help) < 0 ?
		BBK_HELP_PLAIN : bbk_help_hear(help);

	take_outlook(t, help);
	return answer;
}

/*
 * The server learned of the key a moment ago.  What it lets in, but not to this
 * repository, may be early, or a typing error: one question decides.
 */
static BBK_NORETURN void wait_until_honoured(struct bbk_transport *t,
					     struct bbk_watch *watch)
{
	BBK_AUTO(help) help = BBK_HELP_INIT;
	bool in_vain = watch->words == BBK_WORDS_NO_ACCESS &&
		       ask_for_help(t, "--repair=not-yet", &help) ==
			       BBK_HELP_OVER;

	bbk_help_release(&help); /* until it has said why */
	if (in_vain)
		bbk_run_end(t, watch);
	bbk_run_until_honoured(t, watch);
}

/* What was answered; does not come back. */
static BBK_NORETURN void act_on(struct bbk_transport *t,
				enum bbk_help_answer answer, int status)
{
	BBK_AUTO(watch) watch = BBK_WATCH_INIT;

	if (answer == BBK_HELP_STOP)
		_exit(status);
	if (answer == BBK_HELP_PLAIN || !find_record(t))
		bbk_run_plain(t);
	if (t->command->push && t->record.own_push)
		forget_key(t);
	bbk_run_patiently(t, &watch);
	if (!t->record.key)
		bbk_run_end(t, &watch);
	/* a key that was not on record a moment ago is new to the server */
	wait_until_honoured(t, &watch);
}

/* ssh and registering side by side: transport/help.h. */
static BBK_NORETURN void meet_at_gate(struct bbk_transport *t,
				      struct bbk_help *help)
{
	BBK_AUTO(watch) watch = BBK_WATCH_INIT;
	enum bbk_help_answer answer;
	int status;

	bbk_run_at_gate(t, help, &watch);
	answer = bbk_help_after(help, watch.signal ? "" :
					      bbk_str_get(&watch.last));
	status = help->status;
	take_outlook(t, help);
	bbk_help_release(help);
	if (watch.killed || answer == BBK_HELP_STOP)
		act_on(t, answer, status);
	if ((answer == BBK_HELP_FRESH || answer == BBK_HELP_READY) &&
	    find_record(t))
		wait_until_honoured(t, &watch);
	bbk_run_end(t, &watch);
}

/* ssh would read from a FIFO, and wait. */
static bool is_file_or_none(const char *path)
{
	enum bbk_file_kind kind = bbk_file_kind_at(AT_FDCWD, path);

	return kind == BBK_FILE_NONE || kind == BBK_FILE_REGULAR;
}

/* What will be offered, as far as that can be known. */
static bool knows_first(const struct bbk_transport *t, struct bbk_first *first)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	struct bbk_place place = place_of(t->command);
	char *public;
	bool good;

	/* what will be offered is about git's own user */
	if (place.user || !t->self || t->ssh.chained || t->submodule ||
	    bbk_first_read(first, t->paths.state, place.host, place.port,
			   &ignored) != 0)
		return false;
	public = bbk_strf("%s.pub", first->key);
	good = is_file_or_none(first->key) && is_file_or_none(public);
	free(public);
	return good;
}

static BBK_NORETURN void meet_first(struct bbk_transport *t)
{
	BBK_AUTO(help) help = BBK_HELP_INIT;
	BBK_AUTO(first) first = BBK_FIRST_INIT;
	struct bbk_place place = place_of(t->command);
	enum bbk_help_answer answer;
	int status;

	if (t->self && !t->ssh.chained &&
	    bbk_help_above(&help, t->above, &place, t->self)) {
		if (help.answer == BBK_HELP_OFFER &&
		    bbk_help_prepare(&help, NULL) == 0)
			meet_at_gate(t, &help);
		_exit(1);
	}
	if (is_hopeless(t) || start_help(t, NULL, &help) < 0)
		bbk_run_plain(t);
	if (knows_first(t, &first) && bbk_help_prepare(&help, &first) == 0)
		meet_at_gate(t, &help);
	answer = bbk_help_hear(&help);
	if (answer == BBK_HELP_OFFER && bbk_help_prepare(&help, NULL) == 0)
		meet_at_gate(t, &help);
	status = help.status;
	take_outlook(t, &help);
	bbk_help_release(&help);
	act_on(t, answer, status);
}

/* The server refused; does it mean it?  If so, can it be mended? */
static BBK_NORETURN void mend(struct bbk_transport *t, struct bbk_watch *watch)
{
	BBK_AUTO(help) help = BBK_HELP_INIT;
	enum bbk_help_answer answer;
	int status;

	if (is_hopeless(t))
		bbk_run_end(t, watch);
	answer = ask_for_help(t, watch->words == BBK_WORDS_DENIED ?
				      "--repair=denied" :
				      "--repair=no-access", &help);
	status = help.status;
	bbk_help_release(&help);
	if (answer == BBK_HELP_OVER ||
	    (answer == BBK_HELP_PLAIN && !t->record.key))
		bbk_run_end(t, watch); /* that was plain ssh */
	bbk_watch_release(watch);
	if (answer == BBK_HELP_PLAIN) {
		forget_key(t);
		bbk_run_in_our_place(t);
	}
	act_on(t, answer, status);
}

/* A push with a key that may only read: upgraded, or stopped, before it. */
static void ask_to_push(struct bbk_transport *t)
{
	BBK_AUTO(help) help = BBK_HELP_INIT;
	enum bbk_help_answer answer = ask_for_help(t, "--push", &help);

	if (answer == BBK_HELP_STOP)
		_exit(help.status);
	if (answer == BBK_HELP_PLAIN || !find_record(t) || t->record.own_push)
		forget_key(t);
}

/* The key on record may only read; the person's own may do, and once did. */
static void push_with_reader(struct bbk_transport *t)
{
	BBK_AUTO(watch) watch = BBK_WATCH_INIT;

	if (t->record.own_push) {
		forget_key(t);
		bbk_run(t, &watch);
		if (!bbk_run_was_refused(&watch))
			bbk_watch_finish(&watch);
	}
	ask_to_push(t);
}

static BBK_NORETURN void transport(struct bbk_transport *t)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(watch) watch = BBK_WATCH_INIT;
	BBK_AUTO(strv) argv = BBK_STRV_INIT;

	add_options(t, &argv);
	if (bbk_paths_find(&t->paths, &ignored) < 0 ||
	    bbk_realssh_find(&t->ssh, t->paths.config, &ignored) < 0)
		bbk_ssh_plain(NULL, t->argc, t->argv);
	if (!find_record(t)) {
		t->self = bbk_program_beside(t->argv[0], "git-bbkey-ssh");
		meet_first(t);
	}
	t->on_record = true;
	if (t->command->push && t->record.key && !t->record.write)
		push_with_reader(t);
	bbk_run_warn(t);
	bbk_run(t, &watch);
	/* Cloud's LFS is not for access keys: a new one would change nothing */
	if (watch.words == BBK_WORDS_DENIED ||
	    (watch.words == BBK_WORDS_NO_ACCESS &&
	     (t->command->fetch || t->command->push)))
		mend(t, &watch);
	bbk_run_end(t, &watch);
}

/* No help: what ssh comes to by itself, whatever the URL was. */
static BBK_NORETURN void hand_over(const struct bbk_transport *t)
{
	BBK_AUTO(paths) paths = BBK_PATHS_INIT;
	BBK_AUTO(err) ignored = BBK_ERR_INIT;

	bbk_ssh_plain(bbk_paths_find(&paths, &ignored) < 0 ? NULL :
							     paths.config,
		      t->argc, t->argv);
}

int main(int argc, char **argv)
{
	BBK_AUTO(command) command = BBK_COMMAND_INIT;
	struct bbk_transport t = {
		.command = &command, .argc = argc, .argv = argv,
		.paths = BBK_PATHS_INIT, .ssh = BBK_REALSSH_INIT,
		.record = BBK_RECORD_INIT, .submodule = is_submodule(),
		.carried = bbk_ends(argv[0], "/" BBK_CARRIED_PROGRAM),
	};

	bbk_start_streams();
	t.above = bbk_above_take();
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
	hand_over(&t);
}
