#include "core/hooks.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "base/tree.h"
#include "core/hooks_undo.h"
#include "git/config.h"
#include "store/lock.h"

#define LOCK_MS 20000
#define OWN_FILE_MAX ((size_t)1 << 20)

static const char *const way_words[] = { "config", "path", "template" };
static const char *const way_keys[] = { "include.path", "core.hooksPath",
					"init.templateDir" };
static const char *const way_folders[] = { "hooks", "hooks", "template" };

const char *bbk_hooks_way_word(enum bbk_hooks_way way)
{
	return way_words[way];
}

const char *bbk_hooks_way_key(enum bbk_hooks_way way)
{
	return way_keys[way];
}

enum bbk_hooks_way bbk_hooks_way(const struct bbk_git_version *version,
				 const char *hooks_path)
{
	if (version->major > 2 ||
	    (version->major == 2 && version->minor >= 54))
		return BBK_HOOKS_CONFIG;
	return hooks_path && *hooks_path ? BBK_HOOKS_PATH : BBK_HOOKS_TEMPLATE;
}

void bbk_hooks_release(struct bbk_hooks *hooks)
{
	free(hooks->folder);
	free(hooks->theirs);
	free(hooks->kept);
	free(hooks->repo_folder);
	free(hooks->repo_hooks_path);
	*hooks = (struct bbk_hooks)BBK_HOOKS_INIT;
}

bool bbk_hooks_are_enabled(const struct bbk_env *env)
{
	return bbk_hookundo_is_there(env->paths.config);
}

/* --- what is to be ------------------------------------------------------ */

/* The person's own value in force: what was there, where ours is now. */
static int find_theirs(const struct bbk_hookundo *undo, const char *key,
		       const char *ours, char **theirs, struct bbk_err *err)
{
	char *value = NULL;
	int rc = bbk_global_path(key, &value, err);

	if (rc < 0)
		return -1;
	if (value && !strcmp(value, ours)) {
		free(value);
		value = undo->theirs ? bbk_strdup(undo->theirs) : NULL;
	}
	*theirs = value;
	return 0;
}

static int check_absolute(const char *key, const char *value,
			  struct bbk_err *err)
{
	char *shown;

	if (!value || !*value || *value == '/')
		return 0;
	shown = bbk_scrubbed(value);
	bbk_err_set(err, BBK_E_LOCAL, "cannot enable the hooks: %s is '%s', "
		    "another folder in each repository", key, shown);
	free(shown);
	return bbk_err_hint(err, "make it an absolute path, or take it away");
}

static int choose_theirs(enum bbk_hooks_way way, char **theirs,
			 struct bbk_err *err)
{
	if (check_absolute(way_keys[way], *theirs, err) < 0)
		return -1;
	if (!*theirs && way == BBK_HOOKS_TEMPLATE &&
	    bbk_git_templates(theirs, err) < 0)
		return -1;
	return 0;
}

/* Fills way, folder and theirs. */
static int plan(struct bbk_hooks *hooks, const struct bbk_hookundo *undo,
		const struct bbk_env *env, struct bbk_err *err)
{
	struct bbk_git_version version;
	char *ours = bbk_strf("%s/hooks", env->paths.config);
	char *theirs = NULL;
	int rc = bbk_git_version(&version, err);

	if (!rc)
		rc = find_theirs(undo, "core.hooksPath", ours, &theirs, err);
	free(ours);
	if (rc < 0)
		return -1;
	hooks->way = bbk_hooks_way(&version, theirs);
	hooks->folder = bbk_strf("%s/%s", env->paths.config,
				 way_folders[hooks->way]);
	if (hooks->way != BBK_HOOKS_PATH) {
		free(theirs);
		theirs = NULL;
	}
	if (hooks->way == BBK_HOOKS_TEMPLATE)
		rc = find_theirs(undo, way_keys[hooks->way], hooks->folder,
				 &theirs, err);
	hooks->theirs = theirs;
	if (rc < 0 || hooks->way == BBK_HOOKS_CONFIG)
		return rc;
	return choose_theirs(hooks->way, &hooks->theirs, err);
}

/* --- our own file, for config hooks ------------------------------------- */

static int set_own(const char *file, const char *hook, const char *name,
		   const char *value, bool *changed, struct bbk_err *err)
{
	BBK_AUTO(strv) values = BBK_STRV_INIT;
	char *key = bbk_strf("hook.bbkey-%s.%s", hook, name);
	int rc;

	if (value)
		bbk_strv_add(&values, value);
	rc = bbk_config_file_set(file, key, &values, changed, err);
	free(key);
	return rc;
}

/* folder NULL: take them away. */
static int set_own_all(const struct bbk_env *env, const char *folder,
		       bool *changed, struct bbk_err *err)
{
	char *file = bbk_strf("%s/config", env->paths.config);
	int rc = 0;

	for (size_t i = 0; bbk_hook_names[i] && !rc; i++) {
		const char *name = bbk_hook_names[i];
		char *path = bbk_strf("%s/%s", folder ? folder : "", name);
		char *command = bbk_shell_quoted(path);

		rc = set_own(file, name, "event", folder ? name : NULL,
			     changed, err);
		if (!rc)
			rc = set_own(file, name, "command",
				     folder ? command : NULL, changed, err);
		free(path);
		free(command);
	}
	free(file);
	return rc;
}

/* Is there nothing left in it that the global configuration includes? */
static int own_is_empty(const struct bbk_env *env, bool *empty,
			struct bbk_err *err)
{
	BBK_AUTO(str) text = BBK_STR_INIT;
	char *file = bbk_strf("%s/config", env->paths.config);
	int rc = bbk_file_read(&text, file, OWN_FILE_MAX, err);

	*empty = !text.len;
	if (rc == 0 && *empty)
		rc = bbk_tree_remove(file, err);
	free(file);
	return rc < 0 ? -1 : 0;
}

/* --- enable ------------------------------------------------------------- */

static int make_folder(const struct bbk_hooks *hooks,
		       const struct bbk_env *env, struct bbk_err *err)
{
	char *scripts = bbk_strf("%s/../share/git-bbkey/hooks",
				 env->program_dir);
	char *program = bbk_strf("%s/git-bbkey", env->program_dir);
	struct bbk_hookdir wish = { scripts, program };
	const char *theirs = hooks->theirs && *hooks->theirs ? hooks->theirs :
							       NULL;
	int rc = hooks->way == BBK_HOOKS_TEMPLATE ?
		bbk_hookdir_template(&wish, hooks->folder, theirs, err) :
		bbk_hookdir_make(&wish, hooks->folder, theirs, err);

	free(scripts);
	free(program);
	return rc;
}

static int set_key(const struct bbk_hookundo *undo, const struct bbk_env *env,
		   struct bbk_err *err)
{
	bool included, changed;
	char *folder;
	int rc;

	if (strcmp(undo->key, way_keys[BBK_HOOKS_CONFIG]) != 0)
		return bbk_config_file_replace(undo->file, undo->key,
					       undo->value, err);
	folder = bbk_strf("%s/hooks", env->paths.config);
	rc = set_own_all(env, folder, &changed, err);
	free(folder);
	if (rc < 0 || bbk_config_is_included(undo->value, &included, err) < 0)
		return -1;
	return included ? 0 : bbk_config_include(undo->value, err);
}

static char *value_of(const struct bbk_hooks *hooks, const struct bbk_env *env)
{
	return hooks->way == BBK_HOOKS_CONFIG ?
		bbk_strf("%s/config", env->paths.config) :
		bbk_strdup(hooks->folder);
}

/* What git takes, outside of any repository, is what we have set. */
static int in_force(const struct bbk_hooks *hooks, const char *value,
		    bool *is, struct bbk_err *err)
{
	char *now = NULL;
	int rc;

	if (hooks->way == BBK_HOOKS_CONFIG)
		return bbk_config_is_included(value, is, err);
	rc = bbk_global_path(way_keys[hooks->way], &now, err);
	*is = bbk_same(now, value);
	free(now);
	return rc < 0 ? -1 : 0;
}

static int check_in_force(struct bbk_hooks *hooks,
			  const struct bbk_hookundo *undo,
			  struct bbk_err *err)
{
	bool is;

	if (in_force(hooks, undo->value, &is, err) < 0)
		return -1;
	if (is)
		return 0;
	bbk_err_set(err, BBK_E_LOCAL, "cannot enable the hooks: another file "
		    "of your git configuration sets %s again", undo->key);
	return bbk_err_hint(err, "git config --show-origin --get-all %s",
			    undo->key);
}

static int enable_anew(struct bbk_hooks *hooks, const struct bbk_env *env,
		       struct bbk_err *err)
{
	BBK_AUTO(hookundo) undo = BBK_HOOKUNDO_INIT;
	BBK_AUTO(str) before = BBK_STR_INIT;

	undo.way = bbk_strdup(way_words[hooks->way]);
	undo.key = bbk_strdup(way_keys[hooks->way]);
	undo.value = value_of(hooks, env);
	undo.file = bbk_global_file(&env->paths);
	undo.theirs = hooks->theirs ? bbk_strdup(hooks->theirs) : NULL;
	hooks->changed = true;
	if (bbk_hooks_remember(&undo, env, &before, err) < 0 ||
	    make_folder(hooks, env, err) < 0 || set_key(&undo, env, err) < 0 ||
	    bbk_hooks_settle(&undo, env, &before, err) < 0)
		return -1;
	return check_in_force(hooks, &undo, err);
}

/* --- disable ------------------------------------------------------------ */

static int remove_folders(const struct bbk_env *env, struct bbk_err *err)
{
	static const char *const folders[] = { "hooks", "hooks.new",
					       "template", "template.new" };

	for (size_t i = 0; i < BBK_ARRAY_LEN(folders); i++) {
		char *folder = bbk_strf("%s/%s", env->paths.config,
					folders[i]);
		int rc = bbk_tree_remove(folder, err);

		free(folder);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* The state goes last: a run that is stopped can be run again. */
static int take_away(struct bbk_hooks *hooks, const struct bbk_hookundo *undo,
		     const struct bbk_env *env, struct bbk_err *err)
{
	bool changed, put_back = true;

	if (!strcmp(undo->way, way_words[BBK_HOOKS_CONFIG]) &&
	    (set_own_all(env, NULL, &changed, err) < 0 ||
	     own_is_empty(env, &put_back, err) < 0))
		return -1;
	if (put_back && bbk_hooks_put_back(undo, &hooks->kept, err) < 0)
		return -1;
	if (remove_folders(env, err) < 0 ||
	    bbk_hookundo_remove(env->paths.config, err) < 0)
		return -1;
	(void)rmdir(env->paths.config); /* where nothing else is in it */
	hooks->changed = true;
	hooks->enabled = false;
	return 0;
}

/* Left as it would be, had nobody asked. */
static void give_up(const struct bbk_env *env)
{
	BBK_AUTO(hooks) hooks = BBK_HOOKS_INIT;
	BBK_AUTO(hookundo) undo = BBK_HOOKUNDO_INIT;
	BBK_AUTO(err) ignored = BBK_ERR_INIT;

	if (bbk_hookundo_read(&undo, env->paths.config, &ignored) == 0)
		(void)!take_away(&hooks, &undo, env, &ignored);
}

/* --- both, and what is -------------------------------------------------- */

/* Are the hooks as they would be made now? */
static int is_current(const struct bbk_hooks *hooks,
		      const struct bbk_hookundo *undo, bool *current,
		      struct bbk_err *err)
{
	*current = false;
	if (!undo->way || strcmp(undo->way, way_words[hooks->way]) != 0 ||
	    !bbk_same(undo->theirs, hooks->theirs))
		return 0;
	return in_force(hooks, undo->value, current, err);
}

static int enable(struct bbk_hooks *hooks, const struct bbk_env *env,
		  bool dry_run, struct bbk_err *err)
{
	BBK_AUTO(hookundo) undo = BBK_HOOKUNDO_INIT;
	BBK_AUTO(hooks) before = BBK_HOOKS_INIT;
	bool current;
	int rc = bbk_hookundo_read(&undo, env->paths.config, err);

	if (rc < 0 || plan(hooks, &undo, env, err) < 0 ||
	    is_current(hooks, &undo, &current, err) < 0)
		return -1;
	hooks->changed = !current;
	hooks->enabled = true;
	if (dry_run)
		return 0;
	if (current)
		return make_folder(hooks, env, err);
	if (rc == 0 && take_away(&before, &undo, env, err) < 0)
		return -1;
	rc = enable_anew(hooks, env, err);
	if (rc < 0)
		give_up(env);
	return rc;
}

int bbk_hooks_enable(struct bbk_hooks *hooks, const struct bbk_env *env,
		     bool dry_run, struct bbk_err *err)
{
	BBK_AUTO(lock) lock = BBK_LOCK_INIT;

	if (!dry_run &&
	    (bbk_make_dirs(env->paths.config, err) < 0 ||
	     bbk_lock_take(&lock, env->paths.state, env->clock, LOCK_MS,
			   err) < 0))
		return -1;
	return enable(hooks, env, dry_run, err);
}

int bbk_hooks_disable(struct bbk_hooks *hooks, const struct bbk_env *env,
		      bool dry_run, struct bbk_err *err)
{
	BBK_AUTO(lock) lock = BBK_LOCK_INIT;
	BBK_AUTO(hookundo) undo = BBK_HOOKUNDO_INIT;
	int rc;

	if (!bbk_hooks_are_enabled(env))
		return 0;
	if (!dry_run && bbk_lock_take(&lock, env->paths.state, env->clock,
				      LOCK_MS, err) < 0)
		return -1;
	rc = bbk_hookundo_read(&undo, env->paths.config, err);
	if (rc)
		return rc < 0 ? rc : bbk_err_set(err, BBK_E_LOCAL, "what is to "
				"be undone is not readable any more: '%s/"
				"hooks-undo'", env->paths.config);
	hooks->changed = true;
	return dry_run ? 0 : take_away(hooks, &undo, env, err);
}
