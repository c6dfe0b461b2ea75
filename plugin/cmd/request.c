#include <stdlib.h>

#include "base/browser.h"
#include "base/clipboard.h"
#include "base/file.h"
#include "cmd/cmd.h"
#include "cmd/screen.h"
#include "cmd/setup_options.h"
#include "cmd/usage.h"
#include "core/request_prepare.h"

struct arguments {
	struct bbk_wish wish; /* first: bbk_setup_set_...() take it so */
	bool copy;
	bool open;
	bool json;
};

#define FIELD(name) offsetof(struct arguments, name)
#define WISH(name) (FIELD(wish) + offsetof(struct bbk_wish, name))

static const struct bbk_option request_options[] = {
	{ "base", BBK_OPTION_STRING, WISH(base), "<base>",
	  "the instance that an ssh URL belongs to", NULL },
	{ "remote", BBK_OPTION_STRING, WISH(remote), "<name>",
	  "the remote to ask for (default: origin)", NULL },
	{ "scope", BBK_OPTION_CALL, 0, "project|repo|personal",
	  "where the key is to be added (default: project)",
	  bbk_setup_set_scope },
	{ "read", BBK_OPTION_CALL, 0, NULL, "ask for read access (default)",
	  bbk_setup_set_read },
	{ "write", BBK_OPTION_CALL, 0, NULL, "ask for read and write access",
	  bbk_setup_set_write },
	{ "key", BBK_OPTION_STRING, WISH(key), "<private key path>",
	  "ask for this key instead of one of our own", NULL },
	{ "key-type", BBK_OPTION_CALL, 0, "ed25519|ecdsa|rsa|ed25519-sk",
	  "type of a new key (default: ed25519)", bbk_setup_set_key_type },
	{ "new-key", BBK_OPTION_FLAG, WISH(new_key), NULL,
	  "a key for this project alone", NULL },
	{ "passphrase", BBK_OPTION_FLAG, WISH(passphrase), NULL,
	  "let ssh-keygen ask for a passphrase", NULL },
	{ "expires", BBK_OPTION_DAYS, WISH(expires), "<days>",
	  "ask for access that expires", NULL },
	{ "label", BBK_OPTION_CALL, 0, "<text>",
	  "its name in Bitbucket (else: bbkey <user>@<host>)",
	  bbk_setup_set_label },
	{ "copy", BBK_OPTION_FLAG, FIELD(copy), NULL,
	  "put the public key on the clipboard", NULL },
	{ "open", BBK_OPTION_FLAG, FIELD(open), NULL,
	  "open the page where it is added in the browser", NULL },
	{ .name = NULL },
};

#undef WISH
#undef FIELD

static void say_key(const struct bbk_env *env,
		    const struct arguments *wanted,
		    const struct bbk_prepared *prepared)
{
	bool missing = !prepared->key.line;
	char *path = bbk_path_shown(prepared->key.path, env->paths.home);
	char *text = bbk_strf(missing ? "Key %s would be made" : "Key %s made",
			      path);

	if (missing || prepared->key.fresh)
		bbk_screen_remark(env, wanted->json, missing ?
				  BBK_MARK_PLANNED : BBK_MARK_DONE, text);
	if (wanted->wish.dry_run)
		bbk_screen_remark(env, wanted->json, BBK_MARK_PLANNED,
				  "Nothing was changed (--dry-run)");
	free(text);
	free(path);
}

static void print(const struct bbk_env *env,
		  const struct bbk_access_request *request, bool json)
{
	BBK_AUTO(json) object = BBK_JSON_INIT;
	BBK_AUTO(str) text = BBK_STR_INIT;

	if (json) {
		object.root = bbk_json_new_object();
		bbk_json_put_int(object.root, "version", 1);
		if (request->line)
			bbk_json_put(object.root, "request",
				     bbk_access_request_json(request));
		else
			bbk_json_put_null(object.root, "request");
		bbk_print_json(env->out, &object);
	} else if (request->line) {
		bbk_access_request_text(request, &text);
		fprintf(env->out, "%s", bbk_str_get(&text));
	}
}

static int copy(const struct bbk_env *env, const struct arguments *wanted,
		const struct bbk_access_request *request, struct bbk_err *err)
{
	const char *program;
	char *text;

	if (bbk_clipboard_put(request->line, &program, err) < 0)
		return bbk_err_wrap(err, "cannot copy the public key");
	text = program ?
		bbk_strf("Copied the public key (%s)", program) :
		bbk_strdup("Asked the terminal to copy the public key; not "
			   "every terminal does");
	bbk_screen_remark(env, wanted->json, program ?
			  BBK_MARK_DONE : BBK_MARK_PLANNED, text);
	free(text);
	return 0;
}

static int open_page(const struct bbk_env *env, const struct arguments *wanted,
		     const struct bbk_access_request *request,
		     struct bbk_err *err)
{
	const char *page = request->page ? request->page : request->instead;
	char *text;

	if (bbk_browser_open(page, env->clock, err) < 0)
		return -1;
	text = bbk_strf("Opened %s", page);
	bbk_screen_remark(env, wanted->json, BBK_MARK_DONE, text);
	free(text);
	return 0;
}

/* Both are tried; the first that fails is what is said. */
static int hand_on(const struct bbk_env *env, const struct arguments *wanted,
		   const struct bbk_access_request *request,
		   struct bbk_err *err)
{
	BBK_AUTO(err) second = BBK_ERR_INIT;
	int copied = wanted->copy ? copy(env, wanted, request, err) : 0;

	if (wanted->open && open_page(env, wanted, request,
				      copied < 0 ? &second : err) < 0)
		return -1;
	return copied;
}

static int run(struct bbk_env *env, const struct arguments *wanted,
	       struct bbk_err *err)
{
	BBK_AUTO(prepared) prepared = BBK_PREPARED_INIT;
	struct bbk_access_request *request = &prepared.request;

	if (bbk_access_request_prepare(env, &wanted->wish, &prepared, err) < 0)
		return -1;
	request->sync = bbk_cmd_find("sync") != NULL;
	say_key(env, wanted, &prepared);
	print(env, request, wanted->json);
	return wanted->wish.dry_run ? 0 : hand_on(env, wanted, request, err);
}

static int request(struct bbk_env *env, int argc, char **argv,
		   struct bbk_err *err)
{
	BBK_AUTO(strv) args = BBK_STRV_INIT;
	struct bbk_common common = { 0 };
	struct arguments wanted = { .wish = BBK_WISH_INIT };

	if (bbk_options_parse(request_options, &wanted, &common, env, argc,
			      argv, &args, 1, NULL, err) < 0)
		return -1;
	if (common.help)
		return bbk_usage(env->out, &bbk_cmd_request);
	wanted.wish.url = args.len ? args.v[0] : NULL;
	wanted.wish.dry_run = common.dry_run;
	wanted.json = common.json;
	return run(env, &wanted, err);
}

const struct bbk_cmd bbk_cmd_request = {
	.name = "request",
	.usage = "git bbkey request [<url>] [--copy] [--open] [<options>]",
	.summary = "write what to send to an admin who can add the key",
	.options = request_options,
	.run = request,
};
