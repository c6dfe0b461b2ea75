#include "core/hooks.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/screen.h"
#include "cmd/setup_options.h"
#include "cmd/usage.h"

/* --- JSON --------------------------------------------------------------- */

static const char *const file_words[] = { "none", "ours", "other" };

static struct json_t *json_repository(const struct bbk_hooks *hooks)
{
	struct json_t *part = bbk_json_new_object();

	bbk_json_put_bool(part, "in_force", !hooks->repo_hidden_by);
	bbk_json_put_string(part, "hidden_by", hooks->repo_hidden_by);
	bbk_json_put_string(part, "folder", hooks->repo_folder);
	bbk_json_put_string(part, "hooks_path", hooks->repo_hooks_path);
	for (size_t i = 0; bbk_hook_names[i]; i++)
		bbk_json_put_string(part, bbk_hook_names[i],
				    file_words[hooks->repo_file[i]]);
	return part;
}

static void print_json(const struct bbk_env *env,
		       const struct bbk_hooks *hooks, bool is_status)
{
	BBK_AUTO(json) json = BBK_JSON_INIT;
	bool known = hooks->enabled;
	bool chained = known && hooks->theirs && *hooks->theirs;

	json.root = bbk_json_new_object();
	bbk_json_put_int(json.root, "version", 1);
	if (!is_status)
		bbk_json_put_bool(json.root, "changed", hooks->changed);
	bbk_json_put_bool(json.root, "enabled", hooks->enabled);
	bbk_json_put_string(json.root, "way", known ?
			    bbk_hooks_way_word(hooks->way) : NULL);
	bbk_json_put_string(json.root, "folder", known ? hooks->folder : NULL);
	bbk_json_put_string(json.root, "chained",
			    chained ? hooks->theirs : NULL);
	bbk_json_put_string(json.root, "hidden_by", hooks->hidden_by);
	if (is_status && hooks->repo_folder)
		bbk_json_put(json.root, "repository", json_repository(hooks));
	else if (is_status)
		bbk_json_put_null(json.root, "repository");
	else
		bbk_json_put_string(json.root, "kept", hooks->kept);
	bbk_print_json(env->out, &json);
}

/* --- for people --------------------------------------------------------- */

static void line(const struct bbk_env *env, enum bbk_mark mark,
		 struct bbk_str *text)
{
	bbk_screen_line(env->out, env, env->out_color, mark,
			bbk_str_get(text));
	bbk_str_reset(text);
}

static void add_path(struct bbk_str *text, const struct bbk_env *env,
		     const char *path)
{
	char *shown = bbk_path_shown(path, env->paths.home);

	bbk_str_add(text, shown);
	free(shown);
}

static void say_way(struct bbk_str *text, const struct bbk_env *env,
		    const struct bbk_hooks *hooks)
{
	static const char *const words[] = {
		"git runs the hooks in every repository, beside others: ",
		"git takes all hooks from ",
		"New clones get the hooks from ",
	};

	bbk_str_add(text, words[hooks->way]);
	add_path(text, env, hooks->folder);
	if (hooks->way == BBK_HOOKS_PATH && hooks->theirs) {
		bbk_str_add(text, ", which hands on to ");
		add_path(text, env, hooks->theirs);
	}
}

static void print_enabled(const struct bbk_env *env,
			  const struct bbk_hooks *hooks, bool dry_run)
{
	BBK_AUTO(str) text = BBK_STR_INIT;

	say_way(&text, env, hooks);
	line(env, dry_run && hooks->changed ? BBK_MARK_PLANNED :
					      BBK_MARK_DONE, &text);
	if (hooks->way == BBK_HOOKS_TEMPLATE && !dry_run)
		fprintf(env->out, "A clone that is there gets them by 'git "
				  "init' inside it.\n");
}

static void print_disabled(const struct bbk_env *env,
			   const struct bbk_hooks *hooks, bool dry_run)
{
	BBK_AUTO(str) text = BBK_STR_INIT;

	bbk_str_add(&text, hooks->changed && dry_run ?
		    "The hooks are taken away" : hooks->changed ?
		    "The hooks are disabled; copies in clones do nothing" :
		    "The hooks are not enabled");
	line(env, dry_run ? BBK_MARK_PLANNED : BBK_MARK_DONE, &text);
	if (!hooks->kept)
		return;
	bbk_str_addf(&text, "%s is not ours any more and stays: ",
		     bbk_hooks_way_key(hooks->way));
	add_path(&text, env, hooks->kept);
	line(env, BBK_MARK_DONE, &text);
}

static void print_repository(const struct bbk_env *env,
			     const struct bbk_hooks *hooks,
			     struct bbk_str *text)
{
	const char *why = hooks->repo_hidden_by;

	if (!why) {
		bbk_str_add(text, "They are in force in this repository");
	} else if (!strcmp(why, "core.hooksPath")) {
		bbk_str_add(text, "This repository's core.hooksPath hides "
				  "them: ");
		add_path(text, env, hooks->repo_hooks_path);
	} else if (!strcmp(why, "another hook")) {
		bbk_str_add(text, "Another hook has their place in ");
		add_path(text, env, hooks->repo_folder);
	} else {
		bbk_str_add(text, "This repository does not have them yet; "
				  "'git init' inside it gives it them");
	}
	line(env, why ? BBK_MARK_FAILED : BBK_MARK_DONE, text);
}

static void print_status(const struct bbk_env *env,
			 const struct bbk_hooks *hooks)
{
	BBK_AUTO(str) text = BBK_STR_INIT;

	if (!hooks->enabled) {
		fprintf(env->out, "The hooks are not enabled. Enable them: git "
				  "bbkey hooks enable\n");
		return;
	}
	say_way(&text, env, hooks);
	if (hooks->hidden_by)
		bbk_str_addf(&text, ", but %s hides them", hooks->hidden_by);
	line(env, hooks->hidden_by ? BBK_MARK_FAILED : BBK_MARK_DONE, &text);
	if (hooks->repo_folder)
		print_repository(env, hooks, &text);
}

/* --- the command -------------------------------------------------------- */

static int run_enable(struct bbk_env *env, const struct bbk_common *common,
		      struct bbk_err *err)
{
	BBK_AUTO(hooks) hooks = BBK_HOOKS_INIT;

	if (bbk_hooks_enable(&hooks, env, common->dry_run, err) < 0)
		return -1;
	if (common->json)
		print_json(env, &hooks, false);
	else if (!env->quiet)
		print_enabled(env, &hooks, common->dry_run);
	return 0;
}

static int run_disable(struct bbk_env *env, const struct bbk_common *common,
		       struct bbk_err *err)
{
	BBK_AUTO(hooks) hooks = BBK_HOOKS_INIT;

	if (bbk_hooks_disable(&hooks, env, common->dry_run, err) < 0)
		return -1;
	if (common->json)
		print_json(env, &hooks, false);
	else if (!env->quiet)
		print_disabled(env, &hooks, common->dry_run);
	return 0;
}

static int run_status(struct bbk_env *env, const struct bbk_common *common,
		      struct bbk_err *err)
{
	BBK_AUTO(hooks) hooks = BBK_HOOKS_INIT;

	if (bbk_hooks_status(&hooks, env, err) < 0)
		return -1;
	if (common->json)
		print_json(env, &hooks, true);
	else if (!env->quiet)
		print_status(env, &hooks);
	return 0;
}

static int hooks(struct bbk_env *env, int argc, char **argv,
		 struct bbk_err *err)
{
	BBK_AUTO(strv) args = BBK_STRV_INIT;
	struct bbk_common common = { 0 };
	const char *what;

	if (bbk_options_parse(NULL, NULL, &common, env, argc, argv, &args, 1,
			      NULL, err) < 0)
		return -1;
	if (common.help)
		return bbk_usage(env->out, &bbk_cmd_hooks);
	what = args.len ? args.v[0] : "status";
	if (!strcmp(what, "enable"))
		return run_enable(env, &common, err);
	if (!strcmp(what, "disable"))
		return run_disable(env, &common, err);
	if (!strcmp(what, "status"))
		return run_status(env, &common, err);
	bbk_err_set(err, BBK_E_USAGE, "hooks takes enable, disable or status");
	return bbk_err_hint(err, "see: git bbkey hooks -h");
}

const struct bbk_cmd bbk_cmd_hooks = {
	.name = "hooks",
	.usage = "git bbkey hooks enable|disable|status",
	.summary = "git hooks that offer ssh after a clone and check a push",
	.run = hooks,
};
