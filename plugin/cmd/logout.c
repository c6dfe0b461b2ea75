#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/screen.h"
#include "cmd/setup_options.h"
#include "cmd/usage.h"
#include "core/kept.h"
#include "core/login.h"

struct done {
	struct bbk_detected found;
	struct bbk_forgotten forgotten;
	struct bbk_strv remains;
	bool dry_run;
};

#define DONE_INIT \
	{ BBK_DETECTED_INIT, BBK_FORGOTTEN_INIT, BBK_STRV_INIT, false }

static void done_release(struct done *done)
{
	bbk_detected_release(&done->found);
	bbk_forgotten_release(&done->forgotten);
	bbk_strv_release(&done->remains);
}

static void say(const struct bbk_env *env, enum bbk_mark mark, char *text)
{
	bbk_screen_line(env->err, env, env->color, mark, text);
	free(text);
}

static void print(const struct bbk_env *env, const struct done *done)
{
	const struct bbk_instance *instance = &done->found.instance;
	const char *base = instance->base;
	char *page = instance->edition->tokens_page(base);

	if (!done->forgotten.name)
		say(env, BBK_MARK_PLANNED, bbk_strf(
			"git's credential helpers have no token for %s", base));
	else if (done->dry_run)
		say(env, BBK_MARK_PLANNED, bbk_strf(
			"The token for %s would be forgotten; nothing was "
			"changed (--dry-run)", base));
	else
		say(env, BBK_MARK_DONE, bbk_strf(
			"The token for %s is forgotten by git's credential "
			"helper", base));
	if (done->forgotten.other)
		say(env, BBK_MARK_PLANNED, bbk_strf(
			"git has another login there, of %s, and keeps it",
			done->forgotten.other));
	for (size_t i = 0; i < done->remains.len; i++)
		say(env, BBK_MARK_PLANNED, bbk_strf(
			"%s is set: its token stays", done->remains.v[i]));
	if (done->forgotten.name && env->hints)
		fprintf(env->err, "hint: the token itself is good until it is "
				  "revoked: %s\n", page);
	free(page);
}

static void print_json(const struct bbk_env *env, const struct done *done)
{
	const struct bbk_instance *instance = &done->found.instance;
	BBK_AUTO(json) object = { bbk_json_new_object() };

	bbk_json_put_int(object.root, "version", 1);
	bbk_json_put_string(object.root, "base_url", instance->base);
	bbk_json_put_string(object.root, "edition", instance->edition->word);
	bbk_json_put_bool(object.root, "forgotten",
			  done->forgotten.name && !done->dry_run);
	bbk_json_put_strings(object.root, "remains", &done->remains);
	bbk_print_json(env->out, &object);
}

static int run(struct bbk_env *env, const char *url,
	       const struct bbk_common *common, struct bbk_err *err)
{
	__attribute__((cleanup(done_release))) struct done done = DONE_INIT;
	struct bbk_detect_wish how = { .url = url, .from_person = true };

	done.dry_run = common->dry_run;
	if (bbk_detect_instance(&done.found, env, &how, err) < 0 ||
	    bbk_kept_forget(&done.found.instance, env, done.dry_run,
			    &done.forgotten, err) < 0)
		return -1;
	bbk_login_sources(&done.found.instance, env, &done.remains);
	if (common->json)
		print_json(env, &done);
	else if (!env->quiet)
		print(env, &done);
	return 0;
}

static int logout(struct bbk_env *env, int argc, char **argv,
		  struct bbk_err *err)
{
	BBK_AUTO(strv) args = BBK_STRV_INIT;
	struct bbk_common common = { 0 };

	if (bbk_options_parse(NULL, NULL, &common, env, argc, argv, &args, 1,
			      NULL, err) < 0)
		return -1;
	if (common.help)
		return bbk_usage(env->out, &bbk_cmd_logout);
	if (!args.len) {
		bbk_err_set(err, BBK_E_USAGE, "log out where?");
		return bbk_err_hint(err, "run: git bbkey logout "
					 "https://<address of Bitbucket>");
	}
	return run(env, args.v[0], &common, err);
}

const struct bbk_cmd bbk_cmd_logout = {
	.name = "logout",
	.usage = "git bbkey logout <base> [<options>]",
	.summary = "let git's helper forget the HTTP token",
	.run = logout,
};
