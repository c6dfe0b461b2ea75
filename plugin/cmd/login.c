#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/browser.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/screen.h"
#include "cmd/setup_options.h"
#include "cmd/usage.h"
#include "core/login.h"

struct arguments {
	struct bbk_login_wish wish;
	bool open;
	bool json;
};

#define FIELD(name) offsetof(struct arguments, name)
#define OFFER(name) \
	(FIELD(wish) + offsetof(struct bbk_login_wish, offer) + \
	 offsetof(struct bbk_token_offer, name))

static const struct bbk_option login_options[] = {
	{ "user", BBK_OPTION_STRING, OFFER(user), "<name>",
	  "the user name (Cloud: e-mail) that goes with it", NULL },
	{ "token-file", BBK_OPTION_STRING, OFFER(file), "<path>",
	  "read the token from this file; -: standard input", NULL },
	{ "stdin", BBK_OPTION_FLAG, OFFER(input), NULL,
	  "read the token from standard input", NULL },
	{ "open", BBK_OPTION_FLAG, FIELD(open), NULL,
	  "open the page where a token is made in the browser", NULL },
	{ .name = NULL },
};

#undef OFFER
#undef FIELD

#define REMARK(mark, ...)                                               \
	do {                                                            \
		char *said = bbk_strf(__VA_ARGS__);                     \
		bbk_screen_remark(env, wanted->json, BBK_MARK_##mark,   \
				  said);                                \
		free(said);                                             \
	} while (0)

/* --- before ------------------------------------------------------------- */

static void open_page(const struct bbk_env *env,
		      const struct arguments *wanted, const char *page)
{
	BBK_AUTO(err) failed = BBK_ERR_INIT;

	if (bbk_browser_open(page, env->clock, &failed) == 0)
		REMARK(DONE, "Opened %s", page);
	else
		REMARK(FAILED, "%s; open it yourself: %s", failed.what, page);
}

static void say_where(const struct bbk_env *env,
		      const struct arguments *wanted,
		      const struct bbk_login *login)
{
	const struct bbk_instance *instance = &login->found.instance;
	const char *release = login->release;

	REMARK(DONE, "%s%s%s at %s", instance->edition->name,
	       release ? " " : "", release ? release : "", instance->base);
}

static void say_how(const struct bbk_env *env, const struct arguments *wanted,
		    const struct bbk_login *login, const char *page)
{
	const struct bbk_edition *edition = login->found.instance.edition;

	REMARK(PLANNED, "An %s is made at %s", edition->token, page);
	if (!edition->is_cloud)
		REMARK(PLANNED, "Or one that is a project's own, %s",
		       edition->token_page);
	REMARK(PLANNED, "For keys of projects it needs %s",
	       edition->token_rights[BBK_SCOPE_PROJECT]);
}

/* --- after -------------------------------------------------------------- */

static void say_who(const struct bbk_env *env, const struct arguments *wanted,
		    const struct bbk_login *login)
{
	const struct bbk_rest *rest = &login->found.instance.rest;

	if (login->no_account)
		REMARK(DONE, "This token is good, and nobody's own: that of a "
		       "project or repository");
	else if (login->named && rest->who)
		REMARK(DONE, "This token is %s's", rest->who);
	else if (login->account)
		REMARK(DONE, "This token is %s's", login->account);
	else if (login->unnamed_why)
		REMARK(DONE, "This token is good. For keys of an account it "
		       "would need the scope %s, too", login->unnamed_why);
	else
		REMARK(DONE, "This token is good, and does not say whose it "
		       "is");
	if (login->account && rest->user)
		REMARK(PLANNED, "If it is the password of the account: a token "
		       "is better, it can be limited and revoked");
}

static void say_keys(const struct bbk_env *env,
		     const struct arguments *wanted, enum bbk_may may,
		     const char *place, const char *why)
{
	if (may == BBK_MAY)
		REMARK(DONE, "It may manage the access keys of %s", place);
	else if (may == BBK_MAY_NOT)
		REMARK(FAILED, "It may not manage the access keys of %s: %s",
		       place, why);
}

static void say_missing(const struct bbk_env *env,
			const struct arguments *wanted,
			const struct bbk_login *login)
{
	const struct bbk_instance *instance = &login->found.instance;
	BBK_AUTO(str) names = BBK_STR_INIT;

	for (size_t i = 0; i < login->missing.len; i++)
		if (!bbk_same(login->missing.v[i], login->unnamed_why))
			bbk_str_addf(&names, "%s%s", names.len ? ", " : "",
				     login->missing.v[i]);
	if (!instance->edition->is_cloud)
		return;
	if (names.len)
		REMARK(PLANNED, "It lacks the scopes %s; no scope includes "
		       "another", names.s);
	else if (instance->rest.user && (login->project_keys == BBK_MAY ||
					 login->repo_keys == BBK_MAY))
		REMARK(PLANNED, "To add one takes write:ssh-key:bitbucket, "
		       "too: only then it shows whether that is there");
}

static void say_rights(const struct bbk_env *env,
		       const struct arguments *wanted,
		       const struct bbk_login *login)
{
	bool cloud = login->found.instance.edition->is_cloud;
	const char *owner = cloud ? login->owner : login->project;
	char *place = login->project ?
		bbk_strf("project %s", login->project) :
		bbk_strf("the project of %s/%s", owner ? owner : "",
			 login->repo ? login->repo : "");

	say_keys(env, wanted, login->project_keys, place, login->project_why);
	free(place);
	place = bbk_strf("repository %s/%s", owner ? owner : "",
			 login->repo ? login->repo : "");
	say_keys(env, wanted, login->repo_keys, place, login->repo_why);
	free(place);
	if (!login->project && login->administrates == BBK_MAY)
		REMARK(DONE, "It administrates at least one repository");
	else if (!login->project && login->administrates == BBK_MAY_NOT)
		REMARK(FAILED, "It administrates no repository: it can add no "
		       "access keys");
	say_missing(env, wanted, login);
}

static void say_stored(const struct bbk_env *env,
		       const struct arguments *wanted,
		       const struct bbk_login *login)
{
	const struct bbk_rest *rest = &login->found.instance.rest;
	BBK_AUTO(strv) before = BBK_STRV_INIT;

	if (wanted->wish.dry_run) {
		REMARK(PLANNED, "Nothing was stored (--dry-run)");
		return;
	}
	REMARK(DONE, "Stored by git's credential helper%s", login->replaced ?
	       ", in the place of another one that git had" : "");
	if (login->apart)
		REMARK(PLANNED, "It is kept for git bbkey alone: over https "
		       "git can send no token that has no user name");
	bbk_login_sources(&login->found.instance, env, &before);
	for (size_t i = 0; i < before.len; i++)
		if (!bbk_same(before.v[i], rest->token_source))
			REMARK(PLANNED, "%s is set, and comes before it",
			       before.v[i]);
}

/* --- JSON --------------------------------------------------------------- */

static void put_may(struct json_t *object, const char *name, enum bbk_may may)
{
	if (may == BBK_MAY_UNASKED)
		bbk_json_put_null(object, name);
	else
		bbk_json_put_bool(object, name, may == BBK_MAY);
}

static void print_json(const struct bbk_env *env,
		       const struct bbk_login *login)
{
	const struct bbk_instance *instance = &login->found.instance;
	BBK_AUTO(json) object = { bbk_json_new_object() };
	struct json_t *rights = bbk_json_new_object();
	bool cloud = instance->edition->is_cloud;

	bbk_json_put_int(object.root, "version", 1);
	bbk_json_put_string(object.root, "base_url", instance->base);
	bbk_json_put_string(object.root, "edition", instance->edition->word);
	bbk_json_put_string(object.root, "user", !cloud ? login->account :
			    login->named ? instance->rest.who : NULL);
	bbk_json_put_bool(object.root, "stored", login->stored);
	put_may(rights, "administrates", login->administrates);
	bbk_json_put_string(rights, "workspace", cloud ? login->owner : NULL);
	bbk_json_put_string(rights, "project", login->project);
	bbk_json_put_string(rights, "repo", login->repo);
	put_may(rights, "project_keys", login->project_keys);
	put_may(rights, "repo_keys", login->repo_keys);
	bbk_json_put(object.root, "rights", rights);
	bbk_json_put_strings(object.root, "missing", &login->missing);
	bbk_print_json(env->out, &object);
}

/* --- the command -------------------------------------------------------- */

static int begin(struct bbk_login *login, struct bbk_env *env,
		 const struct arguments *wanted, struct bbk_err *err)
{
	int rc = bbk_login_begin(login, env, &wanted->wish, err);
	const struct bbk_instance *instance = &login->found.instance;
	char *page;

	/* who has none yet may be here for the page */
	if (rc < 0 && !(wanted->open && err->class == BBK_E_AUTH))
		return -1;
	page = instance->edition->tokens_page(instance->base);
	if (rc >= 0 && login->release)
		say_where(env, wanted, login);
	if (wanted->open)
		open_page(env, wanted, page);
	if (rc > 0) {
		say_how(env, wanted, login, page);
		rc = bbk_login_ask(login, env, err);
	}
	free(page);
	return rc;
}

static int run(struct bbk_env *env, const struct arguments *wanted,
	       struct bbk_err *err)
{
	BBK_AUTO(login) login = BBK_LOGIN_INIT;
	int rc = 0;

	if (begin(&login, env, wanted, err) < 0 ||
	    bbk_login_check(&login, env, err) < 0)
		return -1;
	if (!login.release) /* until now nobody was asked */
		say_where(env, wanted, &login);
	say_who(env, wanted, &login);
	say_rights(env, wanted, &login);
	if (!wanted->wish.dry_run)
		rc = bbk_login_store(&login, env, err);
	if (!rc)
		say_stored(env, wanted, &login);
	if (wanted->json)
		print_json(env, &login);
	return rc;
}

/* "-" is standard input, and that is not for typing on: it would be shown. */
static int settle_input(struct arguments *wanted, struct bbk_err *err)
{
	struct bbk_token_offer *offer = &wanted->wish.offer;

	if (offer->file && offer->input)
		return bbk_err_set(err, BBK_E_USAGE, "--stdin and --token-file "
						     "are two tokens");
	if (offer->file && !strcmp(offer->file, "-")) {
		offer->file = NULL;
		offer->input = true;
	}
	if (!offer->input || !isatty(STDIN_FILENO))
		return 0;
	bbk_err_set(err, BBK_E_USAGE, "standard input is the terminal, which "
		    "would show the token");
	return bbk_err_hint(err, "leave that option out, and you are asked "
				 "for it");
}

static int login(struct bbk_env *env, int argc, char **argv,
		 struct bbk_err *err)
{
	BBK_AUTO(strv) args = BBK_STRV_INIT;
	struct bbk_common common = { 0 };
	struct arguments wanted = { .open = false };

	if (bbk_options_parse(login_options, &wanted, &common, env, argc, argv,
			      &args, 1, NULL, err) < 0)
		return -1;
	if (common.help)
		return bbk_usage(env->out, &bbk_cmd_login);
	if (!args.len) {
		bbk_err_set(err, BBK_E_USAGE, "log in where?");
		return bbk_err_hint(err, "run: git bbkey login "
					 "https://<address of Bitbucket>");
	}
	if (settle_input(&wanted, err) < 0)
		return -1;
	wanted.wish.url = args.v[0];
	wanted.wish.dry_run = common.dry_run;
	wanted.json = common.json;
	return run(env, &wanted, err);
}

const struct bbk_cmd bbk_cmd_login = {
	.name = "login",
	.usage = "git bbkey login <base> [--user <name>] [--open] [<options>]",
	.summary = "check an HTTP token and let git's helper keep it",
	.options = login_options,
	.run = login,
};
