#include "test.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int misses;
static char dir[128];

static int remove_one(const char *path, const struct stat *st, int kind,
		      struct FTW *ftw)
{
	(void)st, (void)kind, (void)ftw;
	return remove(path);
}

int test_begin(void **state)
{
	(void)state;
	misses = 0;
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

int test_end(void **state)
{
	(void)state;
	if (dir[0])
		(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	dir[0] = '\0';
	return misses ? -1 : 0;
}

void miss(const char *fmt, ...)
{
	va_list args;

	misses++;
	va_start(args, fmt);
	fputs("\tmiss: ", stderr);
	(void)vfprintf(stderr, fmt, args);
	fputs("\n", stderr);
	va_end(args);
}

void miss_class(struct bbk_err *err, enum bbk_class class, const char *row)
{
	if (err->class != class)
		miss("%s: class %s, not %s (%s)", row,
		     bbk_class_word(class), bbk_class_word(err->class),
		     err->what ? err->what : "no error");
	bbk_err_release(err);
}

void miss_text(const char *got, const char *want, const char *row)
{
	if (!got || !want ? got != want : strcmp(got, want) != 0)
		miss("%s: '%s' wanted, got '%s'", row, want ? want : "(none)",
		     got ? got : "(none)");
}

const char *test_dir(void)
{
	const char *tmp = getenv("TMPDIR");

	if (dir[0])
		return dir;
	(void)snprintf(dir, sizeof(dir), "%s/bbkey-unit-XXXXXX",
		       tmp && *tmp == '/' && strlen(tmp) < 90 ? tmp : "/tmp");
	assert_non_null(mkdtemp(dir));
	return dir;
}

const char *test_path(const char *name)
{
	static char paths[8][1024];
	static int next;
	char *path = paths[next++ % 8];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", test_dir(), name);
	return path;
}

void test_write(const char *path, const char *text, unsigned mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

const char *test_read(const char *path)
{
	static char texts[8][65536];
	static int next;
	char *text = texts[next++ % 8];
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return NULL;
	n = read(fd, text, sizeof(texts[0]) - 1);
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

int test_ends_within(unsigned seconds, void (*f)(void))
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (!pid) {
		signal(SIGALRM, SIG_DFL);
		alarm(seconds);
		f();
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
