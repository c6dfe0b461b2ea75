#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clipboard.h"

/* A program on the PATH that writes down its arguments and its input. */
static void have(const char *name, const char *ending)
{
	BBK_AUTO(str) script = BBK_STR_INIT;

	bbk_str_addf(&script, "#!/bin/sh\n{ echo \"%s $*\"; cat; } >'%s'\n%s\n",
		     name, test_path("log"), ending);
	test_write(test_path(name), bbk_str_get(&script), 0755);
}

static void display(const char *x11, const char *wayland)
{
	(void)unlink(test_path("wl-copy"));
	(void)unlink(test_path("xclip"));
	(void)unlink(test_path("xsel"));
	(void)unlink(test_path("log"));
	/* cat is looked for after ours, and none of the real ones is there */
	test_write(test_path("cat"), "#!/bin/sh\nexec /bin/cat \"$@\"\n", 0755);
	setenv("PATH", test_dir(), 1);
	setenv("DISPLAY", x11, 1);
	setenv("WAYLAND_DISPLAY", wayland, 1);
	setenv("TERM", "dumb", 1);
}

/* Which program took it, and what it was told. */
static void expect(const char *program, const char *log)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	const char *took = "nobody";
	int rc = bbk_clipboard_put("a key", &took, &err);

	miss_class(&err, program ? BBK_OK : BBK_E_LOCAL, "the clipboard");
	if (rc != (program ? 0 : -1))
		miss("%d", rc);
	miss_text(took, program ? program : "nobody", "the program");
	miss_text(test_read(test_path("log")), log, "what it was told");
}

static void the_first_program_that_fits_the_screen_takes_it(void **state)
{
	(void)state;
	display("", "");
	have("wl-copy", "");
	have("xclip", "");
	expect(NULL, NULL);

	display(":0", "");
	have("wl-copy", "");
	have("xclip", "");
	have("xsel", "");
	expect("xclip", "xclip -selection clipboard\na key");

	display(":0", "wayland-0");
	have("wl-copy", "");
	have("xclip", "");
	expect("wl-copy", "wl-copy \na key");

	display(":0", "");
	have("xsel", "");
	expect("xsel", "xsel --clipboard --input\na key");
}

static void one_that_fails_is_passed_over(void **state)
{
	(void)state;
	display(":0", "wayland-0");
	have("wl-copy", "exit 1");
	have("xsel", "");
	expect("xsel", "xsel --clipboard --input\na key");

	display(":0", "");
	have("xclip", "kill -9 $$");
	expect(NULL, "xclip -selection clipboard\na key");
}

/* xclip stays, to hand the text out, and keeps its streams. */
static void run_one_that_stays(void)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	const char *took = NULL;

	if (bbk_clipboard_put("a key", &took, &err) < 0)
		_exit(1);
}

static void one_that_stays_behind_is_not_waited_for(void **state)
{
	(void)state;
	display(":0", "");
	have("xclip", "/bin/sleep 20 &");
	if (!test_ends_within(4, run_one_that_stays))
		miss("it was waited for");
}

static void the_current_folder_is_not_searched(void **state)
{
	char here[4096];

	(void)state;
	assert_non_null(getcwd(here, sizeof(here)));
	display(":0", "");
	have("xclip", "");
	setenv("PATH", ".::", 1);
	assert_int_equal(chdir(test_dir()), 0);
	expect(NULL, NULL);
	assert_int_equal(chdir(here), 0);
}

static void what_is_too_long_is_refused(void **state)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	const char *took = NULL;
	char *text = bbk_alloc(BBK_CLIPBOARD_MAX + 2);

	(void)state;
	display(":0", "");
	have("xclip", "");
	memset(text, 'x', BBK_CLIPBOARD_MAX + 1);
	assert_int_equal(bbk_clipboard_put(text, &took, &err), -1);
	miss_class(&err, BBK_E_LOCAL, "one byte too many");
	text[BBK_CLIPBOARD_MAX] = '\0';
	assert_int_equal(bbk_clipboard_put(text, &took, &err), 0);
	free(text);
}

static void the_terminal_is_asked_through_what_is_around_us(void **state)
{
	static const struct {
		const char *tmux, *sty, *want;
	} rows[] = {
		{ "", "", "\033]52;c;YSBrZXk=\a" },
		{ "/tmp/t,1,0", "", "\033]52;c;YSBrZXk=\a"
		  "\033Ptmux;\033\033]52;c;YSBrZXk=\a\033\\" },
		{ "", "1.pts", "\033P\033]52;c;YSBrZXk=\a\033\\" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(str) got = BBK_STR_INIT;

		setenv("TMUX", rows[i].tmux, 1);
		setenv("STY", rows[i].sty, 1);
		bbk_clipboard_ask_terminal(&got, "a key");
		miss_text(bbk_str_get(&got), rows[i].want, rows[i].want + 1);
	}
}

/* What screen hands on is what stands between its brackets. */
static void screen_gets_it_in_pieces_that_it_takes(void **state)
{
	BBK_AUTO(str) got = BBK_STR_INIT;
	BBK_AUTO(str) inside = BBK_STR_INIT;
	BBK_AUTO(str) want = BBK_STR_INIT;
	char text[601];
	const char *at;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[600] = '\0';
	setenv("TMUX", "", 1);
	setenv("STY", "", 1);
	bbk_clipboard_ask_terminal(&want, text);
	setenv("STY", "1.pts", 1);
	bbk_clipboard_ask_terminal(&got, text);
	for (at = bbk_str_get(&got); *at; at += 2) {
		const char *end = strstr(at, "\033\\");

		assert_true(bbk_begins(at, "\033P"));
		assert_non_null(end);
		if (end - at > 100)
			miss("a piece of %td bytes", end - at);
		bbk_str_addn(&inside, at + 2, (size_t)(end - at) - 2);
		at = end;
	}
	miss_text(bbk_str_get(&inside), bbk_str_get(&want), "put together");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_program_that_fits_the_screen_takes_it),
		TEST(one_that_fails_is_passed_over),
		TEST(one_that_stays_behind_is_not_waited_for),
		TEST(the_current_folder_is_not_searched),
		TEST(what_is_too_long_is_refused),
		TEST(the_terminal_is_asked_through_what_is_around_us),
		TEST(screen_gets_it_in_pieces_that_it_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
