#include "git/git.h"

#include <stdlib.h>

#include "base/paths.h"
#include "base/text.h"

#define GIT_MS 15000
#define OUTPUT_MAX ((size_t)1 << 20)
#define TALK_MAX 16384

int bbk_git_begin(struct bbk_process *process, struct bbk_err *err)
{
	char *program;

	if (bbk_program_need(&program, "git", err) < 0)
		return -1;
	bbk_strv_add(&process->argv, program);
	free(program);
	bbk_strv_addl(&process->env, "LC_ALL=C", "GIT_TERMINAL_PROMPT=0",
		      "GIT_ASKPASS=", "SSH_ASKPASS", "GIT_TRACE2",
		      "GIT_TRACE2_EVENT", "GIT_TRACE2_PERF", NULL);
	process->out_max = OUTPUT_MAX;
	process->err_max = TALK_MAX;
	process->deadline_ms = GIT_MS;
	return 0;
}

int bbk_git_failed(const struct bbk_process *process, const char *wanted,
		   struct bbk_err *err)
{
	char *said = bbk_scrubbed(bbk_str_get(&process->err));

	bbk_err_set(err, BBK_E_LOCAL, "cannot %s: git said: %s", wanted,
		    process->timed_out ? "nothing, in 15 seconds" : said);
	free(said);
	return -1;
}
