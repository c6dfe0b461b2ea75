#include "cmd/screen.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

#define SHORT_FINGERPRINT 13

static const struct {
	const char *utf8, *ascii, *color;
} marks[] = {
	{ "\u2713", "+", "\033[32m" },
	{ "\u2717", "!", "\033[31m" },
	{ "\u00b7", "-", "" },
};

void bbk_screen_line(FILE *out, const struct bbk_env *env, bool color,
		     enum bbk_mark mark, const char *text)
{
	const char *on = color ? marks[mark].color : "";
	BBK_AUTO(str) folded = BBK_STR_INIT;

	bbk_fold(&folded, text, 2);
	fprintf(out, "%s%s%s %s\n", on,
		env->utf8 ? marks[mark].utf8 : marks[mark].ascii,
		*on ? "\033[m" : "", bbk_str_get(&folded));
}

void bbk_screen_remark(const struct bbk_env *env, bool json,
		       enum bbk_mark mark, const char *text)
{
	if (!env->quiet && !json)
		bbk_screen_line(env->err, env, env->color, mark, text);
}

/* --- the sentences ------------------------------------------------------ */

const char *bbk_access_words(enum bbk_scope scope, bool write)
{
	return scope == BBK_SCOPE_PERSONAL ? "with the access that you have" :
	       write ? "write access" : "read access";
}

static void add_place(struct bbk_str *out, const struct bbk_setup *setup)
{
	const struct bbk_target *target = &setup->terms.target;
	const char *owner = target->workspace ? target->workspace :
						target->project;

	switch (target->scope) {
	case BBK_SCOPE_PROJECT:
		if (target->project)
			bbk_str_addf(out, "project %s", target->project);
		else
			bbk_str_addf(out, "the project of %s", owner);
		break;
	case BBK_SCOPE_REPO:
		bbk_str_addf(out, "repository %s/%s", owner, target->repo);
		break;
	case BBK_SCOPE_PERSONAL:
		bbk_str_add(out, "your account");
		break;
	}
}

void bbk_screen_fingerprint(struct bbk_str *out, const struct bbk_env *env,
			    const char *fingerprint)
{
	if (env->verbose)
		bbk_str_add(out, fingerprint);
	else
		bbk_str_addf(out, "%.*s%s", SHORT_FINGERPRINT, fingerprint,
			     env->utf8 ? "\u2026" : "...");
}

/* " (ED25519 SHA256:Cbg38r+gDC…)" */
static void add_fingerprint(struct bbk_str *out, const struct bbk_setup *setup)
{
	const char *fingerprint = setup->key.facts.fingerprint;

	if (!fingerprint)
		return;
	bbk_str_addf(out, " (%s ", setup->key.facts.word);
	bbk_screen_fingerprint(out, setup->env, fingerprint);
	bbk_str_addc(out, ')');
}

static void say_detect(struct bbk_str *out, const struct bbk_setup *setup)
{
	const struct bbk_detected *found = &setup->found;
	const struct bbk_instance *instance = &found->instance;
	const char *owner = bbk_detected_owner(found);
	bool repo = found->repo &&
		    (setup->terms.target.scope == BBK_SCOPE_REPO ||
		     found->workspace);

	bbk_str_add(out, instance->edition->name);
	if (instance->facts.release)
		bbk_str_addf(out, " %s", instance->facts.release);
	bbk_str_addf(out, " at %s", instance->base);
	if (repo)
		bbk_str_addf(out, ", repository %s/%s", owner, found->repo);
	if (found->project && (!repo || found->workspace))
		bbk_str_addf(out, ", project %s", found->project);
}

static void say_key(struct bbk_str *out, const struct bbk_setup *setup,
		    enum bbk_action action)
{
	bool planned = setup->wish->dry_run;
	char *name;

	if (setup->own) {
		bbk_str_addf(out, "Your own SSH keys open %s: none is made or "
				  "registered", setup->ssh_url);
		return;
	}
	name = setup->key.path ?
		bbk_path_shown(setup->key.path, setup->env->paths.home) :
		bbk_strf("~/.ssh/%s", setup->key_name);
	bbk_str_addf(out, action != BBK_ACTION_GENERATED ? "Key %s is there" :
			  planned ? "Key %s would be made" : "Key %s made",
		     name);
	add_fingerprint(out, setup);
	free(name);
}

static void say_hostkey(struct bbk_str *out, const struct bbk_setup *setup)
{
	const char *source = setup->access.source;

	if (!source || !strcmp(source, "known_hosts"))
		bbk_str_add(out, "Host key is the one in your known hosts");
	else if (!strcmp(source, "rest") || !strcmp(source, "site"))
		bbk_str_add(out, "Host key is the one that the server "
				 "publishes over HTTPS");
	else if (!strcmp(source, "built-in"))
		bbk_str_add(out, "Host key is one that Bitbucket Cloud has had "
				 "since 2023");
	else if (!strcmp(source, "person"))
		bbk_str_add(out, "Host key is the one that you confirmed");
	else
		bbk_str_add(out, "Host key has the fingerprint that you gave");
}

static void say_register(struct bbk_str *out, const struct bbk_setup *setup,
			 enum bbk_action action)
{
	const char *label = setup->grant.label ? setup->grant.label :
						 setup->label;
	enum bbk_scope scope = setup->terms.target.scope;
	char *shown;

	if (action == BBK_ACTION_NONE && !setup->grant.id) {
		if (setup->own)
			return;
		bbk_str_addf(out, "Registered %s, %s",
			     scope == BBK_SCOPE_PERSONAL ?
				     "on your account" : "by somebody else",
			     bbk_access_words(scope, setup->grant.write));
		return;
	}
	shown = bbk_scrubbed(label);
	bbk_str_add(out, action == BBK_ACTION_NONE ? "Already registered on " :
			 setup->wish->dry_run ? "Would be registered on " :
						"Registered on ");
	add_place(out, setup);
	bbk_str_addf(out, ", %s, as \"%s\"",
		     bbk_access_words(scope, setup->grant.write ||
					     setup->terms.write), shown);
	if (setup->grant.expires)
		bbk_str_addf(out, ", until %s", setup->grant.expires);
	free(shown);
}

static void say_verify(struct bbk_str *out, const struct bbk_setup *setup,
		       enum bbk_action action)
{
	char *unlock = bbk_key_unlock(&setup->key, setup->env->paths.home);

	if (action == BBK_ACTION_SKIPPED)
		bbk_str_addf(out, "Not tried: the key has a passphrase; run %s "
				  "once, then git fetch", unlock);
	else
		bbk_str_addf(out, setup->wish->dry_run && !setup->checked ?
				  "%s would be tried" : "%s answers",
			     setup->ssh_url);
	free(unlock);
}

static void say_remote(struct bbk_str *out, const struct bbk_setup *setup,
		       enum bbk_action action)
{
	if (action == BBK_ACTION_SKIPPED)
		bbk_str_addf(out, "Remote '%s' is left as it is",
			     setup->remote);
	else
		bbk_str_addf(out, "Remote '%s' %s ssh", setup->remote,
			     action != BBK_ACTION_SWITCHED ? "uses" :
			     setup->wish->dry_run ? "would use" : "now uses");
}

static void say_automatic(struct bbk_str *out, const struct bbk_setup *setup)
{
	const char *host = setup->found.instance.url.host;
	enum bbk_auto how = setup->wish->has_auto ? setup->wish->automatic :
				    setup->found.instance.automatic;

	bbk_str_addf(out, "New clones from %s %s%s%s", host,
		     setup->wish->dry_run ? "would " : "",
		     how != BBK_AUTO_NEVER ? "set themselves up" :
		     setup->wish->dry_run ? "be left alone" : "are left alone",
		     how == BBK_AUTO_ASK ? ", after asking" : "");
}

static void say(struct bbk_str *out, const struct bbk_setup *setup,
		enum bbk_step step, enum bbk_action action)
{
	switch (step) {
	case BBK_STEP_DETECT:
		say_detect(out, setup);
		break;
	case BBK_STEP_KEY:
		say_key(out, setup, action);
		break;
	case BBK_STEP_HOSTKEY:
		say_hostkey(out, setup);
		break;
	case BBK_STEP_REGISTER:
		say_register(out, setup, action);
		break;
	case BBK_STEP_VERIFY:
		say_verify(out, setup, action);
		break;
	case BBK_STEP_REMOTE:
		if (setup->remote)
			say_remote(out, setup, action);
		break;
	case BBK_STEP_AUTOMATIC:
		say_automatic(out, setup);
		break;
	default:
		break;
	}
}

static const char *const doing[] = {
	"Asking Bitbucket", "Making a key",
	"Checking the server's host key", "Registering the key",
	"Trying the key", "Changing the remote's URL",
	"Switching on automatic setup", "Cloning",
};

/* --- the list ----------------------------------------------------------- */

static bool moves(const struct bbk_screen *screen)
{
	const char *term = getenv("TERM");

	return screen->env->err_is_terminal && term &&
	       strcmp(term, "dumb") != 0;
}

static void clear_line(struct bbk_screen *screen)
{
	if (screen->at_work && moves(screen) && !screen->silent)
		fprintf(screen->env->err, "\r\033[K");
	screen->at_work = false;
}

static const char *mark_of(const struct bbk_screen *screen)
{
	return screen->env->utf8 ? marks[BBK_MARK_PLANNED].utf8 :
				   marks[BBK_MARK_PLANNED].ascii;
}

static const char *dots_of(const struct bbk_screen *screen)
{
	return screen->env->utf8 ? "\u2026" : "...";
}

/* Once. */
static void say_what_to_send(const struct bbk_screen *screen,
			     const struct bbk_setup *setup)
{
	const struct bbk_env *env = screen->env;

	if (setup->waited_ms || setup->wish->requested)
		return;
	bbk_screen_line(env->err, env, env->color, BBK_MARK_PLANNED,
			"What to add, and where, is what this says:");
	fprintf(env->err, "  %s\n", setup->request);
}

/* Where nothing moves, it is said once. */
static void say_waiting(const struct bbk_screen *screen,
			const struct bbk_setup *setup)
{
	static const char what[] = "Waiting until the key is added there";
	FILE *err = screen->env->err;

	say_what_to_send(screen, setup);
	if (moves(screen))
		fprintf(err, "%s %s, %lld min so far (Ctrl-C ends this)%s",
			mark_of(screen), what,
			(long long)(setup->waited_ms / 60000),
			dots_of(screen));
	else if (!setup->waited_ms)
		fprintf(err, "%s %s, for an hour at most%s\n",
			mark_of(screen), what, dots_of(screen));
}

/* One of those that ssh offers by itself: a person's, not a machine's. */
static bool is_default_key(const struct bbk_setup *setup)
{
	const char *path = setup->wish->key ? setup->key.path : NULL;
	size_t len = strlen(setup->env->paths.ssh);

	return path && bbk_begins(path, setup->env->paths.ssh) &&
	       bbk_begins(path + len, "/id_");
}

/* What the key will not be able to do, before it is registered. */
static void say_limits(struct bbk_screen *screen, const struct bbk_setup *setup)
{
	const struct bbk_env *env = screen->env;

	if (setup->plan.action[BBK_STEP_REGISTER] != BBK_ACTION_CREATED ||
	    setup->terms.target.scope == BBK_SCOPE_PERSONAL || setup->waiting ||
	    screen->said)
		return;
	screen->said = true;
	if (setup->found.instance.edition->is_cloud)
		bbk_screen_line(env->err, env, env->color, BBK_MARK_PLANNED,
				"It will be an access key: Cloud lets those "
				"read, not push, and not get Git LFS files");
	if (is_default_key(setup))
		bbk_screen_line(env->err, env, env->color, BBK_MARK_PLANNED,
				"An access key cannot be on your account, too: "
				"without --key, one is made for this");
}

static void on_begin(struct bbk_progress *progress, enum bbk_step step,
		     const struct bbk_setup *setup)
{
	struct bbk_screen *screen = (struct bbk_screen *)progress;

	clear_line(screen);
	screen->step = step;
	if (step == BBK_STEP_REGISTER && !screen->silent)
		say_limits(screen, setup);
	screen->at_work = true;
	if (screen->silent)
		return;
	if (setup->waiting)
		say_waiting(screen, setup);
	else if (moves(screen))
		fprintf(screen->env->err, "%s %s%s", mark_of(screen),
			doing[step], dots_of(screen));
	fflush(screen->env->err);
}

/* It was asked for, and is not so. */
static void say_no_expiry(const struct bbk_screen *screen,
			  const struct bbk_setup *setup)
{
	const struct bbk_env *env = screen->env;
	enum bbk_action done = setup->plan.action[BBK_STEP_REGISTER];
	char *text;

	if (!setup->wish->expires || setup->grant.expires || setup->own ||
	    screen->dry_run)
		return;
	text = done == BBK_ACTION_CREATED ?
		bbk_strdup("Bitbucket did not say that the key expires") :
		bbk_strf("It was registered before, so --expires changes "
			 "nothing; a key that does expire: git bbkey init "
			 "--new-key --expires %ld%s", setup->wish->expires,
			 bbk_scope_option(setup->terms.target.scope));
	bbk_screen_line(env->err, env, env->color, BBK_MARK_PLANNED, text);
	free(text);
}

static void on_end(struct bbk_progress *progress, enum bbk_step step,
		   const struct bbk_setup *setup)
{
	struct bbk_screen *screen = (struct bbk_screen *)progress;
	enum bbk_action action = setup->plan.action[step];
	BBK_AUTO(str) text = BBK_STR_INIT;

	clear_line(screen);
	if (screen->silent)
		return;
	if (screen->dry_run && step != BBK_STEP_DETECT &&
	    (action == BBK_ACTION_SKIPPED || action == BBK_ACTION_NONE))
		return;
	if (screen->dry_run && step == BBK_STEP_REGISTER)
		say_limits(screen, setup);
	say(&text, setup, step, action);
	if (text.len)
		bbk_screen_line(screen->env->err, screen->env,
				screen->env->color,
				screen->dry_run && step != BBK_STEP_DETECT ?
					BBK_MARK_PLANNED : BBK_MARK_DONE,
				bbk_str_get(&text));
	if (step == BBK_STEP_REGISTER)
		say_no_expiry(screen, setup);
}

void bbk_screen_init(struct bbk_screen *screen, struct bbk_env *env,
		     bool silent, bool dry_run)
{
	*screen = (struct bbk_screen){
		.progress = { on_begin, on_end }, .env = env,
		.silent = silent, .dry_run = dry_run,
	};
}

void bbk_screen_clear(struct bbk_screen *screen)
{
	clear_line(screen);
}

void bbk_screen_fail(struct bbk_screen *screen)
{
	bool failed = screen->at_work;

	clear_line(screen);
	if (failed && !screen->silent)
		bbk_screen_line(screen->env->err, screen->env,
				screen->env->color, BBK_MARK_FAILED,
				doing[screen->step]);
}

void bbk_screen_close(struct bbk_screen *screen, bool changed)
{
	clear_line(screen);
	if (screen->silent)
		return;
	if (screen->dry_run)
		fprintf(screen->env->err, "%s\n", changed ?
			"Nothing was changed (--dry-run)." :
			"There is nothing to do.");
	else if (!changed)
		fprintf(screen->env->err, "Everything was set up already.\n");
}
