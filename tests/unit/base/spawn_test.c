#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/spawn.h"

/* Its exit status, or 128 + signal; what it prints is in "out" and "err". */
static int run(const char *script, char *const *env)
{
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" },
			 (char *)(uintptr_t)script, NULL };
	int out = open(test_path("out"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int err = open(test_path("err"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int in = open("/dev/null", O_RDONLY), status = 0;
	pid_t pid;

	assert_int_equal(
		bbk_spawn(&pid, &(struct bbk_spawn){ .program = "/bin/sh",
						     .argv = argv,
						     .env = env,
						     .streams = { in, out,
								  err } }),
		0);
	close(in);
	close(out);
	close(err);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   128 + WTERMSIG(status);
}

static void each_stream_goes_where_it_was_told_to(void **state)
{
	(void)state;
	assert_int_equal(run("cat; echo out; echo err >&2; exit 7", NULL), 7);
	miss_text(test_read(test_path("out")), "out\n", "standard output");
	miss_text(test_read(test_path("err")), "err\n", "standard error");
}

static void streams_that_are_not_given_are_ours(void **state)
{
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" },
			 (char[]){ "echo here >&2" }, NULL };
	int saved = dup(2), status = 0;
	int err = open(test_path("err"), O_WRONLY | O_CREAT, 0600);
	pid_t pid;

	(void)state;
	dup2(err, 2);
	assert_int_equal(
		bbk_spawn(&pid, &(struct bbk_spawn){ .program = "/bin/sh",
						     .argv = argv,
						     .streams = { -1, -1,
								  -1 } }),
		0);
	dup2(saved, 2);
	close(saved);
	close(err);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	miss_text(test_read(test_path("err")), "here\n", "standard error");
}

static void nothing_else_is_open_in_it(void **state)
{
	int low = open("/dev/null", O_RDONLY);
	int high = fcntl(low, F_DUPFD, 200);

	(void)state;
	assert_true(low > 2 && high >= 200);
	/* a shell can say that a descriptor is closed, without /proc */
	assert_int_equal(run("for fd in 3 4 5 6 7 8 9; do\n"
			     "	if (eval \": <&$fd\") 2>/dev/null; then\n"
			     "		echo $fd\n"
			     "	fi\n"
			     "done\n"
			     "! [ -e /dev/fd/200 ]", NULL), 0);
	miss_text(test_read(test_path("out")), "", "open in it");
	close(low);
	close(high);
}

static void signals_are_as_usual_in_it(void **state)
{
	sigset_t all, old;

	(void)state;
	(void)sigfillset(&all);
	assert_int_equal(sigprocmask(SIG_BLOCK, &all, &old), 0);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(run("kill -PIPE $$", NULL), 128 + SIGPIPE);
	assert_int_equal(run("kill -XFSZ $$", NULL), 128 + SIGXFSZ);
	assert_int_equal(run("kill -TERM $$", NULL), 128 + SIGTERM);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(sigprocmask(SIG_SETMASK, &old, NULL), 0);
}

static void the_environment_is_ours_or_the_one_given(void **state)
{
	char *env[] = { (char[]){ "A=1" }, NULL };

	(void)state;
	assert_int_equal(setenv("BBK_TEST_B", "2", 1), 0);
	assert_int_equal(run("echo \"$A.$BBK_TEST_B\"", env), 0);
	miss_text(test_read(test_path("out")), "1.\n", "given");
	assert_int_equal(run("echo \"$A.$BBK_TEST_B\"", NULL), 0);
	miss_text(test_read(test_path("out")), ".2\n", "ours");
}

static void a_program_that_is_not_there_is_said_at_once(void **state)
{
	char *argv[] = { (char[]){ "x" }, NULL };
	const struct bbk_spawn spawn = { .program = "/nonexistent/x",
					 .argv = argv,
					 .streams = { -1, -1, -1 } };
	pid_t pid;

	(void)state;
	assert_int_equal(bbk_spawn(&pid, &spawn), ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_stream_goes_where_it_was_told_to),
		TEST(streams_that_are_not_given_are_ours),
		TEST(nothing_else_is_open_in_it),
		TEST(signals_are_as_usual_in_it),
		TEST(the_environment_is_ours_or_the_one_given),
		TEST(a_program_that_is_not_there_is_said_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
