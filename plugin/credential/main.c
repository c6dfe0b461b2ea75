/*
 * git-credential-bbkey: git's credential helper for enrolled instances.
 *
 * It reads a request by the letter of the protocol and, for now, answers
 * nothing: git goes on to the person's next helper.
 */
#include <string.h>

#include "base/start.h"
#include "credential/request.h"

int main(int argc, char **argv)
{
	BBK_AUTO(request) request = BBK_REQUEST_INIT;

	bbk_start_streams();
	bbk_start_careful();
	if (argc == 2 && !strcmp(argv[1], "get"))
		(void)bbk_request_read(&request, 0);
	return 0;
}
