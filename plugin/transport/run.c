#include "transport/run.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/drop.h"
#include "base/file.h"
#include "store/expiry.h"

static void build(struct bbk_transport *t, struct bbk_ssh_line *line)
{
	bbk_ssh_line_build(line, &t->ssh, &t->record, NULL, t->argc, t->argv);
}

static bool wants_hints(void)
{
	const char *advice = getenv("GIT_ADVICE");

	return !advice || !bbk_is_off(advice);
}

void bbk_run_warn(const struct bbk_transport *t)
{
	BBK_AUTO(str) text = BBK_STR_INIT;

	bbk_expiry_warn(&text, &t->record, t->paths.state, wants_hints());
	(void)bbk_write_all(STDERR_FILENO, bbk_str_get(&text), text.len);
}

void bbk_run(struct bbk_transport *t, struct bbk_watch *watch)
{
	BBK_AUTO(ssh_line) line = BBK_SSH_LINE_INIT;

	build(t, &line);
	bbk_watch_run(watch, &line, NULL);
}

static void run_line(struct bbk_transport *t, struct bbk_watch *watch,
		     const struct bbk_ssh_line *line, struct bbk_knock *knock)
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

void bbk_run_patiently(struct bbk_transport *t, struct bbk_watch *watch)
{
	BBK_AUTO(ssh_line) line = BBK_SSH_LINE_INIT;

	build(t, &line);
	run_line(t, watch, &line, NULL);
}

void bbk_run_at_gate(struct bbk_transport *t, struct bbk_help *help,
		     struct bbk_watch *watch)
{
	BBK_AUTO(ssh_line) line = BBK_SSH_LINE_INIT;

	do {
		bbk_ssh_line_build(&line, &t->ssh, &help->record, help->gate,
				   t->argc, t->argv);
		run_line(t, watch, &line, &help->knock);
	} while (watch->killed && help->stale &&
		 bbk_help_prepare(help, NULL) == 0);
}

bool bbk_run_was_refused(const struct bbk_watch *watch)
{
	return watch->words == BBK_WORDS_DENIED ||
	       watch->words == BBK_WORDS_NO_ACCESS;
}

static void say_not_yet(const struct bbk_record *record)
{
	BBK_AUTO(str) text = BBK_STR_INIT;

	bbk_str_addf(&text, "git-bbkey: propagation: the key %s was registered"
		     "%s%s, but is not accepted yet\n",
		     record->fingerprint ? record->fingerprint : "",
		     record->who ? " by " : "", record->who ? record->who : "");
	if (wants_hints())
		bbk_str_add(&text, "hint: try again in a minute; 'git bbkey "
				   "status' tells where it stands\n");
	(void)bbk_write_all(STDERR_FILENO, text.s, text.len);
}

void bbk_run_until_honoured(struct bbk_transport *t, struct bbk_watch *watch)
{
	static const int pauses[] = { 500, 1000, 2000, 4000, 8000 };

	for (size_t i = 0; i < BBK_ARRAY_LEN(pauses) &&
			   bbk_run_was_refused(watch); i++) {
		bbk_system_clock.sleep(&bbk_system_clock, pauses[i]);
		bbk_run_patiently(t, watch);
	}
	if (bbk_run_was_refused(watch)) {
		bbk_watch_speak(watch);
		say_not_yet(&t->record);
	}
	bbk_run_end(t, watch);
}

void bbk_run_in_our_place(struct bbk_transport *t)
{
	BBK_AUTO(ssh_line) line = BBK_SSH_LINE_INIT;
	BBK_AUTO(watch) watch = BBK_WATCH_INIT;

	build(t, &line);
	if (!t->carried)
		bbk_ssh_exec(&line);
	bbk_watch_run(&watch, &line, NULL);
	bbk_run_end(t, &watch);
}

void bbk_run_plain(struct bbk_transport *t)
{
	if (!t->carried && !t->vouched)
		bbk_ssh_plain(t->paths.config, t->argc, t->argv);
	bbk_record_release(&t->record);
	bbk_replace(&t->record.known_hosts, t->vouched);
	bbk_run_in_our_place(t);
}

/* --- over https after all --------------------------------------------- */

/* What git says then is version 2, or cannot be said over https: git's own. */
static bool speaks_2(void)
{
	const char *protocol = getenv("GIT_PROTOCOL");

	return protocol && strstr(protocol, "version=2");
}

/*
 * Has ssh given git nothing, for a URL that was https?  A host key that differs
 * from what we know is no reason to go another way.  git-lfs-authenticate may
 * be a command that the server does not have.
 */
static bool is_lost(const struct bbk_transport *t,
		    const struct bbk_watch *watch)
{
	if (!t->carried || watch->signal)
		return false;
	switch (watch->words) {
	case BBK_WORDS_DENIED:
	case BBK_WORDS_NO_ACCESS:
	case BBK_WORDS_DROPPED:
	case BBK_WORDS_NOT_THERE:
		return true;
	case BBK_WORDS_UNKNOWN_HOST:
		return !t->record.known_hosts;
	case BBK_WORDS_OTHER:
		return t->command->lfs && watch->status;
	default:
		return false;
	}
}

static void add_words(const struct bbk_transport *t, struct bbk_strv *words)
{
	const struct bbk_command *command = t->command;

	bbk_strv_addl(words, "ensure", "--over-https", "--user",
		      command->user, NULL);
	if (command->port_given)
		bbk_strv_addf(words, "--port=%u", command->port);
	if (command->push)
		bbk_strv_add(words, "--push");
	if (command->lfs)
		bbk_strv_add(words, "--lfs");
	if (command->dot_git)
		bbk_strv_add(words, "--dot-git");
	if (t->settled && !t->submodule)
		bbk_strv_add(words, "--settled");
	bbk_strv_addl(words, "--", command->host, command->project,
		      command->repo, NULL);
}

/* Is git served, to the end or, with that status, to where it broke off? */
static bool went_over_https(const struct bbk_transport *t,
			    struct bbk_watch *watch, int *status)
{
	BBK_AUTO(strv) words = BBK_STRV_INIT;
	char *program = bbk_program_beside(t->argv[0], "git-bbkey");

	*status = -1;
	if (program) {
		bbk_strv_add(&words, program);
		add_words(t, &words);
		*status = bbk_watch_other(watch, program, words.v);
	}
	free(program);
	return *status == 0 || *status == bbk_class_status(BBK_E_FATAL);
}

/* A fetch that was fast, and by a key, is slower and asks for a login now. */
static void say_that_ssh_is_gone(const struct bbk_transport *t,
				 const struct bbk_watch *watch)
{
	BBK_AUTO(str) text = BBK_STR_INIT;
	const char *first = bbk_str_get(&watch->held);

	if (!t->on_record || t->command->lfs || bbk_run_was_refused(watch))
		return;
	bbk_str_addf(&text, "git-bbkey: trying https, as ssh says: "
		     "%.*s\n", (int)strcspn(first, "\r\n"), first);
	(void)bbk_write_all(STDERR_FILENO, text.s, text.len);
}

void bbk_run_end(struct bbk_transport *t, struct bbk_watch *watch)
{
	const struct bbk_command *command = t->command;
	int status;

	if (!is_lost(t, watch) ||
	    !(command->push || command->lfs ||
	      (command->fetch && speaks_2())))
		bbk_watch_finish(watch);
	if (command->push)
		bbk_watch_speak(watch);
	else
		say_that_ssh_is_gone(t, watch);
	if (went_over_https(t, watch, &status) && !watch->signal)
		_exit(status);
	bbk_watch_finish(watch);
}
