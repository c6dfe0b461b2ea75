#include "core/hook.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/setup_options.h"
#include "cmd/usage.h"

/* Where somebody sees what git says, and answers. */
static bool may_ask(const struct bbk_env *env)
{
	return env->err_is_terminal && env->term->can_ask(env->term);
}

static int post_checkout(struct bbk_env *env, int argc, char **argv,
			 struct bbk_err *err)
{
	struct bbk_wish wish = BBK_WISH_INIT;
	char *remote = NULL;
	int rc;

	if (argc != 3 || !bbk_hook_is_first(argv[0], argv[2]) ||
	    bbk_hook_clone(env, &remote, err) != 0)
		return 0;
	wish.remote = remote;
	rc = 0;
	if (!may_ask(env)) {
		if (env->hints)
			fprintf(env->err, "hint: this clone came over https; "
				"to switch it to ssh: git bbkey init\n");
	} else {
		rc = env->term->confirm(env->term, "This clone came over "
					"https. Switch it to ssh?", false,
					err);
		if (rc > 0)
			rc = bbk_setup_on_screen(env, &wish, false, NULL, NULL,
						 err);
	}
	free(remote);
	return rc;
}

static int pre_push(struct bbk_env *env, int argc, char **argv,
		    struct bbk_err *err)
{
	return argc == 2 ? bbk_hook_push(env, argv[1], err) : 0;
}

/* No options: what follows the name is git's, and may begin with a dash. */
static int hook(struct bbk_env *env, int argc, char **argv,
		struct bbk_err *err)
{
	if (argc < 2 || !strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))
		return bbk_usage(env->out, &bbk_cmd_hook);
	if (!strcmp(argv[1], "post-checkout"))
		return post_checkout(env, argc - 2, argv + 2, err);
	if (!strcmp(argv[1], "pre-push"))
		return pre_push(env, argc - 2, argv + 2, err);
	return 0; /* a later version's hook */
}

const struct bbk_cmd bbk_cmd_hook = {
	.name = "hook",
	.usage = "git bbkey hook <name> [<arguments of the hook>]",
	.summary = "used by the hooks that 'git bbkey hooks' enables",
	.internal = true,
	.run = hook,
};
