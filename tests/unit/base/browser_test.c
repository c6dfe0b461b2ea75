#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/browser.h"
#include "fakes.h"

#define PAGE "https://b.example/plugins/servlet/ssh/account/keys"

/* A program in that folder that writes down its arguments, a line each. */
static void have(const char *name, const char *ending)
{
	BBK_AUTO(str) script = BBK_STR_INIT;

	bbk_str_addf(&script, "#!/bin/sh\nprintf '%s\\n' \"$@\" >'%s'\n%s\n",
		     "%s", test_path("log"), ending);
	test_write(test_path(name), bbk_str_get(&script), 0755);
}

static void screen(const char *browser, const char *x11)
{
	(void)unlink(test_path("log"));
	(void)unlink(test_path("xdg-open"));
	(void)unlink(test_path("mine"));
	setenv("PATH", test_dir(), 1);
	setenv("DISPLAY", x11, 1);
	setenv("WAYLAND_DISPLAY", "", 1);
	if (browser)
		setenv("BROWSER", browser, 1);
	else
		unsetenv("BROWSER");
}

static void expect(const char *url, enum bbk_class class, const char *log,
		   const char *row)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	int rc = bbk_browser_open(url, &bbk_system_clock, &err);

	if (rc != (class ? -1 : 0))
		miss("%s: %d", row, rc);
	if (class == BBK_E_LOCAL && (!err.hint || !strstr(err.hint, PAGE)))
		miss("%s: the hint does not name the page", row);
	miss_class(&err, class, row);
	miss_text(test_read(test_path("log")), log, row);
}

#ifndef __APPLE__
static void the_persons_own_comes_first(void **state)
{
	(void)state;
	screen("mine", ":0");
	have("mine", "");
	have("xdg-open", "echo wrong >log");
	expect(PAGE, BBK_OK, PAGE "\n", "a name");
	screen(test_path("mine"), "");
	have("mine", "");
	expect(PAGE, BBK_OK, PAGE "\n", "a path, and no display");
	screen(NULL, ":0");
	have("xdg-open", "");
	expect(PAGE, BBK_OK, PAGE "\n", "none of their own");
	screen("mine -new:other", ":0");
	have("xdg-open", "");
	expect(PAGE, BBK_OK, PAGE "\n", "a list for xdg-open");
	screen("./mine", ":0");
	have("mine", "echo wrong >log");
	expect(PAGE, BBK_E_LOCAL, NULL, "a relative path is nobody's");
}

static void without_one_the_page_is_named(void **state)
{
	(void)state;
	screen(NULL, "");
	have("xdg-open", "");
	expect(PAGE, BBK_E_LOCAL, NULL, "no display");
	screen(NULL, ":0");
	expect(PAGE, BBK_E_LOCAL, NULL, "no program");
	have("xdg-open", "exit 3");
	expect(PAGE, BBK_E_LOCAL, PAGE "\n", "it fails");
}
#endif

static void only_a_plain_https_page_is_opened(void **state)
{
	static const struct {
		const char *url;
		enum bbk_class class;
	} rows[] = {
		{ "http://b.example/x", BBK_E_NOT_BITBUCKET },
		{ "ssh://git@b.example/x", BBK_E_NOT_BITBUCKET },
		{ "file:///etc/passwd", BBK_E_NOT_BITBUCKET },
		{ "javascript:alert(1)", BBK_E_NOT_BITBUCKET },
		{ "https://u@b.example/x", BBK_E_NOT_BITBUCKET },
		{ "https://u:p@b.example/x", BBK_E_NOT_BITBUCKET },
		{ "https://b.example/x;id", BBK_E_NOT_BITBUCKET },
		{ "https://b.example/$(id)", BBK_E_NOT_BITBUCKET },
		{ "https://b.example/x y", BBK_E_NOT_BITBUCKET },
		{ "https://b.example/\x1b", BBK_E_NOT_BITBUCKET },
		{ "--help", BBK_E_NOT_BITBUCKET },
		{ "", BBK_E_NOT_BITBUCKET },
	};

	(void)state;
	screen("mine", ":0");
	have("mine", "");
	for (size_t i = 0; i < ROWS(rows); i++)
		expect(rows[i].url, rows[i].class, NULL, rows[i].url);
}

static void what_is_opened_is_what_was_parsed(void **state)
{
	(void)state;
	screen("mine", ":0");
	have("mine", "");
	expect("https://B.Example:443/a/", BBK_OK, "https://b.example/a\n",
	       "rebuilt");
}

/* The clock is a fake: three seconds pass at once. */
static void a_browser_that_stays_is_left_to_itself(void **state)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	struct fake_clock fake;

	(void)state;
	screen("mine", ":0");
	have("mine", "exec /bin/sleep 20");
	fake_clock_init(&fake);
	assert_int_equal(bbk_browser_open(PAGE, &fake.clock, &err), 0);
	assert_in_range(fake.slept, 3000, 3100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifndef __APPLE__
		TEST(the_persons_own_comes_first),
		TEST(without_one_the_page_is_named),
#endif
		TEST(only_a_plain_https_page_is_opened),
		TEST(what_is_opened_is_what_was_parsed),
		TEST(a_browser_that_stays_is_left_to_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
