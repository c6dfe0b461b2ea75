#include "cmd/cmd.h"
#include "cmd/setup_options.h"
#include "cmd/usage.h"

static int init(struct bbk_env *env, int argc, char **argv,
		struct bbk_err *err)
{
	BBK_AUTO(strv) args = BBK_STRV_INIT;
	struct bbk_common common = { 0 };
	struct bbk_wish wish = BBK_WISH_INIT;
	int rc;

	rc = bbk_options_parse(bbk_cmd_init.options, &wish, &common, env, argc,
			       argv, &args, 1, NULL, err);
	if (rc == 0 && common.help) {
		rc = bbk_usage(env->out, &bbk_cmd_init);
	} else if (rc == 0) {
		wish.url = args.len ? args.v[0] : NULL;
		wish.dry_run = common.dry_run;
		rc = bbk_setup_on_screen(env, &wish, common.json, NULL, NULL,
					 err);
	}
	bbk_strv_release(&wish.host_keys);
	return rc;
}

const struct bbk_cmd bbk_cmd_init = {
	.name = "init",
	.usage = "git bbkey init [<url>] [<options>]",
	.summary = "make a key, register it, and switch this repository to it",
	.options = bbk_setup_options,
	.run = init,
};
