#include "base/browser.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/paths.h"
#include "base/process.h"
#include "base/spawn.h"
#include "base/url.h"

#define PATIENCE_MS 3000
#define POLL_MS 20

/* The URL as we write it, or class not-bitbucket. */
static int rebuild(struct bbk_str *out, const char *text, struct bbk_err *err)
{
	BBK_AUTO(url) url = BBK_URL_INIT;

	if (bbk_url_parse(&url, text, err) < 0)
		return -1;
	if (url.scheme != BBK_HTTPS || url.user || url.password)
		return bbk_err_set(err, BBK_E_NOT_BITBUCKET,
				   "only a plain https page is opened in the "
				   "browser");
	bbk_url_add(out, &url);
	return 0;
}

/* A list or a command line in $BROWSER is for xdg-open to understand. */
static char *persons_own(void)
{
	const char *name = getenv("BROWSER");

	if (!name || !*name)
		return NULL;
	if (name[0] == '/')
		return access(name, X_OK) == 0 ? bbk_strdup(name) : NULL;
	return strchr(name, '/') ? NULL : bbk_program_find(name);
}

static char *systems_own(void)
{
#ifdef __APPLE__
	return bbk_program_find("open");
#else
	const char *x11 = getenv("DISPLAY");
	const char *wayland = getenv("WAYLAND_DISPLAY");

	/* without one it would look for a browser on the terminal */
	return (x11 && *x11) || (wayland && *wayland) ?
		bbk_program_find("xdg-open") : NULL;
#endif
}

/* True where it ended well, or is still at it. */
static bool ends_well(pid_t pid, struct bbk_clock *clock)
{
	int64_t end = clock->now(clock) + PATIENCE_MS;
	int status = 0;

	while (!bbk_process_ended(pid, &status)) {
		if (clock->now(clock) >= end)
			return true;
		clock->sleep(clock, POLL_MS);
	}
	return !status;
}

static bool run(const char *program, char *url, struct bbk_clock *clock)
{
	int null = bbk_openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);
	char *name = bbk_strdup(program);
	char *const argv[] = { name, url, NULL };
	struct bbk_spawn spawn = { .program = program, .argv = argv,
				   .streams = { null, null, null } };
	pid_t pid;
	bool done = null >= 0 && bbk_spawn(&pid, &spawn) == 0;

	if (null >= 0)
		close(null);
	free(name);
	return done && ends_well(pid, clock);
}

int bbk_browser_open(const char *url, struct bbk_clock *clock,
		     struct bbk_err *err)
{
	BBK_AUTO(str) page = BBK_STR_INIT;
	char *program;
	bool done;

	if (rebuild(&page, url, err) < 0)
		return -1;
	program = persons_own();
	if (!program)
		program = systems_own();
	done = program && run(program, page.s, clock);
	if (!done) {
		bbk_err_set(err, BBK_E_LOCAL, program ?
			    "the browser could not be started" :
			    "there is no browser to open the page in");
		bbk_err_hint(err, "open it yourself: %s", page.s);
	}
	free(program);
	return done ? 0 : -1;
}
