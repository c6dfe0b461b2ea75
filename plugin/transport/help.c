#include "transport/help.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h>
#endif

#include "base/above.h"
#include "base/file.h"
#include "base/spawn.h"
#include "base/text.h"
#include "transport/hostkey.h"

#define ANSWER_MAX ((size_t)64 << 10)

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* Until whoever talks with us has closed its end. */
static void drain(int fd)
{
	char rest[256];
	ssize_t n;

	do
		n = read(fd, rest, sizeof(rest));
	while (n > 0 || (n < 0 && errno == EINTR));
}

void bbk_help_release(struct bbk_help *help)
{
	if (help->above && help->out >= 0) {
		(void)shutdown(help->in, SHUT_WR);
		drain(help->out);
	}
	close_fd(&help->in);
	close_fd(&help->out);
	if (help->pid > 0)
		while (waitpid(help->pid, NULL, 0) < 0 && errno == EINTR)
			;
	free(help->begin);
	free(help->gate);
	bbk_record_release(&help->record);
	bbk_first_release(&help->runs);
	bbk_first_release(&help->offered);
	*help = (struct bbk_help)BBK_HELP_INIT;
}

/* --- listening -------------------------------------------------------- */

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

/* A line in front of the answer. */
static void take_field(struct bbk_help *help, const char *name,
		       const char *value)
{
	if (!strcmp(name, "key"))
		bbk_replace(&help->offered.key, value);
	else if (!strcmp(name, "known_hosts"))
		bbk_replace(&help->offered.known_hosts, value);
	else if (!strcmp(name, "agent"))
		help->agent = true;
	else if (!strcmp(name, "settled"))
		help->settled = true;
	else if (!strcmp(name, "locked"))
		help->locked = true;
	else if (!strcmp(name, "pin"))
		bbk_strv_add(&help->offered.pins, value);
}

static bool is_last(struct bbk_help *help, const char *word, const char *value)
{
	static const char *const words[] = { "plain", "ready", "fresh",
					     "stop",  "over",  "offer" };
	long status = 255; /* as ssh: 0 would be success */

	for (size_t i = 0; i < BBK_ARRAY_LEN(words); i++) {
		if (strcmp(word, words[i]) != 0)
			continue;
		help->answer = (enum bbk_help_answer)i;
		(void)!bbk_parse_number(value, 1, 255, &status);
		help->status = (int)status;
		return true;
	}
	return false;
}

enum bbk_help_answer bbk_help_hear(struct bbk_help *help)
{
	BBK_AUTO(str) line = BBK_STR_INIT;

	help->heard = true;
	help->answer = BBK_HELP_PLAIN;
	while (hear(help, &line)) {
		char *word = bbk_str_take(&line);
		char *blank = word ? strchr(word, ' ') : NULL;
		bool last;

		if (blank)
			*blank = '\0';
		last = word && is_last(help, word, blank ? blank + 1 : "");
		if (word && !last)
			take_field(help, word, blank ? blank + 1 : "");
		free(word);
		if (last)
			break;
	}
	return help->answer;
}

/* --- talking ---------------------------------------------------------- */

/* Whoever we talk with may be gone. */
static void ignore_sigpipe(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	(void)sigaction(SIGPIPE, &ignore, NULL);
}

bool bbk_help_above(struct bbk_help *help, const char *above,
		    const struct bbk_place *place, const char *self)
{
	char *here = bbk_above_place(place->host, place->port, place->project,
				     place->repo);
	bool ours = above && !strcmp(here, above);

	free(here);
	if (!ours)
		return false;
	ignore_sigpipe();
	help->self = self;
	help->in = fcntl(BBK_ABOVE_FD, F_DUPFD_CLOEXEC, 0);
	help->out = fcntl(BBK_ABOVE_FD, F_DUPFD_CLOEXEC, 0);
	help->above = true;
	help->knock.over = help->out;
	if (help->in < 0 || help->out < 0 ||
	    bbk_help_hear(help) != BBK_HELP_OFFER)
		help->answer = BBK_HELP_STOP;
	return true;
}

int bbk_help_start(struct bbk_help *help, const char *program,
		   const struct bbk_strv *words, const char *self)
{
	int in[2], out[2], rc;

	help->self = self;
	if (bbk_pipes(in, out) < 0)
		return -1;
	ignore_sigpipe();
	rc = bbk_spawn(&help->pid, &(struct bbk_spawn){
			       .program = program, .argv = words->v,
			       .streams = { in[0], out[1], -1 },
		       });
	close(in[0]);
	close(out[1]);
	help->in = in[1];
	help->out = out[0];
	if (rc)
		help->pid = -1;
	return rc ? -1 : 0;
}

static bool tell(struct bbk_help *help, const char *word, const char *text)
{
	BBK_AUTO(str) line = BBK_STR_INIT;

	bbk_str_addf(&line, "%s %s\n", word, text);
	return bbk_write_all(help->in, line.s, line.len) == 0;
}

/* Is what was offered what ssh has been run with? */
static bool is_the_same(const struct bbk_help *help)
{
	return !help->agent && bbk_same(help->runs.key, help->offered.key) &&
	       bbk_same(help->runs.known_hosts, help->offered.known_hosts) &&
	       bbk_strv_same(&help->runs.pins, &help->offered.pins);
}

/* ssh runs already, and this is what we wait for: may it go on? */
static bool may_go_on(struct bbk_help *help)
{
	if (bbk_help_hear(help) == BBK_HELP_READY) /* somebody was faster */
		return bbk_same(help->runs.key, help->offered.key);
	help->stale = help->answer == BBK_HELP_OFFER && !is_the_same(help);
	return help->answer == BBK_HELP_OFFER && !help->stale;
}

/* At the gate: "yes <name> <type> <blob> <fingerprint>", or "no ..." */
static bool let_through(struct bbk_knock *knock, const char *text)
{
	struct bbk_help *help = (struct bbk_help *)knock;
	bool pinned = bbk_begins(text, "yes ");

	if (!help->heard && !may_go_on(help))
		return false;
	if (help->answer == BBK_HELP_READY)
		return pinned;
	if (pinned && tell(help, "seen", text + 4))
		return bbk_help_hear(help) == BBK_HELP_FRESH;
	if (bbk_begins(text, "no "))
		help->other = tell(help, "other", text + 3);
	return false;
}

/*
 * With LogLevel DEBUG ssh would print what a stranger sends before the host
 * key is checked: he cannot guess how the gate's line begins.
 */
static int build_gate(struct bbk_help *help)
{
	BBK_AUTO(str) gate = BBK_STR_INIT;
	unsigned char bytes[16];
	char nonce[33];

	if (getentropy(bytes, sizeof(bytes)) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)snprintf(nonce + 2 * i, 3, "%02x", bytes[i]);
	bbk_ssh_quote(&gate, help->self, true);
	bbk_str_addf(&gate, " --gate %s %%I %%H %%t %%K %%f", nonce);
	for (size_t i = 0; i < help->runs.pins.len; i++)
		bbk_str_addf(&gate, " %s", help->runs.pins.v[i]);
	free(help->begin);
	free(help->gate);
	help->begin = bbk_strf(BBK_GATE_SAYS "%s ", nonce);
	help->gate = bbk_str_take(&gate);
	help->knock.begin = help->begin;
	help->knock.answer = let_through;
	return 0;
}

int bbk_help_prepare(struct bbk_help *help, struct bbk_first *first)
{
	struct bbk_first *from = first ? first : &help->offered;

	if (!from->key || !from->pins.len)
		return -1;
	help->stale = false;
	bbk_first_release(&help->runs);
	help->runs = *from;
	*from = (struct bbk_first)BBK_FIRST_INIT;
	bbk_replace(&help->record.key, help->runs.key);
	bbk_replace(&help->record.known_hosts, help->runs.known_hosts);
	help->record.agent = help->agent;
	return build_gate(help);
}

enum bbk_help_answer bbk_help_after(struct bbk_help *help, const char *said)
{
	char *line = bbk_strndup(said, strcspn(said, "\r\n"));

	if (!help->heard)
		(void)bbk_help_hear(help);
	if (help->answer == BBK_HELP_OFFER && *line && !help->other)
		(void)tell(help, "failed", line);
	free(line);
	if (help->answer == BBK_HELP_OFFER) { /* nobody came to the gate */
		/* git has the socket, too: closing it would not be enough */
		(void)shutdown(help->in, SHUT_WR);
		close_fd(&help->in);
		(void)bbk_help_hear(help);
	}
	if (help->above && help->answer == BBK_HELP_PLAIN) {
		help->answer = BBK_HELP_STOP; /* it is gone */
		help->status = 1;
	}
	return help->answer;
}
