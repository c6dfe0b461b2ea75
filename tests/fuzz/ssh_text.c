#include "fuzz.h"

#include "ssh/client.h"
#include "ssh/verdict.h"

/* What a server can make ssh print, before ssh says anything itself. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BBK_AUTO(ssh_answer) answer = BBK_SSH_ANSWER_INIT;
	char *text = bbk_strndup((const char *)data, size);

	bbk_ssh_classify(&answer, text, (const char *)data, size,
			 size ? data[0] : 255, "SHA256:x");
	if (answer.outcome == BBK_SSH_OK || answer.outcome == BBK_SSH_NO_ACCESS)
		HOLDS(strstr(text, "Authenticated to "));
	if (answer.outcome == BBK_SSH_OK ||
	    answer.outcome == BBK_SSH_NO_ACCESS ||
	    answer.outcome == BBK_SSH_DENIED)
		HOLDS(strstr(text, "debug1: SSH2_MSG_NEWKEYS received"));
	if (answer.said)
		HOLDS(!strpbrk(answer.said, "\033\r\n\a"));
	free(text);
	return 0;
}
