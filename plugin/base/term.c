#include "base/term.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

#define LINE_MAX_BYTES 4096

/* What a signal has to put back; only these may be touched in a handler. */
static volatile sig_atomic_t echo_off;
static int echo_fd = -1;
static struct termios echo_saved;
static struct termios echo_quiet;

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };

static void stop_here(void)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };
	struct sigaction ours;
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTSTP);
	(void)sigaction(SIGTSTP, &usual, &ours);
	(void)raise(SIGTSTP);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL); /* stops; goes on later */
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)sigaction(SIGTSTP, &ours, NULL);
}

static void on_signal(int signal)
{
	int saved = errno;

	if (echo_off)
		(void)tcsetattr(echo_fd, TCSADRAIN, &echo_saved);
	if (signal != SIGTSTP)
		_exit(bbk_class_status(BBK_E_INTERRUPTED));
	stop_here();
	if (echo_off)
		(void)tcsetattr(echo_fd, TCSADRAIN, &echo_quiet);
	errno = saved;
}

/* While a question waits.  What the parent ignores (nohup) stays ignored. */
static void watch_signals(struct sigaction *before)
{
	struct sigaction act = { .sa_handler = on_signal };

	for (size_t i = 0; i < BBK_ARRAY_LEN(signals); i++) {
		(void)sigaction(signals[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN)
			(void)sigaction(signals[i], &act, NULL);
	}
}

static void leave_signals(const struct sigaction *before)
{
	for (size_t i = 0; i < BBK_ARRAY_LEN(signals); i++)
		(void)sigaction(signals[i], &before[i], NULL);
}

static int open_tty(void)
{
	return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

static bool can_ask(struct bbk_term *term)
{
	const char *prompt = getenv("GIT_TERMINAL_PROMPT");
	bool ours;
	int fd;

	if (term->never || (prompt && bbk_is_off(prompt)))
		return false;
	fd = open_tty();
	ours = fd >= 0 && tcgetpgrp(fd) == getpgrp(); /* not in background */
	if (fd >= 0)
		close(fd);
	return ours;
}

static int no_terminal(struct bbk_err *err)
{
	return bbk_err_set(err, BBK_E_FATAL, "there is no terminal to ask on");
}

/* Reads a line without its end; -1 at the end of input. */
static int read_line(int fd, char *line, size_t size)
{
	size_t len = 0;
	char c;

	for (;;) {
		ssize_t n = read(fd, &c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		if (c == '\n')
			break;
		if (len + 1 < size)
			line[len++] = c;
	}
	line[len] = '\0';
	return 0;
}

/* A line that tells of work in progress may stand where we ask. */
static void clear_line(int fd)
{
	const char *term = getenv("TERM");

	if (term && strcmp(term, "dumb") != 0)
		(void)bbk_write_all(fd, "\r\033[K", 4);
}

static void silence(int fd)
{
	if (tcgetattr(fd, &echo_saved) < 0)
		return;
	echo_fd = fd;
	echo_quiet = echo_saved;
	echo_quiet.c_lflag &= ~(tcflag_t)ECHO;
	echo_off = 1;
	(void)tcsetattr(fd, TCSAFLUSH, &echo_quiet);
}

static void speak(int fd)
{
	if (!echo_off)
		return;
	(void)tcsetattr(fd, TCSAFLUSH, &echo_saved);
	echo_off = 0;
	(void)bbk_write_all(fd, "\n", 1);
}

static int ask(int fd, const char *question, bool hidden, char *line,
	       size_t size, struct bbk_err *err)
{
	struct sigaction before[BBK_ARRAY_LEN(signals)];
	int rc;

	watch_signals(before);
	if (hidden)
		silence(fd);
	clear_line(fd);
	rc = bbk_write_all(fd, question, strlen(question)) < 0 ? -1 :
	     read_line(fd, line, size);
	if (hidden)
		speak(fd);
	leave_signals(before);
	if (rc < 0)
		return bbk_err_set(err, BBK_E_INTERRUPTED,
				   "the question got no answer");
	return 0;
}

static int confirm(struct bbk_term *term, const char *question, bool fallback,
		   struct bbk_err *err)
{
	BBK_AUTO(str) prompt = BBK_STR_INIT;
	char line[LINE_MAX_BYTES];
	int fd, rc;

	if (!can_ask(term) || (fd = open_tty()) < 0)
		return no_terminal(err);
	bbk_str_addf(&prompt, "%s %s ", question, fallback ? "[Y/n]" : "[y/N]");
	rc = ask(fd, bbk_str_get(&prompt), false, line, sizeof(line), err);
	close(fd);
	if (rc < 0)
		return -1;
	if (!line[0])
		return fallback;
	return bbk_lower(line[0]) == 'y';
}

static int secret(struct bbk_term *term, const char *question,
		  struct bbk_secret *answer, struct bbk_err *err)
{
	char line[LINE_MAX_BYTES];
	int fd, rc;

	if (!can_ask(term) || (fd = open_tty()) < 0)
		return no_terminal(err);
	rc = ask(fd, question, true, line, sizeof(line), err);
	close(fd);
	if (rc == 0 && line[0])
		rc = bbk_secret_from_text(answer, line, strlen(line),
					  "the terminal", err);
	bbk_wipe(line, sizeof(line));
	return rc;
}

static int ask_line(struct bbk_term *term, const char *question,
		    struct bbk_str *answer, struct bbk_err *err)
{
	char line[LINE_MAX_BYTES];
	int fd, rc;

	if (!can_ask(term) || (fd = open_tty()) < 0)
		return no_terminal(err);
	rc = ask(fd, question, false, line, sizeof(line), err);
	close(fd);
	if (rc == 0)
		bbk_str_set(answer, line);
	return rc;
}

static int choose(struct bbk_term *term, const char *question,
		  const struct bbk_strv *choices, size_t *chosen,
		  struct bbk_err *err)
{
	BBK_AUTO(str) prompt = BBK_STR_INIT;
	long number = 1;

	bbk_str_addf(&prompt, "%s\n", question);
	for (size_t i = 0; i < choices->len; i++)
		bbk_str_addf(&prompt, "  %zu  %s\n", i + 1, choices->v[i]);
	bbk_str_add(&prompt, "[1] ");
	for (;;) {
		BBK_AUTO(str) answer = BBK_STR_INIT;

		if (ask_line(term, bbk_str_get(&prompt), &answer, err) < 0)
			return -1;
		if (!answer.len ||
		    bbk_parse_number(answer.s, 1, (long)choices->len,
				     &number) == 0)
			break;
		bbk_str_set(&prompt, "Type the number of one of these: ");
	}
	*chosen = (size_t)number - 1;
	return 0;
}

struct bbk_term bbk_system_term = { can_ask, confirm, secret, ask_line, choose,
				    false };
