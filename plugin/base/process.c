#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/spawn.h"

#define POLL_MS 50 /* how often a child that keeps its pipes is looked at */
#define DRAIN_MAX 64 /* reads after the child has ended */
#define REAP_MS 1  /* and one that has closed them, so is about to end */

extern char **environ;

void bbk_process_release(struct bbk_process *process)
{
	if (process->out.s)
		bbk_wipe(process->out.s, process->out.len);
	if (process->err.s)
		bbk_wipe(process->err.s, process->err.len);
	bbk_strv_release(&process->argv);
	bbk_strv_release(&process->env);
	bbk_str_release(&process->out);
	bbk_str_release(&process->err);
}

static size_t name_len(const char *entry)
{
	return strcspn(entry, "=");
}

static bool is_changed(const struct bbk_strv *changes, const char *entry)
{
	for (size_t i = 0; i < changes->len; i++)
		if (name_len(changes->v[i]) == name_len(entry) &&
		    !strncmp(changes->v[i], entry, name_len(entry)))
			return true;
	return false;
}

static void build_env(struct bbk_strv *env, const struct bbk_strv *changes)
{
	for (char **entry = environ; *entry; entry++)
		if (!is_changed(changes, *entry))
			bbk_strv_add(env, *entry);
	for (size_t i = 0; i < changes->len; i++)
		if (strchr(changes->v[i], '='))
			bbk_strv_add(env, changes->v[i]);
}

struct pipes {
	int in[2], out[2], err[2];	/* -1: not used */
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_pipes(struct pipes *p)
{
	for (int i = 0; i < 2; i++) {
		close_fd(&p->in[i]);
		close_fd(&p->out[i]);
		close_fd(&p->err[i]);
	}
}

static int open_pipes(struct pipes *p, const struct bbk_process *process)
{
	*p = (struct pipes){ { -1, -1 }, { -1, -1 }, { -1, -1 } };
	if (process->inherit)
		return 0;
	if ((process->input && bbk_pipe(p->in) < 0) ||
	    (process->out_max && bbk_pipe(p->out) < 0) ||
	    (process->err_max && !process->inherit_err &&
	     bbk_pipe(p->err) < 0)) {
		close_pipes(p);
		return -1;
	}
	return 0;
}

/* What becomes 0, 1 and 2 of the child. */
static int start(const struct bbk_process *process, const struct pipes *p,
		 char **env, pid_t *pid)
{
	int null = process->inherit ? -1 :
		bbk_openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);
	struct bbk_spawn spawn = {
		.program = process->argv.v[0], .argv = process->argv.v,
		.env = env, .above = process->above,
		.streams = { p->in[0] >= 0 ? p->in[0] : null,
			     p->out[1] >= 0 ? p->out[1] : null,
			     p->err[1] >= 0 ? p->err[1] : null },
	};
	int rc;

	if (null < 0 && !process->inherit)
		return errno;
	if (process->inherit_err)
		spawn.streams[2] = -1;
	rc = bbk_spawn(pid, &spawn);
	if (null >= 0)
		close(null);
	return rc;
}

/* A read that fails is no end: *failed is its errno. */
static void take(int *fd, struct bbk_str *to, size_t max, int *failed)
{
	char chunk[16384];
	ssize_t n = read(*fd, chunk, sizeof(chunk));

	if (n < 0 && errno == EINTR)
		return;
	if (n < 0)
		*failed = errno;
	if (n <= 0) {
		close_fd(fd);
		return;
	}
	if (to->len < max)
		bbk_str_addn(to, chunk, (size_t)n < max - to->len ?
				     (size_t)n : max - to->len);
	bbk_wipe(chunk, (size_t)n);
}

static void give(struct bbk_process *process, int *fd, size_t *given)
{
	ssize_t n = write(*fd, (const char *)process->input + *given,
			  process->input_len - *given);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0)
		*given += (size_t)n;
	if (n < 0 || *given == process->input_len)
		close_fd(fd);
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}

/* True when the child has ended and was reaped. */
static bool reaped(pid_t pid, int *result, int flags)
{
	int status = 0;
	pid_t got;

	do
		got = waitpid(pid, &status, flags);
	while (got < 0 && errno == EINTR);
	if (got == 0)
		return false;
	/* ECHILD: the parent of this program told it to ignore SIGCHLD */
	*result = got < 0 ? 127 : exit_status(status);
	return true;
}

static int time_left(const struct bbk_process *process,
		     const struct pipes *p, int64_t end)
{
	int slice = p->out[0] < 0 && p->err[0] < 0 ? REAP_MS : POLL_MS;
	int64_t left;

	if (!process->deadline_ms)
		return slice;
	left = end - bbk_system_clock.now(&bbk_system_clock);
	return left <= 0 ? 0 : left < slice ? (int)left : slice;
}

/*
 * Moves bytes until the pipes are closed, the child is gone or time is up.  The
 * errno of a read that failed, or 0.
 */
static int talk(struct bbk_process *process, struct pipes *p, pid_t pid)
{
	int64_t end = bbk_system_clock.now(&bbk_system_clock) +
		      process->deadline_ms;
	size_t given = 0;
	bool gone = false;
	int drained = 0, failed = 0;

	while (p->out[0] >= 0 || p->err[0] >= 0 || !gone) {
		struct pollfd fds[] = { { p->in[1], POLLOUT, 0 },
					{ p->out[0], POLLIN, 0 },
					{ p->err[0], POLLIN, 0 } };
		int wait = gone ? 0 : time_left(process, p, end);
		int ready = poll(fds, BBK_ARRAY_LEN(fds), wait);

		if (ready > 0 && fds[0].revents)
			give(process, &p->in[1], &given);
		if (ready > 0 && fds[1].revents)
			take(&p->out[0], &process->out, process->out_max,
			     &failed);
		if (ready > 0 && fds[2].revents)
			take(&p->err[0], &process->err, process->err_max,
			     &failed);
		if (gone && (ready <= 0 || ++drained > DRAIN_MAX))
			return failed; /* a grandchild keeps the pipe open */
		if (!gone)
			gone = reaped(pid, &process->status,
				      p->in[1] < 0 && p->out[0] < 0 &&
						      p->err[0] < 0 &&
						      !process->deadline_ms ?
					      0 : WNOHANG);
		if (!gone && process->stop_when_full &&
		    process->out.len >= process->out_max) {
			(void)kill(pid, SIGKILL);
			gone = reaped(pid, &process->status, 0);
		}
		if (!gone && process->deadline_ms && wait == 0) {
			process->timed_out = true;
			(void)kill(pid, SIGKILL);
			gone = reaped(pid, &process->status, 0);
		}
	}
	return failed;
}

static int begin(const struct bbk_process *process, struct pipes *p,
		 pid_t *pid, struct bbk_err *err)
{
	BBK_AUTO(strv) env = BBK_STRV_INIT;
	int rc;

	build_env(&env, &process->env);
	rc = open_pipes(p, process) < 0 ? errno :
	     start(process, p, env.v, pid);
	if (!rc)
		return 0;
	close_pipes(p);
	return bbk_err_errno(err, BBK_E_LOCAL, rc, "cannot run '%s'",
			     process->argv.v[0]);
}

/* --- one that runs beside us ------------------------------------------ */

static volatile sig_atomic_t beside; /* its pid; 0: none */
static const int passed_on[] = BBK_ENDING_SIGNALS;

static void pass_on(int signal)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };

	if (beside > 0)
		(void)kill((pid_t)beside, signal);
	(void)sigaction(signal, &usual, NULL);
	(void)raise(signal);
}

/* What our parent ignores (nohup) stays ignored. */
static void replace_handlers(void (*from)(int), void (*to)(int))
{
	struct sigaction act = { .sa_handler = to }, now;

	for (size_t i = 0; i < BBK_ARRAY_LEN(passed_on); i++)
		if (sigaction(passed_on[i], NULL, &now) == 0 &&
		    now.sa_handler == from)
			(void)sigaction(passed_on[i], &act, NULL);
}

int bbk_process_start(struct bbk_process *process, pid_t *pid,
		      struct bbk_err *err)
{
	struct pipes none;
	sigset_t usual;
	int rc;

	process->inherit = true;
	bbk_hold_signals(&usual);
	rc = begin(process, &none, pid, err);
	if (!rc) {
		beside = *pid;
		replace_handlers(SIG_DFL, pass_on);
	}
	(void)sigprocmask(SIG_SETMASK, &usual, NULL);
	return rc;
}

static void forget_beside(void)
{
	beside = 0;
	replace_handlers(pass_on, SIG_DFL);
}

bool bbk_process_ended(pid_t pid, int *status)
{
	if (!reaped(pid, status, WNOHANG))
		return false;
	forget_beside();
	return true;
}

int bbk_process_wait(pid_t pid)
{
	int status = 0;

	(void)reaped(pid, &status, 0);
	forget_beside();
	return status;
}

int bbk_process_run(struct bbk_process *process, struct bbk_err *err)
{
	struct pipes p;
	pid_t pid;
	int rc;

	if (begin(process, &p, &pid, err) < 0)
		return -1;
	close_fd(&p.in[0]);
	close_fd(&p.out[1]);
	close_fd(&p.err[1]);
	if (p.in[1] >= 0)
		(void)fcntl(p.in[1], F_SETFL, O_NONBLOCK);
	if (process->input && !process->input_len)
		close_fd(&p.in[1]);
	rc = talk(process, &p, pid);
	close_pipes(&p);
	if (rc)
		return bbk_err_errno(err, BBK_E_LOCAL, rc, "cannot hear '%s'",
				     process->argv.v[0]);
	return 0;
}
