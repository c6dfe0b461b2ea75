#include "transport/hostkey.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

enum { REASON = 2, NAME, TYPE, BLOB, FINGERPRINT, PINS };

static int print(int fd, const struct bbk_str *line)
{
	return bbk_write_all(fd, line->s, line->len);
}

int bbk_hostkey_answer(int argc, char *const *argv)
{
	BBK_AUTO(str) known = BBK_STR_INIT;
	BBK_AUTO(str) seen = BBK_STR_INIT;

	if (argc < PINS)
		return 1;
	if (!strcmp(argv[REASON], "ORDER")) /* there is no key yet */
		return 0;
	bbk_str_addf(&known, "%s %s %s\n", argv[NAME], argv[TYPE], argv[BLOB]);
	bbk_str_addf(&seen, "git-bbkey host key: %s %s %s %s\n", argv[NAME],
		     argv[TYPE], argv[BLOB], argv[FINGERPRINT]);
	if (print(STDERR_FILENO, &seen) < 0)
		return 1;
	for (int i = PINS; i < argc; i++)
		if (!strcmp(argv[i], argv[FINGERPRINT]))
			return print(STDOUT_FILENO, &known) < 0 ? 1 : 0;
	return 0;
}
