#include "base/clipboard.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/paths.h"
#include "base/process.h"

#define PROGRAM_MS 5000
#define SCREEN_CHUNK 76 /* screen takes strings of 256 bytes at most */

static const struct way {
	const char *variable; /* that says that it would work; NULL: none */
	const char *argv[4];
} ways[] = {
#ifdef __APPLE__
	{ NULL, { "pbcopy" } },
#endif
	{ "WAYLAND_DISPLAY", { "wl-copy" } },
	{ "DISPLAY", { "xclip", "-selection", "clipboard" } },
	{ "DISPLAY", { "xsel", "--clipboard", "--input" } },
};

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value;
}

static bool put_by_program(const struct way *way, const char *text)
{
	BBK_AUTO(process) process = BBK_PROCESS_INIT;
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	char *program;

	if (way->variable && !is_set(way->variable))
		return false;
	program = bbk_program_find(way->argv[0]);
	if (!program)
		return false;
	bbk_strv_add(&process.argv, program);
	free(program);
	for (int i = 1; way->argv[i]; i++)
		bbk_strv_add(&process.argv, way->argv[i]);
	process.input = text;
	process.input_len = strlen(text);
	process.deadline_ms = PROGRAM_MS;
	return bbk_process_run(&process, &ignored) == 0 && !process.status;
}

/* --- the terminal -------------------------------------------------------- */

static void add_osc52(struct bbk_str *out, const char *escape,
		      const char *encoded)
{
	bbk_str_addf(out, "%s]52;c;%s\a", escape, encoded);
}

/* screen puts the pieces together again, and drops what is too long. */
static void add_for_screen(struct bbk_str *out, const char *encoded)
{
	size_t len = strlen(encoded);

	bbk_str_add(out, "\033P\033]52;c;");
	for (size_t i = 0; i < len; i += SCREEN_CHUNK)
		bbk_str_addf(out, "%s%.*s", i ? "\033\\\033P" : "",
			     SCREEN_CHUNK, encoded + i);
	bbk_str_add(out, "\a\033\\");
}

void bbk_clipboard_ask_terminal(struct bbk_str *out, const char *text)
{
	BBK_AUTO(str) encoded = BBK_STR_INIT;

	bbk_base64_padded(&encoded, text, strlen(text));
	if (is_set("TMUX")) {
		/* by its settings tmux takes the one, or lets the other by */
		add_osc52(out, "\033", bbk_str_get(&encoded));
		bbk_str_add(out, "\033Ptmux;");
		add_osc52(out, "\033\033", bbk_str_get(&encoded));
		bbk_str_add(out, "\033\\");
	} else if (is_set("STY")) {
		add_for_screen(out, bbk_str_get(&encoded));
	} else {
		add_osc52(out, "\033", bbk_str_get(&encoded));
	}
}

/* These show the sequence instead of obeying it. */
static bool terminal_is_simple(void)
{
	const char *term = getenv("TERM");

	return !term || !*term || !strcmp(term, "dumb") ||
	       !strcmp(term, "linux");
}

static bool put_by_terminal(const char *text)
{
	BBK_AUTO(str) bytes = BBK_STR_INIT;
	bool done;
	int fd;

	if (terminal_is_simple())
		return false;
	fd = bbk_openat(AT_FDCWD, "/dev/tty", O_WRONLY | O_CLOEXEC | O_NOCTTY,
			0);
	if (fd < 0)
		return false;
	bbk_clipboard_ask_terminal(&bytes, text);
	done = tcgetpgrp(fd) == getpgrp() && /* not in the background */
	       bbk_write_all(fd, bytes.s, bytes.len) == 0;
	close(fd);
	return done;
}

int bbk_clipboard_put(const char *text, const char **program,
		      struct bbk_err *err)
{
	if (strlen(text) > BBK_CLIPBOARD_MAX)
		return bbk_err_set(err, BBK_E_LOCAL,
				   "this is too long for the clipboard");
	for (size_t i = 0; i < BBK_ARRAY_LEN(ways); i++) {
		if (put_by_program(&ways[i], text)) {
			*program = ways[i].argv[0];
			return 0;
		}
	}
	if (put_by_terminal(text)) {
		*program = NULL;
		return 0;
	}
	bbk_err_set(err, BBK_E_LOCAL, "there is no clipboard to copy to");
	return bbk_err_hint(err, "copy the text by hand, or install "
				 "wl-clipboard, xclip or xsel");
}
