#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "transport/watch.h"

#define DENIED "git@h: Permission denied (publickey)."
#define KNOCK "knock 1f "
#define LIMIT_S 20 /* for what would else wait for ever */

/* A script in the place of ssh; what comes through goes into "said". */
static void run(struct bbk_watch *watch, const char *script,
		struct bbk_knock *knock)
{
	BBK_AUTO(ssh_line) line = BBK_SSH_LINE_INIT;
	int saved = dup(2);
	int said = open(test_path("said"),
			O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);

	line.program = bbk_strdup("/bin/sh");
	bbk_strv_addl(&line.argv, "sh", "-c", script, NULL);
	fflush(stderr);
	dup2(said, 2);
	close(said);
	bbk_watch_run(watch, &line, knock);
	dup2(saved, 2);
	close(saved);
}

static const char *said(void)
{
	return test_read(test_path("said"));
}

/* --- words ------------------------------------------------------------ */

static void words_count_only_with_the_right_status(void **state)
{
	static const struct {
		const char *line;
		int status;
		enum bbk_words words;
	} rows[] = {
		{ DENIED, 255, BBK_WORDS_DENIED },
		{ "no such identity: /k: No such file", 255,
		  BBK_WORDS_DENIED },
		{ "kex_exchange_identification: Connection reset by peer", 255,
		  BBK_WORDS_DROPPED },
		{ "Repository not found", 255, BBK_WORDS_NO_ACCESS },
		{ "Repository not found", 1, BBK_WORDS_NO_ACCESS },
		{ "fatal: repository does not exist", 128,
		  BBK_WORDS_NO_ACCESS },
		{ "The requested repository either does not exist or", 1,
		  BBK_WORDS_NO_ACCESS },
		{ "repository access denied.", 1, BBK_WORDS_NO_ACCESS },
		{ DENIED, 1, BBK_WORDS_OTHER },
		{ DENIED, 0, BBK_WORDS_OTHER },
		{ DENIED, 254, BBK_WORDS_OTHER },
		{ "Repository not found", 0, BBK_WORDS_OTHER },
		{ "kex_exchange_identification: x", 1, BBK_WORDS_OTHER },
		{ "x: kex_exchange_identification: x", 255, BBK_WORDS_OTHER },
		{ "Permission denied (password).", 255, BBK_WORDS_OTHER },
		{ "Permission denied (publickey).", 255, BBK_WORDS_OTHER },
		{ "/k: Permission denied", 255, BBK_WORDS_OTHER },
		{ "Connection refused", 255, BBK_WORDS_OTHER },
		{ "", 255, BBK_WORDS_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(watch) watch = BBK_WATCH_INIT;
		char *script = bbk_strf("echo '%s' >&2; exit %d",
					rows[i].line, rows[i].status);

		run(&watch, script, NULL);
		if (watch.words != rows[i].words)
			miss("'%s' and %d: %d", rows[i].line, rows[i].status,
			     (int)watch.words);
		if (watch.status != rows[i].status || watch.signal)
			miss("'%s': status %d", rows[i].line, watch.status);
		free(script);
	}
}

static void what_follows_the_words_is_held_back_with_them(void **state)
{
	BBK_AUTO(watch) watch = BBK_WATCH_INIT;

	(void)state;
	run(&watch, "echo before >&2; echo '" DENIED "' >&2\n"
		    "echo after >&2; printf rest >&2; exit 255", NULL);
	miss_text(said(), "before\n", "at once");
	miss_text(bbk_str_get(&watch.held), DENIED "\nafter\nrest", "held");
	miss_text(bbk_str_get(&watch.last), "rest", "the last line");
}

static void the_first_words_count(void **state)
{
	BBK_AUTO(watch) watch = BBK_WATCH_INIT;

	(void)state;
	run(&watch, "echo 'Repository not found' >&2\n"
		    "echo '" DENIED "' >&2; exit 255", NULL);
	assert_int_equal(watch.words, BBK_WORDS_NO_ACCESS);
}

static void a_second_run_begins_anew(void **state)
{
	BBK_AUTO(watch) watch = BBK_WATCH_INIT;

	(void)state;
	run(&watch, "echo '" DENIED "' >&2; exit 255", NULL);
	assert_int_equal(watch.words, BBK_WORDS_DENIED);
	run(&watch, "exit 0", NULL);
	assert_int_equal(watch.words, BBK_WORDS_OTHER);
	assert_int_equal(watch.status, 0);
	miss_text(bbk_str_get(&watch.held), "", "held");
	miss_text(bbk_str_get(&watch.last), "", "the last line");
}

/* --- other lines ------------------------------------------------------ */

static void other_lines_come_through_byte_for_byte(void **state)
{
	static const char *const texts[] = {
		"a\\n", "a", "\\n\\n", "a\\r\\nb\\r\\n", "10%%\\r20%%\\rdone",
		"\\033[1mbold\\033[0m\\a\\001\\177\\377\\n", "  a\\t \\n b",
		"",
	};
	BBK_AUTO(watch) watch = BBK_WATCH_INIT;

	(void)state;
	for (size_t i = 0; i < ROWS(texts); i++) {
		char *script = bbk_strf("printf '%s' >\"$WANT\"\n"
					"cat \"$WANT\" >&2", texts[i]);

		assert_int_equal(setenv("WANT", test_path("want"), 1), 0);
		run(&watch, script, NULL);
		miss_text(said(), test_read(test_path("want")), texts[i]);
		free(script);
	}
}

static void the_last_line_is_kept_whatever_ends_it(void **state)
{
	static const struct {
		const char *text, *last;
	} rows[] = { { "a\\nb\\n", "b\n" },	   { "a\\nbc", "bc" },
		     { "a\\r\\nb\\r\\n", "b\r" },   { "a\\n\\n\\n", "a\n" },
		     { "a\\rb\\r", "b\r" },	   { "", "" } };
	BBK_AUTO(watch) watch = BBK_WATCH_INIT;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char *script = bbk_strf("printf '%s' >&2", rows[i].text);

		run(&watch, script, NULL);
		miss_text(bbk_str_get(&watch.last), rows[i].last,
			  rows[i].text);
		free(script);
	}
}

static void words_are_seen_before_a_carriage_return(void **state)
{
	BBK_AUTO(watch) watch = BBK_WATCH_INIT;

	(void)state;
	run(&watch, "printf 'x\\r\\n" DENIED "\\r\\n' >&2; exit 255", NULL);
	assert_int_equal(watch.words, BBK_WORDS_DENIED);
	miss_text(bbk_str_get(&watch.held), DENIED "\r\n", "held");
	miss_text(said(), "x\r\n", "at once");
}

static void a_line_of_10_kB_comes_through_whole(void **state)
{
	BBK_AUTO(watch) watch = BBK_WATCH_INIT;
	const char *text;

	(void)state;
	run(&watch, "printf '%010000d\\nend\\n' 7 >&2", NULL);
	text = said();
	assert_int_equal(strlen(text), 10005);
	assert_int_equal(strspn(text, "0"), 9999);
	miss_text(text + 9999, "7\nend\n", "its end");
}

static void words_behind_a_long_line_are_seen(void **state)
{
	BBK_AUTO(watch) watch = BBK_WATCH_INIT;

	(void)state;
	run(&watch, "printf '%010000d\\n" DENIED "\\n' 7 >&2; exit 255",
	    NULL);
	assert_int_equal(watch.words, BBK_WORDS_DENIED);
	miss_text(bbk_str_get(&watch.held), DENIED "\n", "held");
}

/* --- at once ---------------------------------------------------------- */

static const char *echoing;

/*
 * What comes through goes back to the script, as its standard input: it would
 * wait for ever for a line that is held.
 */
static void run_in_a_circle(void)
{
	BBK_AUTO(watch) watch = BBK_WATCH_INIT;
	BBK_AUTO(ssh_line) line = BBK_SSH_LINE_INIT;
	int circle[2];

	if (pipe(circle) < 0)
		_exit(1);
	dup2(circle[0], 0);
	dup2(circle[1], 2);
	line.program = bbk_strdup("/bin/sh");
	bbk_strv_addl(&line.argv, "sh", "-c", echoing, NULL);
	bbk_watch_run(&watch, &line, NULL);
	_exit(watch.status);
}

static void a_line_is_not_held_until_the_end(void **state)
{
	(void)state;
	echoing = "echo first >&2; read got; [ \"$got\" = first ] || exit 1\n"
		  "echo second >&2; read got; [ \"$got\" = second ]";
	assert_true(test_ends_within(LIMIT_S, run_in_a_circle));
}

static void a_prompt_without_a_line_end_is_not_held(void **state)
{
	(void)state;
	echoing = "printf 'password: ' >&2\n"
		  "got=$(dd bs=1 count=10 2>/dev/null; echo x)\n"
		  "[ \"$got\" = 'password: x' ]";
	assert_true(test_ends_within(LIMIT_S, run_in_a_circle));
}

static void run_beside_a_grandchild(void)
{
	BBK_AUTO(watch) watch = BBK_WATCH_INIT;
	int alive[2];

	if (pipe(alive) < 0)
		_exit(1);
	dup2(alive[0], 0); /* it lives as long as we do */
	run(&watch, "exec 3<&0; cat <&3 >/dev/null & echo last >&2; exit 3",
	    NULL);
	_exit(watch.status == 3 && !strcmp(said(), "last\n") ? 0 : 1);
}

static void a_grandchild_that_keeps_it_open_does_not_hang_us(void **state)
{
	(void)state;
	(void)test_dir();
	assert_true(test_ends_within(LIMIT_S, run_beside_a_grandchild));
}

/* --- a knock ---------------------------------------------------------- */

struct porter {
	struct bbk_knock knock;
	bool answer;
	char *heard;
	int times;
};

static bool open_door(struct bbk_knock *knock, const char *text)
{
	struct porter *porter = (struct porter *)knock;

	bbk_replace(&porter->heard, text);
	porter->times++;
	return porter->answer;
}

static void knock_with(struct porter *porter, struct bbk_watch *watch,
		       const char *script)
{
	run(watch, script, &porter->knock);
}

/* Standard error is a socket: the answer comes out of it. */
#define ASK "echo before >&2; echo '" KNOCK "yes k' >&2\n" \
	    "got=$(dd bs=1 count=1 <&2 2>/dev/null)\n" \
	    "echo \"got $got\" >&2; exit 5"

static void who_knocks_is_let_through(void **state)
{
	BBK_AUTO(watch) watch = BBK_WATCH_INIT;
	struct porter porter = { { KNOCK, open_door, 0 }, true, NULL, 0 };

	(void)state;
	knock_with(&porter, &watch, ASK);
	assert_int_equal(watch.status, 5);
	assert_false(watch.killed);
	miss_text(porter.heard, "yes k", "heard");
	assert_int_equal(porter.times, 1);
	miss_text(said(), "before\ngot +\n", "said");
	free(porter.heard);
}

static void who_is_turned_away_is_killed(void **state)
{
	BBK_AUTO(watch) watch = BBK_WATCH_INIT;
	struct porter porter = { { KNOCK, open_door, 0 }, false, NULL, 0 };

	(void)state;
	knock_with(&porter, &watch, ASK);
	assert_true(watch.killed);
	assert_int_equal(watch.signal, SIGTERM);
	assert_int_equal(watch.words, BBK_WORDS_OTHER);
	miss_text(said(), "before\n", "said");
	free(porter.heard);
}

/* Somebody above us who may call it off; until then ssh is not heard. */
static void who_is_not_waited_for_any_more_is_killed(void **state)
{
	static const struct {
		const char *says; /* NULL: it is gone */
		const char *script;
		bool killed;
		const char *said;
	} rows[] = {
		{ NULL, "echo a banner >&2; exec sleep 20", true, "" },
		{ "stop 1", "echo a banner >&2; exec sleep 20", true, "" },
		{ "", ASK, false, "before\ngot +\n" },
		{ "", "echo no route >&2; exit 255", false, "" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(watch) watch = BBK_WATCH_INIT;
		struct porter porter = { { KNOCK, open_door, 0 }, true, NULL,
					 0 };
		int ends[2];

		assert_int_equal(pipe(ends), 0);
		porter.knock.over = ends[0];
		if (!rows[i].says)
			(void)close(ends[1]);
		else
			assert_int_equal(write(ends[1], rows[i].says,
					       strlen(rows[i].says)),
					 strlen(rows[i].says));
		knock_with(&porter, &watch, rows[i].script);
		if (watch.killed != rows[i].killed)
			miss("row %zu: killed %d", i, watch.killed);
		miss_text(said(), rows[i].said, "said");
		(void)close(ends[0]);
		if (rows[i].says)
			(void)close(ends[1]);
		free(porter.heard);
	}
}

static void only_the_beginning_of_a_line_knocks(void **state)
{
	BBK_AUTO(watch) watch = BBK_WATCH_INIT;
	struct porter porter = { { KNOCK, open_door, 0 }, false, NULL, 0 };

	(void)state;
	knock_with(&porter, &watch, "printf 'x " KNOCK "yes\\nknock 1e yes\\n"
				    "Knock 1f yes\\n' >&2");
	assert_int_equal(porter.times, 0);
	assert_int_equal(watch.status, 0);
	miss_text(said(), "x " KNOCK "yes\nknock 1e yes\nKnock 1f yes\n",
		  "said");
}

/* --- signals ---------------------------------------------------------- */

static int status_of(const char *script)
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		BBK_AUTO(watch) watch = BBK_WATCH_INIT;
		BBK_AUTO(ssh_line) line = BBK_SSH_LINE_INIT;
		int said = open(test_path("said"),
				O_WRONLY | O_CREAT | O_TRUNC, 0600);

		alarm(LIMIT_S);
		dup2(said, 2);
		line.program = bbk_strdup("/bin/sh");
		bbk_strv_addl(&line.argv, "sh", "-c", script, NULL);
		bbk_watch_run(&watch, &line, NULL);
		bbk_watch_finish(&watch);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   128 + WTERMSIG(status);
}

static void a_signal_to_us_is_passed_on(void **state)
{
	static const struct {
		const char *name;
		int number;
	} rows[] = { { "INT", SIGINT }, { "TERM", SIGTERM },
		     { "HUP", SIGHUP }, { "QUIT", SIGQUIT } };

	(void)state;
	(void)test_dir();
	for (size_t i = 0; i < ROWS(rows); i++) {
		/* it takes the signal and ends in its own way; we do not */
		char *script = bbk_strf("trap 'echo got %s >&2; exit 9' %s\n"
					"kill -%s $PPID\ni=0\n"
					"while [ $i -lt 1000000 ]; do\n"
					"	i=$((i + 1))\n"
					"done", rows[i].name,
					rows[i].name, rows[i].name);
		char *want = bbk_strf("got %s\n", rows[i].name);
		int status = status_of(script);

		if (status != 128 + rows[i].number)
			miss("%s: %d", rows[i].name, status);
		miss_text(said(), want, rows[i].name);
		free(want);
		free(script);
	}
}

static void run_after_a_signal(void)
{
	BBK_AUTO(watch) watch = BBK_WATCH_INIT;

	run(&watch, "exit 255", NULL);
	(void)raise(SIGTERM);
	run(&watch, "echo once more >&2; exit 255", NULL);
	_exit(watch.signal == SIGTERM && !strcmp(said(), "") ? 0 : 1);
}

static void a_signal_between_two_runs_ends_it(void **state)
{
	(void)state;
	(void)test_dir();
	assert_true(test_ends_within(LIMIT_S, run_after_a_signal));
}

static void we_end_as_it_did(void **state)
{
	(void)state;
	(void)test_dir();
	assert_int_equal(status_of("exit 0"), 0);
	assert_int_equal(status_of("exit 254"), 254);
	assert_int_equal(status_of("kill -TERM $$"), 128 + SIGTERM);
	assert_int_equal(status_of("kill -KILL $$"), 128 + SIGKILL);
	assert_int_equal(status_of("echo '" DENIED "' >&2; exit 255"), 255);
	miss_text(said(), DENIED "\n", "what was held, at the end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(words_count_only_with_the_right_status),
		TEST(what_follows_the_words_is_held_back_with_them),
		TEST(the_first_words_count),
		TEST(a_second_run_begins_anew),
		TEST(other_lines_come_through_byte_for_byte),
		TEST(the_last_line_is_kept_whatever_ends_it),
		TEST(words_are_seen_before_a_carriage_return),
		TEST(a_line_of_10_kB_comes_through_whole),
		TEST(words_behind_a_long_line_are_seen),
		TEST(a_line_is_not_held_until_the_end),
		TEST(a_prompt_without_a_line_end_is_not_held),
		TEST(a_grandchild_that_keeps_it_open_does_not_hang_us),
		TEST(who_knocks_is_let_through),
		TEST(who_is_turned_away_is_killed),
		TEST(who_is_not_waited_for_any_more_is_killed),
		TEST(only_the_beginning_of_a_line_knocks),
		TEST(a_signal_to_us_is_passed_on),
		TEST(a_signal_between_two_runs_ends_it),
		TEST(we_end_as_it_did),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
