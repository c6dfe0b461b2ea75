#include "fuzz.h"

#include <unistd.h>

#include "transport/help.h"

#define PIPE_HOLDS 60000 /* without a reader */

/* What git-bbkey-ssh is told by `git-bbkey ensure`. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BBK_AUTO(help) help = BBK_HELP_INIT;
	int fds[2];

	if (size > PIPE_HOLDS || pipe(fds) < 0)
		return 0;
	help.self = "/x";
	help.out = fds[0];
	HOLDS(write(fds[1], data, size) == (ssize_t)size);
	close(fds[1]);
	if (bbk_help_hear(&help) == BBK_HELP_STOP)
		HOLDS(help.status > 0 && help.status < 256);
	if (help.answer == BBK_HELP_OFFER && bbk_help_prepare(&help, NULL) == 0)
		HOLDS(help.record.key && !strchr(help.gate, '\n'));
	return 0;
}
