#include <string.h>

#include "cmd/cmd.h"
#include "cmd/moved.h"
#include "cmd/submodules.h"
#include "cmd/usage.h"

static int init_after(struct bbk_after *after, void *arg, struct bbk_err *err)
{
	const struct bbk_setup *setup = after->setup;
	BBK_AUTO(submodules) found = BBK_SUBMODULES_INIT;

	(void)arg;
	if (bbk_after_ssh_config(after, err) < 0)
		return -1;
	if (setup->remote)
		bbk_after_lfs(after);
	else /* the repository here is not the one that is meant */
		bbk_json_put_null(after->json, "lfs");
	if (!setup->wish->submodules)
		return 0;
	if (bbk_submodules_on_screen(&found, after, err) < 0 ||
	    bbk_submodules_failure(&found, err) < 0)
		return -1;
	if (!after->silent && bbk_submodules_count(&found, BBK_SUBMODULE_DONE))
		fprintf(setup->env->err, "To get them: git submodule update "
					 "--init --recursive\n");
	return 0;
}

/* It is another command line: folders, and none of the other options. */
static bool wants_all(int argc, char *const *argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!strcmp(argv[i], "--all"))
			return true;
	return false;
}

static int init(struct bbk_env *env, int argc, char **argv,
		struct bbk_err *err)
{
	BBK_AUTO(strv) args = BBK_STRV_INIT;
	struct bbk_common common = { 0 };
	struct bbk_wish wish = BBK_WISH_INIT;
	int rc;

	if (wants_all(argc, argv))
		return bbk_init_all(env, argc, argv, err);
	rc = bbk_options_parse(bbk_cmd_init.options, &wish, &common, env, argc,
			       argv, &args, 1, NULL, err);
	if (rc == 0 && common.help) {
		rc = bbk_usage(env->out, &bbk_cmd_init);
	} else if (rc == 0 && args.len && wish.submodules) {
		rc = bbk_err_set(err, BBK_E_USAGE, "--submodules is about the "
				 "repository here, not about a URL");
		bbk_err_hint(err, "leave out the URL, or run: git bbkey clone "
				  "--submodules <url>");
	} else if (rc == 0) {
		wish.url = args.len ? args.v[0] : NULL;
		wish.dry_run = common.dry_run;
		rc = bbk_setup_on_screen(env, &wish, common.json,
					 init_after, NULL, err);
	}
	bbk_strv_release(&wish.host_keys);
	return rc;
}

const struct bbk_cmd bbk_cmd_init = {
	.name = "init",
	.usage = "git bbkey init [<url>] [<options>]\n"
		 "       git bbkey init --all [<folder>...]",
	.summary = "make a key, register it, and switch this repository to it",
	.options = bbk_setup_options,
	.run = init,
};
