/*
 * git-credential-bbkey: git's credential helper for enrolled instances.
 *
 * git starts it on every https request of every host, so the way out is short:
 * read the request by the letter of the protocol, look whether the host can be
 * ours, and only then start git-bbkey.  It always succeeds: a helper that has
 * nothing to say leaves the word to the next one.
 */
#include <stdlib.h>

#include "base/start.h"
#include "credential/ask.h"

int main(int argc, char **argv)
{
	BBK_AUTO(request) request = BBK_REQUEST_INIT;

	bbk_start_streams();
	bbk_start_careful();
	if (argc == 2 && bbk_ask_knows(argv[1]) &&
	    !getenv(BBK_REQUEST_GUARD) && bbk_request_read(&request, 0) &&
	    bbk_ask_is_worth_it(&request))
		bbk_ask(argv[1], &request, argv[0]);
	return 0;
}
