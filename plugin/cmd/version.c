#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/setup_options.h"
#include "cmd/usage.h"

static int version(struct bbk_env *env, int argc, char **argv,
		   struct bbk_err *err)
{
	BBK_AUTO(strv) args = BBK_STRV_INIT;
	BBK_AUTO(json) json = BBK_JSON_INIT;
	struct bbk_common common = { 0 };

	if (bbk_options_parse(NULL, NULL, &common, env, argc, argv, &args, 0,
			      NULL, err) < 0)
		return -1;
	if (common.help)
		return bbk_usage(env->out, &bbk_cmd_version);
	if (!common.json) {
		fprintf(env->out, "git-bbkey %s\n", BBK_VERSION);
		return 0;
	}
	json.root = bbk_json_new_object();
	bbk_json_put_int(json.root, "version", 1);
	bbk_json_put_string(json.root, "git-bbkey", BBK_VERSION);
	bbk_print_json(env->out, &json);
	return 0;
}

const struct bbk_cmd bbk_cmd_version = {
	.name = "version",
	.usage = "git bbkey version",
	.summary = "print the version",
	.run = version,
};
