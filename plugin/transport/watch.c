#include "transport/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/drop.h"
#include "base/file.h"
#include "base/spawn.h"

#define LINE_MAX_BYTES 4096
#define PATIENCE_MS 100 /* for the rest of a line */

void bbk_watch_release(struct bbk_watch *watch)
{
	bbk_str_release(&watch->line);
	bbk_str_release(&watch->held);
	bbk_str_release(&watch->last);
	*watch = (struct bbk_watch)BBK_WATCH_INIT;
}

/* --- signals ---------------------------------------------------------- */

static volatile sig_atomic_t child;
static volatile sig_atomic_t stopped;
static int wake_up[2] = { -1, -1 };

static void pass_on(int signal)
{
	stopped = signal;
	if (child > 0)
		(void)kill((pid_t)child, signal);
}

static void note_end(int signal)
{
	int saved = errno;

	(void)signal;
	if (write(wake_up[1], "", 1) < 0)
		errno = saved;
}

static const int passed_on[] = BBK_ENDING_SIGNALS;

static void catch_signals(void)
{
	struct sigaction act = { .sa_handler = pass_on };
	struct sigaction old;

	for (size_t i = 0; i < BBK_ARRAY_LEN(passed_on); i++)
		if (sigaction(passed_on[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			(void)sigaction(passed_on[i], &act, NULL);
	act.sa_handler = note_end;
	(void)sigaction(SIGCHLD, &act, NULL);
}

static void close_on_exec(const int fds[2])
{
	(void)fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(fds[1], F_SETFD, FD_CLOEXEC);
}

/* --- what is said ----------------------------------------------------- */

static enum bbk_words words_of(const char *line)
{
	static const struct {
		const char *text;
		enum bbk_words words;
	} known[] = {
		{ "no such identity: ", BBK_WORDS_DENIED }, /* and will be */
		{ ": Permission denied (publickey", BBK_WORDS_DENIED },
		{ "Repository not found", BBK_WORDS_NO_ACCESS },
		{ "repository does not exist", BBK_WORDS_NO_ACCESS },
		{ "repository either does not exist", BBK_WORDS_NO_ACCESS },
		{ "repository access denied", BBK_WORDS_NO_ACCESS },
		{ "HOST IDENTIFICATION HAS CHANGED", BBK_WORDS_BAD_HOST },
		{ "REVOKED HOST KEY", BBK_WORDS_BAD_HOST },
		{ " revoked by file ", BBK_WORDS_BAD_HOST },
		{ " in revoked keys file ", BBK_WORDS_BAD_HOST },
		{ "ssh: connect to host ", BBK_WORDS_NOT_THERE },
		{ "ssh: Could not resolve hostname ", BBK_WORDS_NOT_THERE },
		{ "timed out during banner exchange", BBK_WORDS_NOT_THERE },
		{ "Unable to negotiate with ", BBK_WORDS_NOT_THERE },
		{ ": Too many authentication failures", BBK_WORDS_NOT_THERE },
		{ "Host key verification failed.", BBK_WORDS_UNKNOWN_HOST },
	};

	for (size_t i = 0; i < BBK_ARRAY_LEN(known); i++)
		if (strstr(line, known[i].text))
			return known[i].words;
	return bbk_drop_is(line) ? BBK_WORDS_DROPPED : BBK_WORDS_OTHER;
}

static void say(const struct bbk_str *text)
{
	(void)bbk_write_all(STDERR_FILENO, bbk_str_get(text), text->len);
}

/* A line, or as much of one as there is. */
static void end_line(struct bbk_watch *watch)
{
	if (watch->words == BBK_WORDS_OTHER)
		watch->words = words_of(bbk_str_get(&watch->line));
	if (watch->line.len > 1)
		bbk_str_set(&watch->last, bbk_str_get(&watch->line));
	if (watch->hushed || (watch->words != BBK_WORDS_OTHER &&
			      watch->words != BBK_WORDS_BAD_HOST))
		bbk_str_addn(&watch->held, watch->line.s, watch->line.len);
	else
		say(&watch->line);
	bbk_str_reset(&watch->line);
}

static bool is_knock(const struct bbk_watch *watch,
		     const struct bbk_knock *knock)
{
	return knock && bbk_begins(bbk_str_get(&watch->line), knock->begin);
}

static void speak_up(struct bbk_watch *watch)
{
	watch->hushed = false;
	if (watch->words == BBK_WORDS_OTHER)
		bbk_watch_speak(watch);
}

static void kill_child(struct bbk_watch *watch)
{
	watch->killed = true;
	(void)kill((pid_t)child, SIGTERM);
}

static void answer(struct bbk_watch *watch, struct bbk_knock *knock, int fd)
{
	const char *text = bbk_str_get(&watch->line) + strlen(knock->begin);
	char *line = bbk_strndup(text, strcspn(text, "\r\n"));

	if (stopped || !knock->answer(knock, line)) {
		kill_child(watch);
	} else {
		(void)bbk_write_all(fd, "+", 1);
		speak_up(watch);
	}
	knock->over = 0;
	free(line);
	bbk_str_reset(&watch->line);
}

static void take(struct bbk_watch *watch, struct bbk_knock *knock, int fd,
		 const char *bytes, size_t len)
{
	for (size_t i = 0; i < len && !watch->killed; i++) {
		bool end = bytes[i] == '\n' || bytes[i] == '\r';

		bbk_str_addc(&watch->line, bytes[i]);
		if (end && is_knock(watch, knock))
			answer(watch, knock, fd);
		else if (end || watch->line.len >= LINE_MAX_BYTES)
			end_line(watch);
	}
}

/* --- running ---------------------------------------------------------- */

static bool has_ended(pid_t pid, int *status)
{
	pid_t got;

	do
		got = waitpid(pid, status, WNOHANG);
	while (got < 0 && errno == EINTR);
	return got != 0;
}

static int patience(const struct bbk_watch *watch, bool ended)
{
	if (ended)
		return 0;
	return watch->line.len ? PATIENCE_MS : -1;
}

/* Until ssh is gone: a master that it left behind keeps the other end open. */
static int follow(struct bbk_watch *watch, struct bbk_knock *knock, int fd,
		  pid_t pid)
{
	struct pollfd fds[] = { { .fd = fd, .events = POLLIN },
				{ .fd = wake_up[0], .events = POLLIN },
				{ .events = POLLIN } };
	bool ended = false;
	int status = 0, ready;
	char chunk[4096];
	ssize_t n;

	for (;;) {
		ended = ended || has_ended(pid, &status);
		fds[2].fd = knock && knock->over && !watch->killed ?
			knock->over : -1;
		ready = poll(fds, ended ? 1 : 3, patience(watch, ended));
		if (ready == 0 && ended)
			return status;
		if (ready == 0) /* a prompt, or a slow writer */
			end_line(watch);
		if (ready <= 0)
			continue;
		if (!ended && fds[1].revents)
			(void)!read(wake_up[0], chunk, 1);
		if (!ended && fds[2].revents)
			kill_child(watch);
		if (!fds[0].revents)
			continue;
		n = read(fd, chunk, sizeof(chunk));
		if (n > 0)
			take(watch, knock, fd, chunk, (size_t)n);
		else if (n == 0 || errno != EINTR)
			fds[0].fd = -1;
	}
}

static void judge(struct bbk_watch *watch, int status)
{
	watch->signal = WIFSIGNALED(status) ? WTERMSIG(status) :
			stopped ? stopped : 0;
	watch->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
					      WEXITSTATUS(status);
	/* they count only where ssh failed of them */
	if (watch->signal || watch->killed || !watch->status ||
	    (watch->words != BBK_WORDS_NO_ACCESS && watch->status != 255))
		watch->words = BBK_WORDS_OTHER;
}

/* What ssh says comes out of said[0]; what a knock gets goes in there. */
static int start(const struct bbk_ssh_line *line, int said[2], pid_t *pid)
{
	int rc;

	if (wake_up[0] < 0 && pipe(wake_up) < 0)
		return -1;
	close_on_exec(wake_up);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, said) < 0)
		return -1;
	close_on_exec(said);
	catch_signals();
	rc = bbk_spawn(pid, &(struct bbk_spawn){
			       .program = line->program, .argv = line->argv.v,
			       .env = line->env, .streams = { -1, -1, said[1] },
		       });
	close(said[1]);
	if (rc)
		close(said[0]);
	return rc ? -1 : 0;
}

void bbk_watch_run(struct bbk_watch *watch, const struct bbk_ssh_line *line,
		   struct bbk_knock *knock)
{
	int said[2], status;
	sigset_t usual;
	pid_t pid;
	int rc;

	bbk_watch_release(watch);
	if (stopped) { /* while we waited, to run it once more */
		watch->signal = stopped;
		return;
	}
	bbk_hold_signals(&usual);
	rc = start(line, said, &pid);
	child = rc < 0 ? 0 : pid;
	(void)sigprocmask(SIG_SETMASK, &usual, NULL);
	if (rc < 0) {
		watch->killed = knock != NULL; /* nobody would let it through */
		if (!knock)
			bbk_ssh_exec(line);
		return;
	}
	watch->hushed = knock && knock->over;
	status = follow(watch, knock, said[0], pid);
	child = 0;
	close(said[0]);
	if (watch->line.len)
		end_line(watch);
	judge(watch, status);
}

static int wait_for(pid_t pid)
{
	int status = 0;
	pid_t got;

	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	return got < 0 || WIFSIGNALED(status) ? -1 : WEXITSTATUS(status);
}

int bbk_watch_other(struct bbk_watch *watch, const char *program,
		    char *const *argv)
{
	sigset_t usual;
	pid_t pid;
	int rc;

	if (stopped) { /* since ssh ended */
		watch->signal = stopped;
		return -1;
	}
	bbk_hold_signals(&usual);
	rc = bbk_spawn(&pid, &(struct bbk_spawn){
			       .program = program, .argv = argv,
			       .streams = { -1, -1, -1 },
		       }) ? -1 : 0;
	child = rc ? 0 : pid;
	(void)sigprocmask(SIG_SETMASK, &usual, NULL);
	if (!rc)
		rc = wait_for(pid);
	child = 0;
	if (stopped)
		watch->signal = stopped;
	return rc;
}

void bbk_watch_speak(struct bbk_watch *watch)
{
	say(&watch->held);
	bbk_str_reset(&watch->held);
}

void bbk_watch_finish(struct bbk_watch *watch)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };

	bbk_watch_speak(watch);
	if (watch->signal) { /* die of it, too: that is what git would see */
		(void)sigaction(watch->signal, &usual, NULL);
		(void)raise(watch->signal);
	}
	_exit(watch->status);
}
