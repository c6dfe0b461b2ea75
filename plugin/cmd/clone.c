#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/submodules.h"
#include "cmd/usage.h"
#include "core/remote.h"
#include "git/repo.h"

struct arguments {
	struct bbk_strv plain; /* <url> [<dir>] */
	struct bbk_strv git;   /* behind "--" */
};

/*
 * The folder that git clones this into, unless it is told another; false where
 * there is no such clone (a bare one has another name, and needs nothing).
 */
static bool enter(const struct bbk_setup *setup, const struct arguments *args)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	const char *dir = args->plain.len > 1 ? args->plain.v[1] :
						setup->found.repo;
	char *name = NULL, *url = NULL;
	bool same;

	if (chdir(dir) < 0)
		return false;
	same = bbk_remote_choose(NULL, &name, &url, &ignored) == 0 &&
	       !strcmp(url, setup->ssh_url);
	free(name);
	free(url);
	return same;
}

/* What could not be set up is said; the person's own keys may still do. */
static int update_submodules(struct bbk_after *after, struct bbk_err *err)
{
	BBK_AUTO(submodules) found = BBK_SUBMODULES_INIT;
	int status = 0;

	if (bbk_submodules_on_screen(&found, after, err) < 0)
		return -1;
	/* git says what it checks out on standard output, where JSON goes */
	if (!found.none &&
	    bbk_git_submodule_update(after->silent, &status, err) < 0)
		return -1;
	return status;
}

static int clone_after(struct bbk_after *after, void *arg,
		       struct bbk_err *err)
{
	const struct arguments *args = arg;
	struct bbk_setup *setup = after->setup;
	int status = 0;

	if (!setup->wish->dry_run && bbk_setup_clone(setup, &status, err) < 0)
		return -1;
	if (setup->cloning.over && status)
		return status;
	if (bbk_after_ssh_config(after, err) < 0)
		return -1;
	if (setup->wish->dry_run || !enter(setup, args))
		return status;
	bbk_after_lfs(after); /* also where its files stopped the checkout */
	return status || !setup->wish->submodules ? status :
		update_submodules(after, err);
}

static int clone(struct bbk_env *env, int argc, char **argv,
		 struct bbk_err *err)
{
	struct arguments args = { BBK_STRV_INIT, BBK_STRV_INIT };
	struct bbk_common common = { 0 };
	struct bbk_wish wish = BBK_WISH_INIT;
	int rc;

	rc = bbk_options_parse(bbk_cmd_clone.options, &wish, &common, env,
			       argc, argv, &args.plain, 2, &args.git, err);
	if (rc == 0 && common.help) {
		rc = bbk_usage(env->out, &bbk_cmd_clone);
	} else if (rc == 0 && !args.plain.len) {
		rc = bbk_err_set(err, BBK_E_USAGE, "say what to clone");
		bbk_err_hint(err, "usage: %s", bbk_cmd_clone.usage);
	} else if (rc == 0) {
		wish.url = args.plain.v[0];
		wish.clone = true;
		wish.dir = args.plain.len > 1 ? args.plain.v[1] : NULL;
		wish.git_options = &args.git;
		wish.dry_run = common.dry_run;
		rc = bbk_setup_on_screen(env, &wish, common.json, clone_after,
					 &args, err);
	}
	bbk_strv_release(&wish.host_keys);
	bbk_strv_release(&args.plain);
	bbk_strv_release(&args.git);
	return rc;
}

const struct bbk_cmd bbk_cmd_clone = {
	.name = "clone",
	.usage = "git bbkey clone <url> [<dir>] [-- <git clone options>]",
	.summary = "set up access, then clone over ssh, in one command",
	.options = bbk_setup_options,
	.run = clone,
};
