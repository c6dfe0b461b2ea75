#include "transport/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/paths.h"
#include "base/text.h"

#define LINE_MAX_BYTES 4096

static void say(const char *text)
{
	(void)bbk_write_all(STDERR_FILENO, text, strlen(text));
}

/* None of ours goes to a child. */
static void drop_token(void)
{
	(void)unsetenv("BBKEY_TOKEN");
	(void)unsetenv("BBKEY_URL");
	(void)unsetenv("BBKEY_USER");
}

static BBK_NORETURN void no_ssh(void)
{
	say("git-bbkey: local: the program 'ssh' is not on the PATH\n");
	_exit(127);
}

void bbk_run_plain(int argc, char *const *argv)
{
	const char *git_ssh = getenv("GIT_SSH");
	char *program;

	(void)argc;
	drop_token();
	if (git_ssh && *git_ssh && !bbk_ends(git_ssh, "git-bbkey-ssh")) {
		execvp(git_ssh, argv);
		no_ssh();
	}
	program = bbk_program_find("ssh");
	if (program)
		execv(program, argv);
	no_ssh();
}

static void build(struct bbk_strv *args, const struct bbk_record *record,
		  int argc, char *const *argv)
{
	bbk_strv_add(args, "ssh");
	if (record->key) {
		BBK_AUTO(str) key = BBK_STR_INIT;

		bbk_str_add(&key, "IdentityFile="); /* -i keeps its '%' */
		bbk_ssh_quote(&key, record->key, true);
		bbk_strv_addl(args, "-o", bbk_str_get(&key), "-o",
			      "IdentitiesOnly=yes", NULL);
		/* a master of another key's would answer for this one */
		bbk_strv_addl(args, "-o", "ControlPath=none", NULL);
		if (!record->agent)
			bbk_strv_addl(args, "-o", "IdentityAgent=none", NULL);
	}
	if (record->known_hosts) {
		bbk_strv_add(args, "-o");
		bbk_strv_addf(args, "GlobalKnownHostsFile=%s",
			      record->known_hosts);
	}
	for (int i = 1; i < argc; i++)
		bbk_strv_add(args, argv[i]);
}

void bbk_run_with(const struct bbk_record *record, int argc,
		  char *const *argv)
{
	struct bbk_strv args = BBK_STRV_INIT;
	char *program = bbk_program_find("ssh");

	drop_token();
	build(&args, record, argc, argv);
	if (program)
		execv(program, args.v);
	no_ssh();
}

/* --- under our eyes ----------------------------------------------------- */

static volatile sig_atomic_t child;
static volatile sig_atomic_t stopped;

static void pass_on(int signal)
{
	stopped = signal;
	if (child > 0)
		(void)kill((pid_t)child, signal);
}

struct watch {
	struct bbk_str line;
	struct bbk_str held; /* lines that a retry makes untrue */
	bool refused;
};

static bool means_not_yet(const char *line)
{
	return strstr(line, "Permission denied (publickey") ||
	       strstr(line, "Repository not found");
}

static void end_line(struct watch *watch)
{
	if (means_not_yet(bbk_str_get(&watch->line)))
		watch->refused = true;
	if (watch->refused)
		bbk_str_addn(&watch->held, watch->line.s, watch->line.len);
	else
		(void)bbk_write_all(STDERR_FILENO, watch->line.s,
				    watch->line.len);
	bbk_str_reset(&watch->line);
}

/* ssh's standard error goes through; a carriage return ends a line, too. */
static void watch_bytes(struct watch *watch, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bbk_str_addc(&watch->line, bytes[i]);
		if (bytes[i] == '\n' || bytes[i] == '\r' ||
		    watch->line.len >= LINE_MAX_BYTES)
			end_line(watch);
	}
}

static void watch_errors(struct watch *watch, int fd)
{
	char chunk[4096];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk)))) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		watch_bytes(watch, chunk, (size_t)n);
	}
	if (watch->line.len)
		end_line(watch);
}

static int wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 255;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}

static int run_watched(const char *program, char *const *args,
		       struct watch *watch)
{
	int fds[2], status;
	pid_t pid;

	if (pipe(fds) < 0)
		return 255;
	(void)fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	pid = fork();
	if (pid == 0) {
		(void)dup2(fds[1], STDERR_FILENO);
		execv(program, args);
		_exit(127);
	}
	close(fds[1]);
	child = pid;
	if (pid > 0)
		watch_errors(watch, fds[0]);
	close(fds[0]);
	status = pid < 0 ? 255 : wait_for(pid);
	child = 0;
	return status;
}

static void pass_signals_on(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction act = { .sa_handler = pass_on };

	for (size_t i = 0; i < BBK_ARRAY_LEN(signals); i++)
		(void)sigaction(signals[i], &act, NULL);
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
	say(bbk_str_get(&text));
}

int bbk_run_until_honoured(const struct bbk_record *record, int argc,
			   char *const *argv)
{
	static const int pauses[] = { 500, 1000, 2000, 4000, 8000 };
	BBK_AUTO(strv) args = BBK_STRV_INIT;
	char *program = bbk_program_find("ssh");
	int status = 255;

	if (!program)
		no_ssh();
	drop_token();
	build(&args, record, argc, argv);
	pass_signals_on();
	for (size_t i = 0;; i++) {
		struct watch watch = { BBK_STR_INIT, BBK_STR_INIT, false };
		bool again;

		status = run_watched(program, args.v, &watch);
		again = watch.refused && status > 0 && status <= 255 &&
			!stopped && i < BBK_ARRAY_LEN(pauses);
		if (!again)
			(void)bbk_write_all(STDERR_FILENO,
					    bbk_str_get(&watch.held),
					    watch.held.len);
		if (!again && watch.refused && status)
			say_not_yet(record);
		bbk_str_release(&watch.line);
		bbk_str_release(&watch.held);
		if (!again)
			break;
		bbk_system_clock.sleep(&bbk_system_clock, pauses[i]);
		if (stopped) {
			status = 128 + stopped;
			break;
		}
	}
	free(program);
	return status;
}
