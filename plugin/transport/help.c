#include "transport/help.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h>
#endif

#include "base/file.h"
#include "base/text.h"
#include "transport/child.h"
#include "transport/hostkey.h"

#define ANSWER_MAX ((size_t)64 << 10)

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

void bbk_help_release(struct bbk_help *help)
{
	close_fd(&help->in);
	close_fd(&help->out);
	if (help->pid > 0)
		while (waitpid(help->pid, NULL, 0) < 0 && errno == EINTR)
			;
	free(help->begin);
	free(help->gate);
	bbk_record_release(&help->record);
	bbk_str_release(&help->pins);
	*help = (struct bbk_help)BBK_HELP_INIT;
}

/* --- listening ------------------------------------------------------------ */

/* The next line, without its end; false where there is none. */
static bool hear(struct bbk_help *help, struct bbk_str *line)
{
	char c;

	bbk_str_reset(line);
	while (line->len < ANSWER_MAX) {
		ssize_t n = read(help->out, &c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		if (c == '\n')
			return true;
		bbk_str_addc(line, c);
	}
	return false;
}

/* A line in front of "offer". */
static void take_field(struct bbk_help *help, const char *name,
		       const char *value)
{
	if (!strcmp(name, "key"))
		bbk_replace(&help->record.key, value);
	else if (!strcmp(name, "known_hosts"))
		bbk_replace(&help->record.known_hosts, value);
	else if (!strcmp(name, "agent"))
		help->record.agent = true;
	else if (!strcmp(name, "pin"))
		bbk_str_addf(&help->pins, " %s", value);
}

static bool is_last(struct bbk_help *help, const char *word, const char *value)
{
	static const char *const words[] = { "plain", "ready", "fresh", "stop",
					     "over",  "offer" };
	long status;

	for (size_t i = 0; i < BBK_ARRAY_LEN(words); i++) {
		if (strcmp(word, words[i]) != 0)
			continue;
		help->answer = (enum bbk_help_answer)i;
		if (bbk_parse_number(value, 1, 255, &status) == 0)
			help->status = (int)status;
		return true;
	}
	return false;
}

static enum bbk_help_answer listen_to(struct bbk_help *help)
{
	BBK_AUTO(str) line = BBK_STR_INIT;

	help->answer = BBK_HELP_PLAIN;
	while (hear(help, &line)) {
		char *blank = strchr(bbk_str_get(&line), ' ');
		char *word = bbk_str_take(&line);
		const char *value = "";
		bool last;

		if (blank) {
			*blank = '\0';
			value = blank + 1;
		}
		last = is_last(help, word, value);
		if (!last)
			take_field(help, word, value);
		free(word);
		if (last)
			break;
	}
	return help->answer;
}

/* --- talking -------------------------------------------------------------- */

static int open_pipes(int in[2], int out[2])
{
	if (pipe(in) < 0)
		return -1;
	if (pipe(out) < 0) {
		close(in[0]);
		close(in[1]);
		return -1;
	}
	for (int i = 0; i < 2; i++) {
		(void)fcntl(in[i], F_SETFD, FD_CLOEXEC);
		(void)fcntl(out[i], F_SETFD, FD_CLOEXEC);
	}
	return 0;
}

static void start(struct bbk_help *help, const char *program,
		  const struct bbk_strv *words)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	int in[2], out[2];

	if (open_pipes(in, out) < 0)
		return;
	(void)sigaction(SIGPIPE, &ignore, NULL);
	help->pid = bbk_child_start(BBK_CHILD_OURS, program, words->v,
				    (const int[3]){ in[0], out[1], -1 });
	close(in[0]);
	close(out[1]);
	help->in = in[1];
	help->out = out[0];
}

static bool tell(struct bbk_help *help, const char *word, const char *text)
{
	BBK_AUTO(str) line = BBK_STR_INIT;

	bbk_str_addf(&line, "%s %s\n", word, text);
	return bbk_write_all(help->in, line.s, line.len) == 0;
}

/* At the gate: "yes <name> <type> <blob> <fingerprint>", or "no ..." */
static bool let_through(struct bbk_knock *knock, const char *text)
{
	struct bbk_help *help = (struct bbk_help *)knock;

	if (bbk_begins(text, "yes ") && tell(help, "seen", text + 4))
		return listen_to(help) == BBK_HELP_FRESH;
	if (bbk_begins(text, "no "))
		help->other = tell(help, "other", text + 3);
	return false;
}

/*
 * With LogLevel DEBUG ssh would print what a stranger sends before the host
 * key is checked: he cannot guess how the gate's line begins.
 */
static bool build_gate(struct bbk_help *help, const char *self)
{
	BBK_AUTO(str) gate = BBK_STR_INIT;
	unsigned char bytes[16];
	char nonce[33];

	if (getentropy(bytes, sizeof(bytes)) < 0)
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)snprintf(nonce + 2 * i, 3, "%02x", bytes[i]);
	help->begin = bbk_strf(BBK_GATE_SAYS "%s ", nonce);
	bbk_ssh_quote(&gate, self, true);
	bbk_str_addf(&gate, " --gate %s %%I %%H %%t %%K %%f%s", nonce,
		     bbk_str_get(&help->pins));
	help->gate = bbk_str_take(&gate);
	help->knock.begin = help->begin;
	help->knock.answer = let_through;
	return true;
}

enum bbk_help_answer bbk_help_ask(struct bbk_help *help, const char *program,
				  const struct bbk_strv *words,
				  const char *self)
{
	start(help, program, words);
	if (help->pid <= 0)
		return BBK_HELP_PLAIN;
	if (listen_to(help) == BBK_HELP_OFFER &&
	    (!help->record.key || !help->pins.len || !build_gate(help, self)))
		help->answer = BBK_HELP_PLAIN;
	return help->answer;
}

enum bbk_help_answer bbk_help_after(struct bbk_help *help, const char *said)
{
	char *line = bbk_strndup(said, strcspn(said, "\r\n"));

	if (help->answer == BBK_HELP_OFFER && *line && !help->other)
		(void)tell(help, "failed", line);
	free(line);
	if (help->answer == BBK_HELP_OFFER) { /* nobody came to the gate */
		close_fd(&help->in);
		return listen_to(help);
	}
	return help->answer;
}
