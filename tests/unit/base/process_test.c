#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "base/start.h"

static struct bbk_process shell(const char *script)
{
	struct bbk_process process = BBK_PROCESS_INIT;

	bbk_strv_addl(&process.argv, "/bin/sh", "-c", script, NULL);
	process.out_max = process.err_max = 100;
	process.deadline_ms = 5000;
	return process;
}

static void both_streams_and_the_status_come_back(void **state)
{
	BBK_AUTO(process) p = shell("cat; echo oops >&2; exit 7");
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	p.input = "hello";
	p.input_len = 5;
	assert_int_equal(bbk_process_run(&p, &err), 0);
	assert_string_equal(bbk_str_get(&p.out), "hello");
	assert_string_equal(bbk_str_get(&p.err), "oops\n");
	assert_int_equal(p.status, 7);
	assert_false(p.timed_out);
}

static void output_beyond_the_cap_is_read_and_dropped(void **state)
{
	BBK_AUTO(process) p = shell("head -c 1000000 /dev/zero; exit 3");
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	assert_int_equal(bbk_process_run(&p, &err), 0);
	assert_int_equal(p.out.len, 100);
	assert_int_equal(p.status, 3);
}

static void the_deadline_kills(void **state)
{
	BBK_AUTO(process) p = shell("trap '' TERM; while :; do :; done");
	BBK_AUTO(err) err = BBK_ERR_INIT;
	int64_t start = bbk_system_clock.now(&bbk_system_clock);

	(void)state;
	p.deadline_ms = 200;
	assert_int_equal(bbk_process_run(&p, &err), 0);
	assert_true(p.timed_out);
	assert_int_equal(p.status, 128 + SIGKILL);
	assert_in_range(bbk_system_clock.now(&bbk_system_clock) - start, 200,
			2000);
}

static void a_grandchild_that_keeps_the_pipe_does_not_keep_us(void **state)
{
	BBK_AUTO(process) p = shell("sleep 20 & echo done");
	BBK_AUTO(err) err = BBK_ERR_INIT;
	int64_t start = bbk_system_clock.now(&bbk_system_clock);

	(void)state;
	assert_int_equal(bbk_process_run(&p, &err), 0);
	assert_string_equal(bbk_str_get(&p.out), "done\n");
	assert_in_range(bbk_system_clock.now(&bbk_system_clock) - start, 0,
			3000);
}

static void run_talkative(void)
{
	BBK_AUTO(process) p = shell("yes & exit 0");
	BBK_AUTO(err) err = BBK_ERR_INIT;

	p.deadline_ms = 500;
	if (bbk_process_run(&p, &err) < 0)
		_exit(1);
}

static void a_grandchild_that_never_stops_talking_is_left(void **state)
{
	(void)state;
	if (!test_ends_within(4, run_talkative))
		miss("it was listened to beyond the deadline");
}

static void run_large_input(void)
{
	BBK_AUTO(process) p = BBK_PROCESS_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	char *input = bbk_alloc(1 << 20);

	bbk_strv_addl(&p.argv, "/bin/sh", "-c",
		      "test \"$(wc -c)\" -eq 1048576", NULL);
	p.input = input;
	p.input_len = 1 << 20;
	if (bbk_process_run(&p, &err) < 0 || p.status)
		_exit(1);
	free(input);
}

static void a_large_input_reaches_a_child_that_prints_nothing(void **state)
{
	(void)state;
	if (!test_ends_within(4, run_large_input))
		miss("the child waits for input that never comes");
}

static void a_child_that_reads_nothing_does_not_kill_us(void **state)
{
	BBK_AUTO(process) p = shell("exec <&-; sleep 0.1; echo ok");
	BBK_AUTO(err) err = BBK_ERR_INIT;
	char *input = bbk_alloc(1 << 20);

	(void)state;
	p.input = input;
	p.input_len = 1 << 20;
	assert_int_equal(bbk_process_run(&p, &err), 0);
	assert_string_equal(bbk_str_get(&p.out), "ok\n");
	free(input);
}

static void only_the_three_streams_are_open_in_a_child(void **state)
{
	BBK_AUTO(process) p = shell("for fd in 3 4 5 6 7 8 9; do "
				    "(eval \": <&$fd\") 2>/dev/null && "
				    "echo $fd; done; exit 0");
	BBK_AUTO(err) err = BBK_ERR_INIT;
	int fd = open("/dev/null", O_RDONLY);

	(void)state;
	while (fd < 9)
		fd = dup(fd);
	assert_int_equal(bbk_process_run(&p, &err), 0);
	for (fd = 3; fd <= 9; fd++)
		close(fd);
	miss_text(bbk_str_get(&p.out), "", "open in the child");
}

static void the_environment_is_set_and_removed_by_whole_names(void **state)
{
	BBK_AUTO(process) p = shell("echo \"$A:$AB:${B-unset}:$C\"");
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	setenv("A", "old", 1);
	setenv("AB", "kept", 1);
	setenv("B", "gone", 1);
	bbk_strv_addl(&p.env, "A=new", "B", "C==", NULL);
	assert_int_equal(bbk_process_run(&p, &err), 0);
	assert_string_equal(bbk_str_get(&p.out), "new:kept:unset:=\n");
}

static void what_is_not_captured_goes_to_dev_null(void **state)
{
	BBK_AUTO(process) p = shell("cat; echo x; test ! -t 0");
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	p.out_max = 0;
	assert_int_equal(bbk_process_run(&p, &err), 0);
	assert_null(p.out.s);
	assert_int_equal(p.status, 0);
}

static void a_signal_is_128_and_its_number(void **state)
{
	BBK_AUTO(process) p = shell("kill -TERM $$");
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	assert_int_equal(bbk_process_run(&p, &err), 0);
	assert_int_equal(p.status, 128 + SIGTERM);
}

/* L16: a parent may have told us to ignore SIGCHLD. */
static void the_status_is_known_though_sigchld_is_ignored(void **state)
{
	BBK_AUTO(process) p = shell("exit 0");
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	bbk_start_streams(); /* every program's first call */
	assert_int_equal(bbk_process_run(&p, &err), 0);
	signal(SIGCHLD, SIG_DFL);
	if (p.status)
		miss("status %d of a child that succeeded", p.status);
}

static void a_program_that_cannot_be_started_is_an_error(void **state)
{
	BBK_AUTO(process) p = BBK_PROCESS_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	bbk_strv_add(&p.argv, "/nowhere/at/all");
	if (bbk_process_run(&p, &err) != -1)
		miss("0, with status %d", p.status);
	else
		miss_class(&err, BBK_E_LOCAL, "/nowhere/at/all");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_streams_and_the_status_come_back),
		TEST(output_beyond_the_cap_is_read_and_dropped),
		TEST(the_deadline_kills),
		TEST(a_grandchild_that_keeps_the_pipe_does_not_keep_us),
		TEST(a_grandchild_that_never_stops_talking_is_left),
		TEST(a_large_input_reaches_a_child_that_prints_nothing),
		TEST(a_child_that_reads_nothing_does_not_kill_us),
		TEST(only_the_three_streams_are_open_in_a_child),
		TEST(the_environment_is_set_and_removed_by_whole_names),
		TEST(what_is_not_captured_goes_to_dev_null),
		TEST(a_signal_is_128_and_its_number),
		TEST(the_status_is_known_though_sigchld_is_ignored),
		TEST(a_program_that_cannot_be_started_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
