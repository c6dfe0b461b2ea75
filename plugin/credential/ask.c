#include "credential/ask.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/paths.h"
#include "base/process.h"
#include "store/instance.h"
#include "store/negative.h"

#define ANSWER_MAX ((size_t)64 << 10)
#define ANSWER_MS 120000 /* a tokenCommand has 30 s, each request 15 s */

bool bbk_ask_knows(const char *operation)
{
	static const char *const operations[] = { "get", "store", "erase" };

	for (size_t i = 0; i < BBK_ARRAY_LEN(operations); i++)
		if (!strcmp(operation, operations[i]))
			return true;
	return false;
}

bool bbk_ask_is_worth_it(const struct bbk_request *request)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(paths) paths = BBK_PATHS_INIT;
	BBK_AUTO(url) url = BBK_URL_INIT;

	return bbk_request_url(request, &url) &&
	       bbk_paths_find(&paths, &ignored) == 0 &&
	       bbk_instance_has_host(paths.state, url.host, url.port) &&
	       !bbk_negative_lacks(BBK_LACKS_TOKEN, &paths, url.host, url.port);
}

void bbk_ask(const char *operation, const struct bbk_request *request,
	     const char *argv0)
{
	BBK_AUTO(process) process = BBK_PROCESS_INIT;
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	char *program = bbk_program_beside(argv0, "git-bbkey");

	if (!program)
		return;
	bbk_strv_addl(&process.argv, program, "credential", operation, NULL);
	free(program);
	process.input = request->text;
	process.input_len = strlen(request->text);
	process.inherit_err = true;
	process.out_max = ANSWER_MAX;
	process.deadline_ms = ANSWER_MS;
	if (bbk_process_run(&process, &ignored) == 0 && process.status == 0)
		(void)bbk_write_all(STDOUT_FILENO, bbk_str_get(&process.out),
				    process.out.len);
}
