#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/above.h"
#include "transport/help.h"

#define OFFER "echo key /k; echo known_hosts '\"/kh\"'\n" \
	      "echo pin SHA256:a; echo pin SHA256:b; echo offer\n"
#define SEEN "[h]:7999 ssh-ed25519 AAAA SHA256:a"
/* Notes one line that we say. */
#define LISTEN "read -r said; echo \"$said\" >>\"$HEARD\"\n"

/* A script in the place of `git-bbkey ensure`. */
static void start(struct bbk_help *help, const char *script)
{
	BBK_AUTO(strv) words = BBK_STRV_INIT;

	assert_int_equal(setenv("HEARD", test_path("heard"), 1), 0);
	test_write(test_path("heard"), "", 0600);
	bbk_strv_addl(&words, "sh", "-c", script, NULL);
	assert_int_equal(bbk_help_start(help, "/bin/sh", &words, "/a b/me%"),
			 0);
}

/* What ssh is run with at once, beside the helper. */
static void run_first(struct bbk_help *help, const char *key, const char *pin)
{
	BBK_AUTO(first) first = BBK_FIRST_INIT;

	bbk_replace(&first.key, key);
	bbk_replace(&first.known_hosts, "\"/kh\"");
	bbk_strv_add(&first.pins, pin);
	bbk_strv_add(&first.pins, "SHA256:b");
	assert_int_equal(bbk_help_prepare(help, &first), 0);
	assert_null(first.key);
}

static bool knock(struct bbk_help *help, const char *text)
{
	return help->knock.answer(&help->knock, text);
}

/* After the helper is gone, so that it has said and written all. */
static const char *heard(struct bbk_help *help)
{
	bbk_help_release(help);
	return test_read(test_path("heard"));
}

/* --- answers ---------------------------------------------------------- */

static void each_answer_is_understood(void **state)
{
	static const struct {
		const char *script;
		enum bbk_help_answer answer;
		int status;
	} rows[] = {
		{ "echo plain", BBK_HELP_PLAIN, 0 },
		{ "echo key /k; echo ready", BBK_HELP_READY, 0 },
		{ "echo fresh", BBK_HELP_FRESH, 0 },
		{ "echo over", BBK_HELP_OVER, 0 },
		{ "echo stop 6", BBK_HELP_STOP, 6 },
		{ "echo stop 255", BBK_HELP_STOP, 255 },
		{ "echo fresh; echo plain", BBK_HELP_FRESH, 0 },
		{ OFFER, BBK_HELP_OFFER, 0 },
		/* what is none */
		{ "exit 0", BBK_HELP_PLAIN, 0 },
		{ "kill -KILL $$", BBK_HELP_PLAIN, 0 },
		{ "printf ready", BBK_HELP_PLAIN, 0 },
		{ "echo; echo; echo", BBK_HELP_PLAIN, 0 },
		{ "echo READY; echo ' ready'; echo readyx", BBK_HELP_PLAIN,
		  0 },
		{ "echo what is this; echo fresh", BBK_HELP_FRESH, 0 },
		{ "printf 'a\\000b\\nfresh\\n'", BBK_HELP_FRESH, 0 },
		{ "printf '\\377\\033[1m\\nfresh\\n'", BBK_HELP_FRESH, 0 },
		{ "printf 'ready\\r\\n'", BBK_HELP_PLAIN, 0 },
		{ "printf 'x %09999d\\nfresh\\n' 1", BBK_HELP_FRESH, 0 },
		{ "printf 'x %070000d\\nfresh\\n' 1", BBK_HELP_PLAIN, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(help) help = BBK_HELP_INIT;
		enum bbk_help_answer answer;

		start(&help, rows[i].script);
		answer = bbk_help_hear(&help);
		if (answer != rows[i].answer ||
		    (rows[i].status && help.status != rows[i].status))
			miss("%s: %d, status %d", rows[i].script, (int)answer,
			     help.status);
	}
}

static void a_status_that_is_none_does_not_look_like_success(void **state)
{
	static const char *const scripts[] = {
		"echo stop", "echo stop 0", "echo stop 256", "echo stop -1",
		"echo stop x", "echo 'stop 6 '",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(scripts); i++) {
		BBK_AUTO(help) help = BBK_HELP_INIT;

		start(&help, scripts[i]);
		if (bbk_help_hear(&help) == BBK_HELP_STOP && !help.status)
			miss("%s: git would take it for success", scripts[i]);
	}
}

static void an_offer_says_what_to_run_ssh_with(void **state)
{
	BBK_AUTO(help) help = BBK_HELP_INIT;

	(void)state;
	start(&help, "echo agent yes\n" OFFER);
	assert_int_equal(bbk_help_hear(&help), BBK_HELP_OFFER);
	assert_int_equal(bbk_help_prepare(&help, NULL), 0);
	miss_text(help.record.key, "/k", "key");
	miss_text(help.record.known_hosts, "\"/kh\"", "known hosts");
	assert_true(help.record.agent);
	/* in quotes, and its '%' doubled; the nonce is what it is */
	assert_true(bbk_begins(help.gate, "\"/a b/me%%\" --gate "));
	assert_true(bbk_ends(help.gate, " %I %H %t %K %f SHA256:a SHA256:b"));
}

static void an_offer_that_lacks_something_is_none(void **state)
{
	static const char *const scripts[] = {
		"echo offer", "echo key /k; echo offer",
		"echo pin SHA256:a; echo offer",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(scripts); i++) {
		BBK_AUTO(help) help = BBK_HELP_INIT;

		start(&help, scripts[i]);
		assert_int_equal(bbk_help_hear(&help), BBK_HELP_OFFER);
		if (bbk_help_prepare(&help, NULL) != -1)
			miss("%s is taken", scripts[i]);
	}
}

static void no_two_gates_have_the_same_nonce(void **state)
{
	BBK_AUTO(help) help = BBK_HELP_INIT;
	char *begin;

	(void)state;
	start(&help, "exit 0");
	run_first(&help, "/k", "SHA256:a");
	begin = bbk_strdup(help.begin);
	run_first(&help, "/k", "SHA256:a");
	assert_int_equal(strlen(begin), strlen("git-bbkey gate ") + 33);
	assert_string_not_equal(begin, help.begin);
	free(begin);
}

/* --- at the gate ------------------------------------------------------ */

static void a_pinned_key_goes_on_once_ours_is_registered(void **state)
{
	BBK_AUTO(help) help = BBK_HELP_INIT;

	(void)state;
	start(&help, OFFER LISTEN "echo fresh");
	assert_int_equal(bbk_help_hear(&help), BBK_HELP_OFFER);
	assert_int_equal(bbk_help_prepare(&help, NULL), 0);
	assert_true(knock(&help, "yes " SEEN));
	assert_int_equal(bbk_help_after(&help, ""), BBK_HELP_FRESH);
	miss_text(heard(&help), "seen " SEEN "\n", "heard");
}

static void a_key_that_is_not_registered_does_not_go_on(void **state)
{
	static const struct {
		const char *script;
		enum bbk_help_answer answer;
	} rows[] = { { OFFER LISTEN "echo stop 6", BBK_HELP_STOP },
		     { OFFER LISTEN "echo plain", BBK_HELP_PLAIN },
		     { OFFER LISTEN "echo over", BBK_HELP_OVER },
		     { OFFER LISTEN, BBK_HELP_PLAIN },
		     { OFFER, BBK_HELP_PLAIN } };

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(help) help = BBK_HELP_INIT;

		start(&help, rows[i].script);
		(void)bbk_help_hear(&help);
		assert_int_equal(bbk_help_prepare(&help, NULL), 0);
		if (knock(&help, "yes " SEEN))
			miss("row %zu goes on", i);
		if (i < 4 && bbk_help_after(&help, "") != rows[i].answer)
			miss("row %zu: %d", i, (int)help.answer);
	}
}

static void another_host_key_is_looked_into(void **state)
{
	BBK_AUTO(help) help = BBK_HELP_INIT;

	(void)state;
	start(&help, OFFER LISTEN "echo stop 6");
	assert_int_equal(bbk_help_hear(&help), BBK_HELP_OFFER);
	assert_int_equal(bbk_help_prepare(&help, NULL), 0);
	assert_false(knock(&help, "no " SEEN));
	assert_int_equal(bbk_help_after(&help, "Host key failed\n"),
			 BBK_HELP_STOP);
	assert_int_equal(help.status, 6);
	miss_text(heard(&help), "other " SEEN "\n", "heard");
}

static void an_ssh_that_never_came_tells_its_last_line(void **state)
{
	BBK_AUTO(help) help = BBK_HELP_INIT;

	(void)state;
	start(&help, OFFER LISTEN "echo over");
	assert_int_equal(bbk_help_hear(&help), BBK_HELP_OFFER);
	assert_int_equal(bbk_help_prepare(&help, NULL), 0);
	assert_int_equal(bbk_help_after(&help, "ssh: refused\r\nfresh\n"),
			 BBK_HELP_OVER);
	miss_text(heard(&help), "failed ssh: refused\n", "heard");
}

static void an_ssh_that_was_stopped_ends_the_talk(void **state)
{
	BBK_AUTO(help) help = BBK_HELP_INIT;

	(void)state;
	start(&help, OFFER "read -r said || echo over");
	assert_int_equal(bbk_help_hear(&help), BBK_HELP_OFFER);
	assert_int_equal(bbk_help_prepare(&help, NULL), 0);
	assert_int_equal(bbk_help_after(&help, ""), BBK_HELP_OVER);
}

static void strange_words_at_the_gate_let_nobody_through(void **state)
{
	static const char *const texts[] = { "", "yes", "Yes " SEEN, "yesno",
					     "maybe " SEEN };
	BBK_AUTO(help) help = BBK_HELP_INIT;

	(void)state;
	start(&help, OFFER "read -r said || echo plain");
	assert_int_equal(bbk_help_hear(&help), BBK_HELP_OFFER);
	assert_int_equal(bbk_help_prepare(&help, NULL), 0);
	for (size_t i = 0; i < ROWS(texts); i++)
		if (knock(&help, texts[i]))
			miss("'%s' goes on", texts[i]);
}

/* --- beside the helper ------------------------------------------------ */

static void what_ssh_runs_with_must_be_what_is_offered(void **state)
{
	static const struct {
		const char *row, *key, *pin, *script;
		bool on, stale;
	} rows[] = {
		{ "the same", "/k", "SHA256:a", OFFER LISTEN "echo fresh",
		  true, false },
		{ "another key", "/old", "SHA256:a", OFFER, false, true },
		{ "another pin", "/k", "SHA256:x", OFFER, false, true },
		{ "with the agent", "/k", "SHA256:a",
		  "echo agent yes\n" OFFER, false, true },
		{ "a pin more", "/k", "SHA256:a",
		  "echo pin SHA256:a; echo pin SHA256:b; echo pin SHA256:c\n"
		  "echo key /k; echo known_hosts '\"/kh\"'; echo offer", false,
		  true },
		{ "other known hosts", "/k", "SHA256:a",
		  "echo pin SHA256:a; echo pin SHA256:b; echo key /k\n"
		  "echo known_hosts /other; echo offer", false, true },
		{ "on record", "/k", "SHA256:a", "echo key /k; echo ready",
		  true, false },
		{ "on record, not ours", "/k", "SHA256:a",
		  "echo key /other; echo ready", false, false },
		{ "on record, own keys", "/k", "SHA256:a", "echo ready",
		  false, false },
		{ "no", "/k", "SHA256:a", "echo plain", false, false },
		{ "stop", "/k", "SHA256:a", "echo stop 6", false, false },
		{ "nothing", "/k", "SHA256:a", "exit 0", false, false },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(help) help = BBK_HELP_INIT;

		start(&help, rows[i].script);
		run_first(&help, rows[i].key, rows[i].pin);
		if (knock(&help, "yes " SEEN) != rows[i].on)
			miss("%s: it %s", rows[i].row,
			     rows[i].on ? "does not go on" : "goes on");
		if (help.stale != rows[i].stale)
			miss("%s: stale is wrong", rows[i].row);
	}
}

static void a_stale_offer_is_run_once_more_with_the_new_key(void **state)
{
	BBK_AUTO(help) help = BBK_HELP_INIT;

	(void)state;
	start(&help, OFFER LISTEN "echo fresh");
	run_first(&help, "/old", "SHA256:a");
	assert_false(knock(&help, "yes " SEEN));
	assert_true(help.stale);
	assert_int_equal(bbk_help_prepare(&help, NULL), 0);
	assert_false(help.stale);
	miss_text(help.record.key, "/k", "key");
	assert_true(knock(&help, "yes " SEEN));
	miss_text(heard(&help), "seen " SEEN "\n", "heard");
}

static void a_helper_that_cannot_be_started_is_said(void **state)
{
	BBK_AUTO(help) help = BBK_HELP_INIT;
	BBK_AUTO(strv) words = BBK_STRV_INIT;

	(void)state;
	bbk_strv_add(&words, "x");
	assert_int_equal(bbk_help_start(&help, "/nonexistent/x", &words, "/x"),
			 -1);
}

/* --- a `git bbkey clone` above us --------------------------------------- */

enum fd { NOTHING, A_FILE, A_SOCKET };

/* What stands where the socket would be; returns the end above. */
static int set_above(enum fd what)
{
	int ends[2] = { -1, -1 };

	(void)close(BBK_ABOVE_FD);
	if (what == A_FILE) {
		ends[1] = open("/dev/null", O_RDWR | O_CLOEXEC);
		assert_int_not_equal(ends[1], -1);
	} else if (what == A_SOCKET) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	}
	if (ends[0] == BBK_ABOVE_FD) { /* it was the first one free */
		ends[0] = dup(ends[0]);
		assert_int_not_equal(ends[0], -1);
	}
	if (what != NOTHING && ends[1] != BBK_ABOVE_FD) {
		assert_int_equal(dup2(ends[1], BBK_ABOVE_FD), BBK_ABOVE_FD);
		(void)close(ends[1]);
	}
	return ends[0];
}

static void only_a_clone_of_this_place_is_listened_to(void **state)
{
	static const char offer[] = "key /k\nknown_hosts '/kh'\n"
				    "pin SHA256:a\noffer\n";
	static const struct {
		const char *variable;
		enum fd fd;
		const char *says;
		bool heard;
		enum bbk_help_answer answer; /* then */
	} rows[] = {
		{ "bb.example.com:7999/proj/app", A_SOCKET, offer, true,
		  BBK_HELP_OFFER },
		{ "bb.example.com:7999/proj/other", A_SOCKET, offer, false,
		  BBK_HELP_PLAIN },
		{ "bb.example.com:22/proj/app", A_SOCKET, offer, false,
		  BBK_HELP_PLAIN },
		{ "", A_SOCKET, offer, false, BBK_HELP_PLAIN },
		{ NULL, A_SOCKET, offer, false, BBK_HELP_PLAIN },
		{ "bb.example.com:7999/proj/app", A_FILE, "", false,
		  BBK_HELP_PLAIN },
		{ "bb.example.com:7999/proj/app", NOTHING, "", false,
		  BBK_HELP_PLAIN },
		{ "bb.example.com:7999/proj/app", A_SOCKET, "", true,
		  BBK_HELP_STOP },
		{ "bb.example.com:7999/proj/app", A_SOCKET, "plain\n", true,
		  BBK_HELP_STOP },
		{ "bb.example.com:7999/proj/app", A_SOCKET, "HTTP/1.1 200\n",
		  true, BBK_HELP_STOP },
	};
	const struct bbk_place place = { "bb.example.com", 7999, "PROJ",
					 "app", NULL };
	int before = fcntl(BBK_ABOVE_FD, F_DUPFD_CLOEXEC, 10);

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(help) help = BBK_HELP_INIT;
		int end = set_above(rows[i].fd);
		char *above;

		if (end >= 0) {
			assert_int_equal(write(end, rows[i].says,
					       strlen(rows[i].says)),
					 strlen(rows[i].says));
			(void)shutdown(end, SHUT_WR);
		}
		if (rows[i].variable)
			assert_int_equal(setenv(BBK_ABOVE_VARIABLE,
						rows[i].variable, 1), 0);
		above = bbk_above_take();
		assert_null(getenv(BBK_ABOVE_VARIABLE));
		if (above && !(fcntl(BBK_ABOVE_FD, F_GETFD) & FD_CLOEXEC))
			miss("row %zu: children get the socket", i);
		if (bbk_help_above(&help, above, &place, "/me") !=
		    rows[i].heard)
			miss("row %zu: %s", i, rows[i].heard ?
			     "it is not heard" : "it is listened to");
		if (help.answer != rows[i].answer)
			miss("row %zu: answer %d", i, (int)help.answer);
		if (help.answer == BBK_HELP_OFFER)
			miss_text(help.offered.key, "/k", "key");
		free(above);
		(void)close(end); /* or help would wait for it */
	}
	(void)close(BBK_ABOVE_FD);
	if (before >= 0)
		(void)dup2(before, BBK_ABOVE_FD);
	(void)close(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_answer_is_understood),
		TEST(a_status_that_is_none_does_not_look_like_success),
		TEST(an_offer_says_what_to_run_ssh_with),
		TEST(an_offer_that_lacks_something_is_none),
		TEST(no_two_gates_have_the_same_nonce),
		TEST(a_pinned_key_goes_on_once_ours_is_registered),
		TEST(a_key_that_is_not_registered_does_not_go_on),
		TEST(another_host_key_is_looked_into),
		TEST(an_ssh_that_never_came_tells_its_last_line),
		TEST(an_ssh_that_was_stopped_ends_the_talk),
		TEST(strange_words_at_the_gate_let_nobody_through),
		TEST(what_ssh_runs_with_must_be_what_is_offered),
		TEST(a_stale_offer_is_run_once_more_with_the_new_key),
		TEST(a_helper_that_cannot_be_started_is_said),
		TEST(only_a_clone_of_this_place_is_listened_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
