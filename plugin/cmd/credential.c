#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/usage.h"
#include "core/helper.h"

/* In git's own protocol: git-credential(1), "INPUT/OUTPUT FORMAT". */
static void print_answer(FILE *out, const struct bbk_answer *answer)
{
	const char *token = bbk_secret_bytes(&answer->token);

	if (!bbk_secret_is_set(&answer->token))
		return;
	if (answer->user)
		fprintf(out, "username=%s\npassword=%s\n", answer->user, token);
	else
		fprintf(out, "capability[]=authtype\nauthtype=Bearer\n"
			     "credential=%s\nephemeral=1\n", token);
}

static int get(struct bbk_env *env, const struct bbk_request *request,
	       struct bbk_err *err)
{
	BBK_AUTO(answer) answer = BBK_ANSWER_INIT;

	if (bbk_helper_get(env, request, &answer, err) < 0)
		return -1;
	print_answer(env->out, &answer);
	return 0;
}

/* Called by git-credential-bbkey, which has read the request before us. */
static int credential(struct bbk_env *env, int argc, char **argv,
		      struct bbk_err *err)
{
	BBK_AUTO(strv) args = BBK_STRV_INIT;
	BBK_AUTO(request) request = BBK_REQUEST_INIT;
	struct bbk_common common = { 0 };

	if (bbk_options_parse(NULL, NULL, &common, env, argc, argv, &args, 1,
			      NULL, err) < 0)
		return -1;
	if (common.help)
		return bbk_usage(env->out, &bbk_cmd_credential);
	if (args.len != 1)
		return bbk_err_set(err, BBK_E_USAGE,
				   "one operation: get, store or erase");
	if (!bbk_request_read(&request, STDIN_FILENO))
		return 0;
	if (!strcmp(args.v[0], "get"))
		return get(env, &request, err);
	if (!strcmp(args.v[0], "store"))
		return bbk_helper_store(env, &request, err);
	if (!strcmp(args.v[0], "erase"))
		return bbk_helper_erase(env, &request, err);
	return 0; /* git may invent more of them */
}

const struct bbk_cmd bbk_cmd_credential = {
	.name = "credential",
	.usage = "git bbkey credential get|store|erase",
	.summary = "used by git-credential-bbkey for an enrolled instance",
	.internal = true,
	.run = credential,
};
