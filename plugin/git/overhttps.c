#include "git/overhttps.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/paths.h"
#include "base/spawn.h"
#include "git/git.h"
#include "git/pktline.h"

#define CHUNK 65536
#define CONNECT "stateless-connect git-upload-pack\n"

/* --- one direction ------------------------------------------------------ */

struct lane {
	int from, to;
	struct bbk_pktline packets;
	bool said; /* anything was passed on */
	struct bbk_str out;
};

enum going { ON, OVER, BROKEN };

/* What there is to read goes to the other side. */
static enum going carry(struct lane *lane)
{
	static char chunk[CHUNK];
	enum bbk_pktline_state state;
	ssize_t n;

	do
		n = read(lane->from, chunk, sizeof(chunk));
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n == 0 && bbk_pktline_is_whole(&lane->packets) ?
			OVER : BROKEN;
	bbk_str_reset(&lane->out);
	state = bbk_pktline_take(&lane->packets, chunk, (size_t)n, &lane->out);
	lane->said = lane->said || lane->out.len;
	if (bbk_write_all(lane->to, bbk_str_get(&lane->out),
			  lane->out.len) < 0)
		return BROKEN;
	return state == BBK_PKTLINE_ON ? ON :
	       state == BBK_PKTLINE_OVER ? OVER : BROKEN;
}

/* --- the helper --------------------------------------------------------- */

struct helper {
	pid_t pid;
	int in;  /* its standard input; -1: closed */
	int out;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* Of several settings git takes that of the longest URL, and the last. */
static void add_verified(struct bbk_strv *words, const char *url)
{
	(void)unsetenv("GIT_SSL_NO_VERIFY");
	bbk_strv_add(words, "-c");
	bbk_strv_addf(words, "http.%s.sslVerify=true", url);
}

static int start(struct helper *helper, const struct bbk_git_https *what,
		 struct bbk_err *err)
{
	BBK_AUTO(strv) words = BBK_STRV_INIT;
	int in[2], out[2], rc;
	char *git;

	if (bbk_program_need(&git, "git", err) < 0)
		return -1;
	bbk_strv_add(&words, git);
	free(git);
	add_verified(&words, what->url);
	bbk_strv_addl(&words, "remote-https", what->remote ? what->remote :
		      what->url, what->url, NULL);
	if (bbk_pipes(in, out) < 0)
		return bbk_err_errno(err, BBK_E_LOCAL, errno,
				     "cannot open a pipe");
	rc = bbk_spawn(&helper->pid, &(struct bbk_spawn){
			       .program = words.v[0], .argv = words.v,
			       .streams = { in[0], out[1], -1 },
		       });
	(void)close(in[0]);
	(void)close(out[1]);
	helper->in = in[1];
	helper->out = out[0];
	if (!rc)
		return 0;
	close_fd(&helper->in);
	close_fd(&helper->out);
	return bbk_err_errno(err, BBK_E_LOCAL, rc, "cannot start git");
}

/* An empty line; "fallback": the server does not speak version 2. */
static bool connects(const struct helper *helper)
{
	char c = 0;
	ssize_t n;

	if (bbk_write_all(helper->in, CONNECT, strlen(CONNECT)) < 0)
		return false;
	do
		n = read(helper->out, &c, 1);
	while (n < 0 && errno == EINTR);
	return n == 1 && c == '\n';
}

/* true: it was content. */
static bool end(struct helper *helper)
{
	int status = -1;
	pid_t got;

	close_fd(&helper->in);
	close_fd(&helper->out);
	do
		got = waitpid(helper->pid, &status, 0);
	while (got < 0 && errno == EINTR);
	return got >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/*
 * The two sides take turns: neither writes while the other does, so that a
 * write which waits is always read.
 */
static enum going serve(struct helper *helper, struct lane *up,
			struct lane *down)
{
	enum going going;

	for (;;) {
		struct pollfd fds[] = {
			{ .fd = helper->in >= 0 ? up->from : -1,
			  .events = POLLIN },
			{ .fd = down->from, .events = POLLIN },
		};

		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents && carry(up) != ON)
			close_fd(&helper->in); /* it ends, and so do we */
		if (!fds[1].revents)
			continue;
		going = carry(down);
		if (going == OVER && helper->in >= 0)
			return BROKEN; /* git still waits for an answer */
		if (going != ON)
			return going;
	}
}

static int run(struct helper *helper)
{
	struct lane up = { STDIN_FILENO, helper->in,
			   { .way = BBK_PKTLINE_UP }, false, BBK_STR_INIT };
	struct lane down = { helper->out, STDOUT_FILENO,
			     { .way = BBK_PKTLINE_DOWN }, false, BBK_STR_INIT };
	bool content = serve(helper, &up, &down) == OVER;

	content = end(helper) && content;
	bbk_str_release(&up.out);
	bbk_str_release(&down.out);
	return content ? 0 : down.said ? -1 : 1;
}

/*
 * GIT_ASKPASS is how a program answers for its user; SSH_ASKPASS is a window,
 * and where nobody may be asked git would open it all the same.
 */
static void ask_nobody(void)
{
	const char *prompt = getenv("GIT_TERMINAL_PROMPT");

	if (prompt && bbk_is_off(prompt))
		(void)unsetenv("SSH_ASKPASS");
}

bool bbk_git_verifies(const char *url)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(process) git = BBK_PROCESS_INIT;

	if (getenv("GIT_SSL_NO_VERIFY") || bbk_git_begin(&git, &ignored) < 0)
		return false;
	bbk_strv_addl(&git.argv, "config", "--type=bool", "--get-urlmatch",
		      "http.sslVerify", url, NULL);
	if (bbk_process_run(&git, &ignored) < 0)
		return false;
	return git.status == 1 || /* not set */
	       (!git.status && bbk_begins(bbk_str_get(&git.out), "true"));
}

int bbk_git_over_https(const struct bbk_git_https *what, struct bbk_err *err)
{
	struct helper helper = { .in = -1, .out = -1 };

	ask_nobody();
	if (!what->remote)
		(void)setenv("GIT_DIR", "/dev/null", 1);
	if (start(&helper, what, err) < 0)
		return 1;
	if (connects(&helper))
		return run(&helper);
	(void)end(&helper);
	return 1;
}
