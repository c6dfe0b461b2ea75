#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "transport/hostkey.h"

#define FP "SHA256:abc"

/* Runs it with standard output in a file; its text. */
static const char *answer(int *status, const char *reason, const char *pin)
{
	char *argv[] = { (char[]){ "x" }, (char[]){ "--host-key" },
			 (char *)(uintptr_t)reason, (char[]){ "[h]:7999" },
			 (char[]){ "ssh-ed25519" }, (char[]){ "AAAA" },
			 (char[]){ FP }, (char *)(uintptr_t)pin, NULL };
	int saved = dup(1), saved_err = dup(2);
	int fd = open(test_path("out"), O_RDWR | O_CREAT | O_TRUNC, 0600);

	int seen = open(test_path("seen"), O_RDWR | O_CREAT | O_TRUNC, 0600);

	fflush(stdout);
	dup2(fd, 1);
	dup2(seen, 2);
	*status = bbk_hostkey_answer(pin ? 8 : 7, argv);
	dup2(saved, 1);
	dup2(saved_err, 2);
	close(saved);
	close(saved_err);
	close(seen);
	close(fd);
	return test_read(test_path("out"));
}

static void only_a_pinned_key_is_vouched_for(void **state)
{
	int status;

	(void)state;
	assert_string_equal(answer(&status, "HOSTNAME", FP),
			    "[h]:7999 ssh-ed25519 AAAA\n");
	assert_int_equal(status, 0);
	assert_string_equal(answer(&status, "HOSTNAME", "SHA256:abd"), "");
	assert_int_equal(status, 0);
	assert_string_equal(answer(&status, "HOSTNAME", "SHA256:ab"), "");
	assert_string_equal(answer(&status, "HOSTNAME", NULL), "");
	assert_string_equal(test_read(test_path("seen")),
			    "git-bbkey host key: [h]:7999 ssh-ed25519 AAAA " FP
			    "\n");
	assert_string_equal(answer(&status, "ORDER", FP), "");
	assert_string_equal(test_read(test_path("seen")), "");
	assert_int_equal(status, 0);
}

static void too_few_arguments_are_an_error(void **state)
{
	char *argv[] = { (char[]){ "x" }, (char[]){ "--host-key" }, NULL };

	(void)state;
	assert_int_equal(bbk_hostkey_answer(2, argv), 1);
}

/* --- the gate --------------------------------------------------------- */

#define LINE "[h]:7999 ssh-ed25519 AAAA"

/* In a child: its standard error is a socket; we have the other end. */
static pid_t start_gate(int *our_end, const char *reason, const char *pin)
{
	char *argv[] = { (char[]){ "x" }, (char[]){ "--gate" },
			 (char[]){ "1f" }, (char *)(uintptr_t)reason,
			 (char[]){ "[h]:7999" }, (char[]){ "ssh-ed25519" },
			 (char[]){ "AAAA" }, (char[]){ FP },
			 (char *)(uintptr_t)pin, NULL };
	int ends[2];
	int out = open(test_path("out"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		alarm(20);
		dup2(out, 1);
		dup2(ends[1], 2);
		close(ends[0]);
		close(ends[1]);
		_exit(bbk_hostkey_gate(pin ? 9 : 8, argv));
	}
	close(out);
	close(ends[1]);
	*our_end = ends[0];
	return pid;
}

/* What it asks, up to the end of the line, or to its own end. */
static const char *asked(int fd)
{
	static char text[200];
	size_t len = 0;

	while (len < sizeof(text) - 1 && read(fd, text + len, 1) == 1)
		if (text[len++] == '\n')
			break;
	text[len] = '\0';
	return text;
}

static int status_of(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void the_gate_opens_for_a_plus_only(void **state)
{
	static const struct {
		const char *pin, *answer, *asks, *prints;
		int status;
	} rows[] = {
		{ FP, "+", "git-bbkey gate 1f yes " LINE " " FP "\n",
		  LINE "\n", 0 },
		{ FP, "", "git-bbkey gate 1f yes " LINE " " FP "\n", "", 1 },
		{ FP, "-+", "git-bbkey gate 1f yes " LINE " " FP "\n", "",
		  1 },
		{ "SHA256:x", "", "git-bbkey gate 1f no " LINE " " FP "\n",
		  "", 1 },
		{ NULL, "", "git-bbkey gate 1f no " LINE " " FP "\n", "",
		  1 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		int fd, status;
		pid_t pid = start_gate(&fd, "HOSTNAME", rows[i].pin);

		miss_text(asked(fd), rows[i].asks, "asks");
		assert_int_equal(write(fd, rows[i].answer,
				       strlen(rows[i].answer)),
				 strlen(rows[i].answer));
		close(fd); /* the end of it, where there was no answer */
		status = status_of(pid);
		if (status != rows[i].status)
			miss("row %zu: status %d", i, status);
		miss_text(test_read(test_path("out")), rows[i].prints,
			  "prints");
	}
}

static void nothing_is_printed_before_the_gate_opens(void **state)
{
	int fd;
	pid_t pid = start_gate(&fd, "HOSTNAME", FP);

	(void)state;
	(void)asked(fd);
	miss_text(test_read(test_path("out")), "", "before");
	assert_int_equal(write(fd, "+", 1), 1);
	assert_int_equal(status_of(pid), 0);
	miss_text(test_read(test_path("out")), LINE "\n", "afterwards");
	close(fd);
}

static void an_order_asks_nobody(void **state)
{
	int fd;
	pid_t pid = start_gate(&fd, "ORDER", FP);

	(void)state;
	miss_text(asked(fd), "", "asks");
	assert_int_equal(status_of(pid), 0);
	miss_text(test_read(test_path("out")), "", "prints");
	close(fd);
}

static void a_gate_with_too_few_arguments_is_an_error(void **state)
{
	char *argv[] = { (char[]){ "x" }, (char[]){ "--gate" },
			 (char[]){ "1f" }, (char[]){ "HOSTNAME" }, NULL };

	(void)state;
	assert_int_equal(bbk_hostkey_gate(4, argv), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_a_pinned_key_is_vouched_for),
		TEST(too_few_arguments_are_an_error),
		TEST(the_gate_opens_for_a_plus_only),
		TEST(nothing_is_printed_before_the_gate_opens),
		TEST(an_order_asks_nobody),
		TEST(a_gate_with_too_few_arguments_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
