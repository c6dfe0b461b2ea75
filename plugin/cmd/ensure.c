#include "core/ensure.h"

#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "cmd/cmd.h"
#include "cmd/usage.h"

/* Called by git-bbkey-ssh; its parts come validated and are checked again. */
struct arguments {
	const char *user;
	const char *port;
	bool submodule;
	bool batch;
};

#define FIELD(name) offsetof(struct arguments, name)

static const struct bbk_option ensure_options[] = {
	{ "user", BBK_OPTION_STRING, FIELD(user), "<name>",
	  "the ssh user (default: git)", NULL },
	{ "port", BBK_OPTION_STRING, FIELD(port), "<n>",
	  "the ssh port, if one was given", NULL },
	{ "submodule", BBK_OPTION_FLAG, FIELD(submodule), NULL,
	  "the URL is not a person's", NULL },
	{ "batch", BBK_OPTION_FLAG, FIELD(batch), NULL, "nobody may be asked",
	  NULL },
	{ .name = NULL },
};

#undef FIELD

static int run_ensure(struct bbk_env *env, const struct bbk_ensure_wish *wish,
		      struct bbk_err *err)
{
	static const char *const words[] = { "plain", "ready", "fresh",
					     "stop" };
	enum bbk_ensured result = BBK_ENSURED_PLAIN;
	char *talk = NULL;
	int rc = bbk_ensure(env, wish, &result, &talk, err);

	if (talk && !env->quiet)
		fprintf(env->err, "%s\n", talk);
	free(talk);
	if (!rc || result == BBK_ENSURED_STOP)
		fprintf(env->out, "%s\n", words[result]);
	return rc;
}

static int ensure(struct bbk_env *env, int argc, char **argv,
		  struct bbk_err *err)
{
	BBK_AUTO(strv) args = BBK_STRV_INIT;
	struct bbk_common common = { 0 };
	struct arguments given = { NULL, NULL, false, false };
	struct bbk_ensure_wish wish = { .user = "git" };
	long port = 0;

	if (bbk_options_parse(ensure_options, &given, &common, env, argc, argv,
			      &args, 3, NULL, err) < 0)
		return -1;
	if (common.help)
		return bbk_usage(env->out, &bbk_cmd_ensure);
	if (args.len != 3 || !bbk_host_is_valid(args.v[0]) ||
	    !bbk_project_is_valid(args.v[1]) ||
	    !bbk_repo_is_valid(args.v[2]) ||
	    (given.user && !bbk_user_is_valid(given.user)) ||
	    (given.port &&
	     bbk_parse_number(given.port, 1, 65535, &port) < 0))
		return bbk_err_set(err, BBK_E_USAGE,
				   "that is no host, project and repository "
				   "of Bitbucket");
	wish.host = args.v[0];
	wish.project = args.v[1];
	wish.repo = args.v[2];
	wish.port = (unsigned)port;
	if (given.user)
		wish.user = given.user;
	wish.submodule = given.submodule;
	wish.batch = given.batch;
	return run_ensure(env, &wish, err);
}

const struct bbk_cmd bbk_cmd_ensure = {
	.name = "ensure",
	.usage = "git bbkey ensure [<options>] <host> <project> <repo>",
	.summary = "used by git-bbkey-ssh where there is no record",
	.internal = true,
	.options = ensure_options,
	.run = ensure,
};
