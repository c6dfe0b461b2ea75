#include "cmd/setup_options.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/choice.h"
#include "cmd/lfs.h"
#include "cmd/screen.h"
#include "core/plainssh.h"
#include "core/token.h"
#include "ssh/hostkey.h"

int bbk_setup_set_scope(void *options, const char *value,
			struct bbk_err *err)
{
	struct bbk_wish *wish = options;

	wish->has_scope = true;
	if (bbk_scope_parse(&wish->scope, value) < 0)
		return bbk_err_set(err, BBK_E_USAGE,
				   "--scope is project, repo or personal");
	return 0;
}

int bbk_setup_set_read(void *options, const char *value,
		       struct bbk_err *err)
{
	struct bbk_wish *wish = options;

	(void)value;
	(void)err;
	wish->has_permission = true;
	wish->write = false;
	return 0;
}

int bbk_setup_set_write(void *options, const char *value,
			struct bbk_err *err)
{
	struct bbk_wish *wish = options;

	(void)value;
	(void)err;
	wish->has_permission = wish->write = true;
	return 0;
}

int bbk_setup_set_key_type(void *options, const char *value,
			   struct bbk_err *err)
{
	struct bbk_wish *wish = options;

	wish->has_key_type = true;
	if (bbk_key_type_parse(&wish->key_type, value) < 0)
		return bbk_err_set(err, BBK_E_USAGE,
				   "--key-type is ed25519, ecdsa, rsa or "
				   "ed25519-sk");
	return 0;
}

static int set_auto(void *options, const char *value, struct bbk_err *err)
{
	struct bbk_wish *wish = options;

	wish->has_auto = true;
	if (bbk_auto_parse(&wish->automatic, value) < 0)
		return bbk_err_set(err, BBK_E_USAGE,
				   "--auto is ask, always or never");
	return 0;
}

int bbk_setup_set_label(void *options, const char *value,
			struct bbk_err *err)
{
	struct bbk_wish *wish = options;

	if (!*value || strlen(value) > 255)
		return bbk_err_set(err, BBK_E_USAGE,
				   "--label is 1 to 255 characters");
	for (const char *c = value; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return bbk_err_set(err, BBK_E_USAGE, "--label has a "
					   "control character");
	wish->label = value;
	return 0;
}

static int add_host_key(void *options, const char *value, struct bbk_err *err)
{
	struct bbk_wish *wish = options;

	char *pin = bbk_fingerprint_canonical(NULL, value);

	if (!pin) {
		bbk_err_set(err, BBK_E_USAGE,
			    "--host-key is not a fingerprint");
		return bbk_err_hint(err, "it looks like SHA256:, then 43 "
					 "letters and digits, as 'ssh-keygen "
					 "-lf' prints it");
	}
	bbk_strv_add(&wish->host_keys, pin);
	free(pin);
	return 0;
}

#define FIELD(name) offsetof(struct bbk_wish, name)

const struct bbk_option bbk_setup_options[] = {
	{ "base", BBK_OPTION_STRING, FIELD(base), "<base>",
	  "the instance that an ssh URL belongs to", NULL },
	{ "remote", BBK_OPTION_STRING, FIELD(remote), "<name>",
	  "the remote to set up (default: origin)", NULL },
	{ "scope", BBK_OPTION_CALL, 0, "project|repo|personal",
	  "where the key is registered (default: project)",
	  bbk_setup_set_scope },
	{ "read", BBK_OPTION_CALL, 0, NULL, "read access (default)",
	  bbk_setup_set_read },
	{ "write", BBK_OPTION_CALL, 0, NULL, "read and write access",
	  bbk_setup_set_write },
	{ "key", BBK_OPTION_STRING, FIELD(key), "<private key path>",
	  "use this key instead of one of our own", NULL },
	{ "key-type", BBK_OPTION_CALL, 0, "ed25519|ecdsa|rsa|ed25519-sk",
	  "type of a new key (default: ed25519)", bbk_setup_set_key_type },
	{ "new-key", BBK_OPTION_FLAG, FIELD(new_key), NULL,
	  "a key for this project alone", NULL },
	{ "passphrase", BBK_OPTION_FLAG, FIELD(passphrase), NULL,
	  "let ssh-keygen ask for a passphrase", NULL },
	{ "expires", BBK_OPTION_DAYS, FIELD(expires), "<days>",
	  "let the registration expire", NULL },
	{ "label", BBK_OPTION_CALL, 0, "<text>",
	  "its name in Bitbucket (else: bbkey <user>@<host>)",
	  bbk_setup_set_label },
	{ "token-file", BBK_OPTION_STRING, FIELD(token_file), "<path>",
	  "read the HTTP access token from a file", NULL },
	{ "host-key", BBK_OPTION_CALL, 0, "SHA256:<fingerprint>",
	  "the SSH server's host key (may be given again)", add_host_key },
	{ "auto", BBK_OPTION_CALL, 0, "ask|always|never",
	  "what a first plain 'git clone' of a project does", set_auto },
	{ "wait", BBK_OPTION_FLAG, FIELD(wait), NULL,
	  "wait until an admin has registered the key", NULL },
	{ "keep-remote", BBK_OPTION_FLAG, FIELD(keep_remote), NULL,
	  "leave the remote's URL as it is", NULL },
	{ "submodules", BBK_OPTION_FLAG, FIELD(submodules), NULL,
	  "also the projects that its submodules live in", NULL },
	{ "ssh-config", BBK_OPTION_FLAG, FIELD(ssh_config), NULL,
	  "tell plain ssh of the key, too (for go, npm)", NULL },
	{ .name = NULL },
};

#undef FIELD

static void add_steps(struct json_t *root, const struct bbk_setup *setup)
{
	struct json_t *steps = bbk_json_new_array();

	for (int i = 0; i < BBK_STEPS; i++) {
		struct json_t *step = bbk_json_new_object();

		bbk_json_put_string(step, "step",
				    bbk_step_word((enum bbk_step)i));
		bbk_json_put_string(step, "action",
				    bbk_action_word(setup->plan.action[i]));
		bbk_json_append(steps, step);
	}
	bbk_json_put(root, "steps", steps);
}

static void fill_json(struct json_t *root, const struct bbk_setup *setup,
		      bool changed)
{
	const struct bbk_detected *found = &setup->found;
	struct json_t *part;

	bbk_json_put_bool(root, "changed", changed);
	add_steps(root, setup);
	part = bbk_json_new_object();
	bbk_json_put_string(part, "base_url", found->instance.base);
	bbk_json_put_string(part, "edition", found->instance.edition->word);
	bbk_json_put_string(part, "release", found->instance.facts.release);
	bbk_json_put(root, "instance", part);
	part = bbk_json_new_object();
	if (found->workspace)
		bbk_json_put_string(part, "workspace", found->workspace);
	bbk_json_put_string(part, "project", found->project);
	bbk_json_put_string(part, "repo", found->repo);
	bbk_json_put(root, "target", part);
	part = bbk_json_new_object();
	bbk_json_put_string(part, "path", setup->own ? NULL :
						     setup->key.path);
	bbk_json_put_string(part, "fingerprint", setup->key.facts.fingerprint);
	bbk_json_put(root, "key", part);
	bbk_json_put_string(root, "url", setup->ssh_url);
}

void bbk_json_put_key(struct json_t *object, const struct bbk_pubkey *public,
		      const struct bbk_key_facts *facts)
{
	bbk_json_put_string(object, "type", public->type);
	if (facts->bits)
		bbk_json_put_int(object, "bits", facts->bits);
	else
		bbk_json_put_null(object, "bits");
	bbk_json_put_string(object, "fingerprint", facts->fingerprint);
}

void bbk_print_json(FILE *out, const struct bbk_json *json)
{
	BBK_AUTO(str) text = BBK_STR_INIT;

	bbk_json_text(&text, json->root, true);
	fprintf(out, "%s\n", bbk_str_get(&text));
}

int bbk_after_ssh_config(struct bbk_after *after, struct bbk_err *err)
{
	const struct bbk_setup *setup = after->setup;
	const struct bbk_env *env = setup->env;
	bool changed = false;

	if (!setup->wish->ssh_config)
		return 0;
	if (bbk_plainssh_enable(setup, &changed, err) < 0)
		return -1;
	after->changed = after->changed || changed;
	bbk_json_put_string(after->json, "ssh_config",
			    bbk_action_word(changed ? BBK_ACTION_ENABLED :
						      BBK_ACTION_NONE));
	if (!after->silent)
		bbk_screen_line(env->err, env, env->color,
				setup->wish->dry_run ? BBK_MARK_PLANNED :
						       BBK_MARK_DONE,
				setup->wish->dry_run ?
				"Plain ssh would offer this key, by a line in "
				"~/.ssh/config" :
				"Plain ssh offers this key, by a line in "
				"~/.ssh/config");
	return 0;
}

void bbk_after_lfs(struct bbk_after *after)
{
	const struct bbk_env *env = after->setup->env;
	struct bbk_lfs lfs;

	bbk_lfs_look(&lfs, after->setup->found.instance.edition,
		     after->setup->own ? BBK_SCOPE_PERSONAL :
					 after->setup->terms.target.scope);
	bbk_lfs_put_json(after->json, &lfs);
	if (!after->silent)
		bbk_lfs_print(env->err, env, env->color, &lfs);
}

/* Runs the loop, again where the person has chosen another way. */
static int run(struct bbk_setup *setup, struct bbk_env *env,
	       struct bbk_screen *screen, struct bbk_wish *wish,
	       struct bbk_err *err)
{
	int rc;

	bbk_setup_init(setup, env, wish, &screen->progress);
	while ((rc = bbk_setup_run(setup, err)) < 0) {
		bbk_token_keep(&setup->found.instance, env);
		if (!bbk_choice_on_screen(setup, screen, wish, err)) {
			bbk_screen_fail(screen);
			break;
		}
		bbk_setup_release(setup);
		bbk_setup_init(setup, env, wish, &screen->progress);
	}
	return rc;
}

int bbk_setup_on_screen(struct bbk_env *env, const struct bbk_wish *wish,
			bool json,
			int (*then)(struct bbk_after *after, void *arg,
				    struct bbk_err *err),
			void *arg, struct bbk_err *err)
{
	BBK_AUTO(json) object = BBK_JSON_INIT;
	struct bbk_wish chosen = *wish; /* its list of host keys is borrowed */
	struct bbk_screen screen;
	struct bbk_setup setup;
	struct bbk_after after = { .setup = &setup,
				   .silent = env->quiet || json };
	int rc;

	bbk_screen_init(&screen, env, after.silent, wish->dry_run);
	rc = run(&setup, env, &screen, &chosen, err);
	if (rc == 0) {
		object.root = after.json = bbk_json_new_object();
		bbk_json_put_int(object.root, "version", 1);
		after.changed = bbk_plan_changes(&setup.plan);
		rc = then ? then(&after, arg, err) : 0;
	}
	if (rc == 0) {
		bbk_screen_close(&screen, after.changed);
		fill_json(object.root, &setup, after.changed);
	}
	if (rc == 0 && json)
		bbk_print_json(env->out, &object);
	bbk_setup_release(&setup);
	return rc;
}
