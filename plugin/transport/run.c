#include "transport/run.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/drop.h"
#include "base/file.h"
#include "store/expiry.h"

static void build(struct bbk_transport *t, struct bbk_ssh_line *line)
{
	bbk_ssh_line_build(line, &t->ssh, &t->record, NULL, t->argc, t->argv);
}

void bbk_run_warn(const struct bbk_transport *t)
{
	BBK_AUTO(str) text = BBK_STR_INIT;
	const char *advice = getenv("GIT_ADVICE");

	bbk_expiry_warn(&text, &t->record, t->paths.state,
			!advice || !bbk_is_off(advice));
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
	bbk_str_add(&text, "hint: try again in a minute; 'git bbkey status' "
			   "tells where it stands\n");
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
		(void)bbk_write_all(STDERR_FILENO, bbk_str_get(&watch->held),
				    watch->held.len);
		bbk_str_reset(&watch->held);
		say_not_yet(&t->record);
	}
	bbk_watch_finish(watch);
}

void bbk_run_in_our_place(struct bbk_transport *t)
{
	BBK_AUTO(ssh_line) line = BBK_SSH_LINE_INIT;

	build(t, &line);
	bbk_ssh_exec(&line);
}
