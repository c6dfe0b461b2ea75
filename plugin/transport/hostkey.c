#include "transport/hostkey.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

enum { SEEN = 2, REASON, NAME, TYPE, BLOB, FINGERPRINT, PINS };

static int write_seen(const char *path, const struct bbk_str *line)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);
	int rc = fd < 0 ? -1 : bbk_write_all(fd, line->s, line->len);

	if (fd >= 0)
		close(fd);
	return rc;
}

int bbk_hostkey_answer(int argc, char *const *argv)
{
	BBK_AUTO(str) line = BBK_STR_INIT;

	if (argc < PINS)
		return 1;
	if (!strcmp(argv[REASON], "ORDER")) /* there is no key yet */
		return 0;
	bbk_str_addf(&line, "%s %s %s", argv[NAME], argv[TYPE], argv[BLOB]);
	for (int i = PINS; i < argc; i++) {
		if (strcmp(argv[i], argv[FINGERPRINT]) != 0)
			continue;
		bbk_str_addc(&line, '\n');
		if (bbk_write_all(STDOUT_FILENO, line.s, line.len) < 0)
			return 1;
		bbk_str_cut(&line, line.len - 1);
		break;
	}
	bbk_str_addf(&line, " %s\n", argv[FINGERPRINT]);
	return write_seen(argv[SEEN], &line) < 0 ? 1 : 0;
}
