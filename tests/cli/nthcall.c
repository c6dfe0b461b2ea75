/*
 * nthcall: stops a program, and all that it starts, at the N-th system call
 * that changes something outside the process that makes it.
 *
 *	nthcall <list> <n> <action> <program> [<argument>...]
 *
 * Calls are counted over all processes together, in the order in which they
 * happen: a call that only reads is not worth a stop, because dying there is
 * the same as dying before the next one that changes something.
 *
 * Each call is written to the file <list>, a line: "N pid program call".
 * Before the N-th is carried out, the action happens (n 0: never):
 *
 *	kill	 every process is killed, as when the machine loses its power
 *	kill-one the process that makes the call is killed, as when it used up
 *		 its memory; the others go on
 *	other	 a shell command is run while everything waits
 *
 * Exit status: the program's; 128 + signal; 137 after kill; 125 if it could
 * not be run.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

#define OPTIONS                                                             \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
	 PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)

static const struct {
	long number;
	const char *name;
} calls[] = {
	{ SYS_write, "write" },		{ SYS_writev, "writev" },
	{ SYS_pwrite64, "pwrite64" },	{ SYS_sendto, "sendto" },
	{ SYS_sendmsg, "sendmsg" },	{ SYS_connect, "connect" },
	{ SYS_fsync, "fsync" },		{ SYS_fdatasync, "fdatasync" },
	{ SYS_ftruncate, "ftruncate" }, { SYS_mkdirat, "mkdirat" },
	{ SYS_linkat, "linkat" },	{ SYS_symlinkat, "symlinkat" },
	{ SYS_unlinkat, "unlinkat" },	{ SYS_renameat2, "renameat2" },
	{ SYS_fchmod, "fchmod" },	{ SYS_fchmodat, "fchmodat" },
	{ SYS_flock, "flock" },		{ SYS_shutdown, "shutdown" },
	{ SYS_openat, "openat" },	{ SYS_execve, "execve" },
	{ SYS_clone, "clone" },		{ SYS_exit_group, "exit_group" },
	{ SYS_kill, "kill" },
#ifdef SYS_clone3
	{ SYS_clone3, "clone3" },
#endif
#ifdef SYS_renameat
	{ SYS_renameat, "renameat" },
#endif
#ifdef SYS_open /* what follows is not on every architecture */
	{ SYS_open, "open" },		{ SYS_mkdir, "mkdir" },
	{ SYS_rmdir, "rmdir" },		{ SYS_link, "link" },
	{ SYS_symlink, "symlink" },	{ SYS_unlink, "unlink" },
	{ SYS_rename, "rename" },	{ SYS_chmod, "chmod" },
	{ SYS_fork, "fork" },		{ SYS_vfork, "vfork" },
#endif
};

struct run {
	FILE *list;
	long n;	    /* where to act */
	long count; /* calls so far */
	const char *action;
	pid_t first; /* whose exit status is ours */
};

static void die(const char *what)
{
	perror(what);
	exit(125);
}

/* The call's name, or NULL for one that changes nothing. */
static const char *changes(const struct ptrace_syscall_info *info)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		unsigned long long flags = info->entry.args[2];

		if (info->entry.nr != (unsigned long long)calls[i].number)
			continue;
#ifdef SYS_open
		if (info->entry.nr == SYS_open)
			flags = info->entry.args[1];
#endif
		if (!strncmp(calls[i].name, "open", 4) &&
		    !(flags & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR)))
			return NULL;
		return calls[i].name;
	}
	return NULL;
}

static void program_of(pid_t pid, char *name, size_t size)
{
	char path[64];
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%ld/comm", (long)pid);
	file = fopen(path, "re");
	if (!file || !fgets(name, (int)size, file))
		(void)snprintf(name, size, "?");
	if (file)
		(void)fclose(file);
	name[strcspn(name, "\n")] = '\0';
}

static void act(struct run *run, pid_t pid)
{
	if (!strcmp(run->action, "kill"))
		exit(137); /* PTRACE_O_EXITKILL does it */
	if (!strcmp(run->action, "kill-one"))
		(void)kill(pid, SIGKILL);
	else if (system(run->action) != 0)
		die("nthcall: the command failed");
}

static void on_call(struct run *run, pid_t pid)
{
	struct ptrace_syscall_info info;
	const char *call;
	char name[64];

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	call = changes(&info);
	if (!call)
		return;
	program_of(pid, name, sizeof(name));
	(void)fprintf(run->list, "%ld %ld %s %s\n", ++run->count, (long)pid,
		      name, call);
	(void)fflush(run->list);
	if (run->count == run->n)
		act(run, pid);
}

/* The signal that the process is to get, or 0. */
static int on_stop(struct run *run, pid_t pid, int status)
{
	int signal = WSTOPSIG(status);

	if (signal == (SIGTRAP | 0x80)) {
		on_call(run, pid);
		return 0;
	}
	if (status >> 16 == PTRACE_EVENT_STOP || status >> 16)
		return 0;
	return signal;
}

static int follow(struct run *run)
{
	int result = 125;

	for (;;) {
		int status, signal;
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 && errno == ECHILD)
			return result;
		if (pid < 0)
			continue;
		if (!WIFSTOPPED(status)) {
			if (pid == run->first)
				result = WIFSIGNALED(status) ?
						 128 + WTERMSIG(status) :
						 WEXITSTATUS(status);
			continue;
		}
		signal = on_stop(run, pid, status);
		(void)ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signal);
	}
}

int main(int argc, char **argv)
{
	struct run run = { .list = NULL };
	int status;

	if (argc < 5)
		return 125;
	run.list = fopen(argv[1], "we");
	if (!run.list)
		die(argv[1]);
	run.n = strtol(argv[2], NULL, 10);
	run.action = argv[3];
	run.first = fork();
	if (!run.first) {
		(void)raise(SIGSTOP);
		(void)execvp(argv[4], argv + 4);
		die(argv[4]);
	}
	if (waitpid(run.first, &status, WUNTRACED) != run.first ||
	    ptrace(PTRACE_SEIZE, run.first, NULL, (void *)OPTIONS) < 0)
		die("nthcall: ptrace");
	(void)kill(run.first, SIGCONT);
	return follow(&run);
}
