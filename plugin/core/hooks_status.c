#include "core/hooks.h"

#include <stdlib.h>
#include <string.h>

#include "git/checkout.h"
#include "git/config.h"
#include "store/hookundo.h"

static enum bbk_hooks_way way_of(const char *word)
{
	for (int i = 0; i < BBK_HOOKS_TEMPLATE; i++)
		if (!strcmp(word, bbk_hooks_way_word((enum bbk_hooks_way)i)))
			return (enum bbk_hooks_way)i;
	return BBK_HOOKS_TEMPLATE;
}

/* Is the setting, outside of any repository, this one? */
static int is_set_to(const char *key, const char *value, bool *is,
		     struct bbk_err *err)
{
	char *now = NULL;
	int rc = bbk_global_path(key, &now, err);

	*is = value ? bbk_same(now, value) : rc > 0;
	free(now);
	return rc < 0 ? -1 : 0;
}

static int look_at_machine(struct bbk_hooks *hooks,
			   const struct bbk_hookundo *undo,
			   struct bbk_err *err)
{
	const char *given = getenv("GIT_TEMPLATE_DIR");
	bool is = true, no_path = true;

	if (hooks->way == BBK_HOOKS_CONFIG) {
		if (bbk_config_is_included(undo->value, &is, err) < 0)
			return -1;
	} else if (is_set_to(undo->key, undo->value, &is, err) < 0 ||
		   (hooks->way == BBK_HOOKS_TEMPLATE &&
		    is_set_to("core.hooksPath", NULL, &no_path, err) < 0)) {
		return -1;
	}
	hooks->hidden_by = !is ? bbk_hooks_way_key(hooks->way) :
		!no_path ? "core.hooksPath" :
		hooks->way == BBK_HOOKS_TEMPLATE && given ?
		"GIT_TEMPLATE_DIR" : NULL;
	return 0;
}

/* A hook of ours that has no place here: why? */
static const char *why_not(const struct bbk_hooks *hooks)
{
	if (!hooks->enabled)
		return "not enabled";
	if (hooks->way == BBK_HOOKS_CONFIG)
		return NULL;
	for (size_t i = 0; bbk_hook_names[i]; i++) {
		if (hooks->repo_file[i] == BBK_HOOK_FILE_OURS)
			continue;
		if (hooks->repo_hooks_path)
			return "core.hooksPath";
		return hooks->repo_file[i] == BBK_HOOK_FILE_OTHER ?
			"another hook" : "not there";
	}
	return NULL;
}

static int look_at_repository(struct bbk_hooks *hooks, struct bbk_err *err)
{
	int rc = bbk_checkout_hooks(&hooks->repo_folder,
				    &hooks->repo_hooks_path, err);

	if (rc)
		return rc < 0 ? rc : 0;
	for (size_t i = 0; bbk_hook_names[i]; i++)
		hooks->repo_file[i] = bbk_hookdir_look(hooks->repo_folder,
						       bbk_hook_names[i]);
	hooks->repo_hidden_by = why_not(hooks);
	return 0;
}

int bbk_hooks_status(struct bbk_hooks *hooks, const struct bbk_env *env,
		     struct bbk_err *err)
{
	BBK_AUTO(hookundo) undo = BBK_HOOKUNDO_INIT;
	int rc = bbk_hookundo_read(&undo, env->paths.config, err);

	if (rc < 0)
		return -1;
	hooks->enabled = rc == 0;
	if (hooks->enabled) {
		hooks->way = way_of(undo.way);
		bbk_replace(&hooks->theirs, undo.theirs);
		bbk_replace(&hooks->folder, hooks->way == BBK_HOOKS_CONFIG ?
			    NULL : undo.value);
		if (!hooks->folder)
			hooks->folder = bbk_strf("%s/hooks",
						 env->paths.config);
		if (look_at_machine(hooks, &undo, err) < 0)
			return -1;
	}
	return look_at_repository(hooks, err);
}
