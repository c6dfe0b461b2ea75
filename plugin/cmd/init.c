#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/screen.h"
#include "cmd/setup_options.h"
#include "cmd/usage.h"

static void close_with(struct bbk_screen *screen,
		       const struct bbk_setup *setup)
{
	if (setup->wish->dry_run)
		bbk_screen_say(screen, bbk_plan_changes(&setup->plan) ?
				       "Nothing was changed (--dry-run)." :
				       "There is nothing to do.");
	else if (!bbk_plan_changes(&setup->plan))
		bbk_screen_say(screen, "Everything was set up already.");
}

static int run_setup(struct bbk_env *env, const struct bbk_wish *wish,
		     bool json, struct bbk_err *err)
{
	struct bbk_screen screen;
	struct bbk_setup setup;
	int rc;

	bbk_screen_init(&screen, env, env->quiet || json, wish->dry_run);
	bbk_setup_init(&setup, env, wish, &screen.progress);
	rc = bbk_setup_run(&setup, err);
	if (rc < 0) {
		bbk_screen_fail(&screen);
	} else {
		close_with(&screen, &setup);
		if (json) {
			BBK_AUTO(json) object = BBK_JSON_INIT;

			bbk_setup_json(&object, &setup);
			bbk_print_json(env->out, &object);
		}
	}
	bbk_setup_release(&setup);
	return rc;
}

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
		rc = run_setup(env, &wish, common.json, err);
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
