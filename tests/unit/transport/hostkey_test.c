#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_a_pinned_key_is_vouched_for),
		TEST(too_few_arguments_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
