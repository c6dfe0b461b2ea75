#include "transport/hostkey.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

/* Of argv, behind "--host-key" or the nonce. */
enum { REASON, NAME, TYPE, BLOB, FINGERPRINT, PINS };

static int print(int fd, const struct bbk_str *line)
{
	return bbk_write_all(fd, line->s, line->len);
}

static void add_key(struct bbk_str *out, char *const *words)
{
	bbk_str_addf(out, "%s %s %s", words[NAME], words[TYPE], words[BLOB]);
}

/* Before the key exchange ssh asks for the types that it may prefer. */
static bool is_key(char *const *words)
{
	return strcmp(words[REASON], "ORDER") != 0;
}

static bool is_pinned(int argc, char *const *words)
{
	for (int i = PINS; i < argc; i++)
		if (!strcmp(words[i], words[FINGERPRINT]))
			return true;
	return false;
}

static int vouch(char *const *words)
{
	BBK_AUTO(str) known = BBK_STR_INIT;

	add_key(&known, words);
	bbk_str_addc(&known, '\n');
	return print(STDOUT_FILENO, &known) < 0 ? 1 : 0;
}

static int say(const char *begin, char *const *words)
{
	BBK_AUTO(str) seen = BBK_STR_INIT;

	bbk_str_add(&seen, begin);
	add_key(&seen, words);
	bbk_str_addf(&seen, " %s\n", words[FINGERPRINT]);
	return print(STDERR_FILENO, &seen);
}

int bbk_hostkey_answer(int argc, char *const *argv)
{
	char *const *words = argv + 2;

	if (argc < 2 + PINS)
		return 1;
	if (!is_key(words))
		return 0;
	if (say("git-bbkey host key: ", words) < 0)
		return 1;
	return is_pinned(argc - 2, words) ? vouch(words) : 0;
}

/* A terminal would be somebody's keyboard, a pipe would never say a word. */
static bool is_let_through(void)
{
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLIN };
	struct stat st;
	char c = 0;
	ssize_t n;

	if (fstat(STDERR_FILENO, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	do {
		(void)poll(&fd, 1, -1);
		n = read(STDERR_FILENO, &c, 1);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	return n == 1 && c == '+';
}

int bbk_hostkey_gate(int argc, char *const *argv)
{
	char *const *words = argv + 3;
	char *begin;
	int rc;

	if (argc < 3 + PINS)
		return 1;
	if (!is_key(words))
		return 0;
	begin = bbk_strf(BBK_GATE_SAYS "%s %s ", argv[2],
			 is_pinned(argc - 3, words) ? "yes" : "no");
	rc = say(begin, words);
	free(begin);
	if (rc < 0 || !is_let_through())
		return 1;
	return vouch(words);
}
