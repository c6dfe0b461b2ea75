#include "core/login.h"

#include <stdlib.h>
#include <string.h>

#include "base/cloud.h"
#include "bitbucket/account.h"
#include "bitbucket/datacenter.h"
#include "core/kept.h"
#include "core/remote.h"
#include "core/token_ask.h"
#include "git/config.h"
#include "git/credential.h"

#define NO_KEY "-" /* no key has this blob: the list is read, none is found */

void bbk_login_release(struct bbk_login *login)
{
	bbk_detected_release(&login->found);
	free(login->release);
	free(login->account);
	free(login->unnamed_why);
	free(login->owner);
	free(login->project);
	free(login->repo);
	free(login->project_why);
	free(login->repo_why);
	bbk_strv_release(&login->missing);
	*login = (struct bbk_login)BBK_LOGIN_INIT;
}

/* --- which instance, which token ---------------------------------------- */

static int nothing_offered(const struct bbk_instance *instance,
			   const struct bbk_env *env, struct bbk_err *err)
{
	const struct bbk_edition *edition = instance->edition;
	char *page = edition->tokens_page(instance->base);

	bbk_err_set(err, BBK_E_AUTH, "no token was given for %s%s",
		    instance->base, env->token.token.len ?
			    ": BBKEY_TOKEN is only for the instance that "
			    "BBKEY_URL names" : "");
	bbk_err_hint(err, "make an %s with %s at %s, and give it by "
			  "--token-file <file>, --stdin, or BBKEY_TOKEN with "
			  "BBKEY_URL=%s%s", edition->token,
		     edition->token_rights[BBK_SCOPE_PROJECT], page,
		     instance->base, edition->is_cloud ?
			     "; --user <e-mail> says whose it is" : "");
	free(page);
	return -1;
}

int bbk_login_begin(struct bbk_login *login, struct bbk_env *env,
		    const struct bbk_login_wish *wish, struct bbk_err *err)
{
	struct bbk_detect_wish how = { .url = wish->url, .from_person = true };
	struct bbk_instance *instance = &login->found.instance;
	int rc = bbk_detect_instance(&login->found, env, &how, err);

	if (!rc)
		rc = bbk_token_offered(instance, env, &wish->offer, err);
	if (rc > 0 && !bbk_token_can_ask(env))
		return nothing_offered(instance, env, err);
	if (rc >= 0 && !instance->edition->is_cloud &&
	    bbk_dc_release(&instance->rest, &login->release, err) < 0)
		return -1;
	return rc;
}

int bbk_login_ask(struct bbk_login *login, struct bbk_env *env,
		  struct bbk_err *err)
{
	int rc = bbk_token_ask(&login->found.instance, env, err);

	return rc > 0 ? nothing_offered(&login->found.instance, env, err) : rc;
}

/* --- for which place ---------------------------------------------------- */

/* Is the URL one of this instance?  By configuration alone, nobody is asked. */
static bool is_ours(const struct bbk_url *url,
		    const struct bbk_instance *instance, struct bbk_env *env)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(instance) other = BBK_INSTANCE_INIT;

	if (url->scheme != BBK_SSH)
		return bbk_url_within(url, &instance->url);
	if (bbk_cloud_is_ssh(url->host, url->port))
		return !strcmp(instance->base, BBK_CLOUD_BASE);
	return bbk_detect_of_ssh(&other, env, url->user ? url->user : "git",
				 url->host, url->port_given ? url->port : 0,
				 &ignored) == 0 &&
	       !strcmp(other.base, instance->base);
}

/* The remote of the repository here, if there is one that is of this base. */
static void find_here(struct bbk_address *address,
		      const struct bbk_instance *instance, struct bbk_env *env)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(address) found = BBK_ADDRESS_INIT;
	BBK_AUTO(url) url = BBK_URL_INIT;
	char *remote = NULL, *text = NULL;

	if (bbk_remote_choose(NULL, &remote, &text, &ignored) == 0 &&
	    bbk_url_parse(&url, text, &ignored) == 0 &&
	    is_ours(&url, instance, env) &&
	    bbk_address_of(&found, &url, instance->edition->is_cloud,
			   &ignored) == 0) {
		bbk_address_release(address);
		*address = found;
		found = (struct bbk_address)BBK_ADDRESS_INIT;
	}
	free(remote);
	free(text);
}

static void choose_place(struct bbk_login *login, struct bbk_env *env)
{
	struct bbk_address *address = &login->found.address;

	if (!bbk_address_owner(address))
		find_here(address, &login->found.instance, env);
	bbk_replace(&login->owner, address->workspace);
	login->project = address->project ?
		bbk_project_key(address->project) : NULL;
	bbk_replace(&login->repo, address->repo);
}

/* --- what it may -------------------------------------------------------- */

/* "a, b", as the last refusal that named any named them; each once. */
static void take_missing(struct bbk_login *login)
{
	const struct bbk_rest *rest = &login->found.instance.rest;
	const char *text = rest->missing ? rest->missing : "";

	while (*text) {
		size_t len = strcspn(text, ", ");
		char *scope = bbk_strndup(text, len);

		if (len && !bbk_strv_has(&login->missing, scope))
			bbk_strv_add(&login->missing, scope);
		free(scope);
		text += len + strspn(text + len, ", ");
	}
}

/* No right is an answer; anything else that fails is none. */
static int take_no(struct bbk_login *login, enum bbk_may *may, char **why,
		   struct bbk_err *err)
{
	if (err->class != BBK_E_PERMISSION)
		return -1;
	take_missing(login);
	*may = BBK_MAY_NOT;
	bbk_replace(why, err->what);
	bbk_err_release(err);
	return 0;
}

static int check_keys(struct bbk_login *login, enum bbk_scope scope,
		      enum bbk_may *may, char **why, struct bbk_err *err)
{
	struct bbk_instance *instance = &login->found.instance;
	BBK_AUTO(grant) grant = BBK_GRANT_INIT;
	const struct bbk_target target = {
		.scope = scope, .workspace = login->owner,
		.project = login->project,
		.repo = scope == BBK_SCOPE_REPO ? login->repo : NULL,
	};

	if (bbk_grant_find(instance->edition, &instance->rest, &target, NO_KEY,
			   &grant, err) < 0)
		return take_no(login, may, why, err);
	*may = BBK_MAY;
	return 0;
}

/* Which project a repository of Cloud is in takes a right, too. */
static int find_project(struct bbk_login *login, struct bbk_err *err)
{
	struct bbk_instance *instance = &login->found.instance;
	BBK_AUTO(repository) found = BBK_REPOSITORY_INIT;

	if (login->project || !login->owner || !login->repo)
		return 0;
	if (instance->edition->repository(&instance->rest, login->owner,
					  login->repo, &found, err) < 0)
		return take_no(login, &login->project_keys,
			       &login->project_why, err);
	bbk_replace(&login->project, found.project);
	return 0;
}

/* Of Data Center, where no scope is named, what the place takes. */
static void take_permission(struct bbk_login *login)
{
	if (login->found.instance.edition->is_cloud)
		return;
	if (login->project_keys == BBK_MAY_NOT)
		bbk_strv_add(&login->missing, "PROJECT_ADMIN");
	if (login->repo_keys == BBK_MAY_NOT)
		bbk_strv_add(&login->missing, "REPO_ADMIN");
}

static int check_place(struct bbk_login *login, struct bbk_err *err)
{
	if (find_project(login, err) < 0)
		return -1;
	if (login->project &&
	    check_keys(login, BBK_SCOPE_PROJECT, &login->project_keys,
		       &login->project_why, err) < 0)
		return -1;
	if (login->repo && login->project_keys != BBK_MAY &&
	    check_keys(login, BBK_SCOPE_REPO, &login->repo_keys,
		       &login->repo_why, err) < 0)
		return -1;
	take_permission(login);
	return 0;
}

/* --- whose -------------------------------------------------------------- */

/* The name that git can send it with, on Data Center. */
static void find_account(struct bbk_login *login)
{
	struct bbk_rest *rest = &login->found.instance.rest;

	if (login->found.instance.edition->is_cloud)
		return;
	if (rest->user)
		bbk_replace(&login->account, rest->user);
	else
		bbk_account_answered(rest, &login->account);
	login->no_account = !login->account;
}

int bbk_login_check(struct bbk_login *login, struct bbk_env *env,
		    struct bbk_err *err)
{
	struct bbk_instance *instance = &login->found.instance;
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	struct bbk_token_facts facts = { false, false };

	if (instance->edition->token_check(&instance->rest, &facts, &reply,
					   err) < 0) {
		if (err->class == BBK_E_AUTH && !reply.denied)
			bbk_kept_refused(instance, env);
		return -1;
	}
	bbk_replace(&login->unnamed_why, reply.missing);
	take_missing(login);
	if (!instance->edition->is_cloud)
		login->administrates = facts.administrates ? BBK_MAY :
							     BBK_MAY_NOT;
	login->named = facts.named;
	choose_place(login, env);
	if (check_place(login, err) < 0)
		return -1;
	find_account(login);
	return 0;
}

/* --- storing ------------------------------------------------------------ */

/* What there is on this system that could keep it. */
static void hint_at_helper(struct bbk_err *err)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(strv) names = BBK_STRV_INIT;
	const char *first;

	if (bbk_credential_helpers(&names, &ignored) < 0)
		return;
	first = names.len ? names.v[0] : NULL;
	if (!first)
		bbk_err_hint(err, "see gitcredentials(7) for one to install, "
				  "or keep the token in a file that only you "
				  "can read: bbkey.<base>.tokenFile");
	else if (strcmp(first, "cache") != 0 && strcmp(first, "store") != 0)
		bbk_err_hint(err, "run: git config --global credential.helper "
				  "%s, and log in again", first);
	else
		bbk_err_hint(err, "run: git config --global credential.helper "
				  "cache (in memory, for 15 minutes) or store "
				  "(a file that is not encrypted), and log in "
				  "again; gitcredentials(7) has others");
}

static int kept_nowhere(const struct bbk_env *env, struct bbk_err *err)
{
	const char *helper = bbk_config_get(env->config, "credential.helper");

	bbk_err_set(err, BBK_E_LOCAL, "the token is good, and it is not "
		    "stored: %s", helper && *helper ?
		    "none of git's credential helpers has kept it" :
		    "git has no credential helper that keeps it");
	hint_at_helper(err);
	return -1;
}

int bbk_login_store(struct bbk_login *login, struct bbk_env *env,
		    struct bbk_err *err)
{
	struct bbk_stored stored = { false, false };
	int rc = bbk_kept_store(&login->found.instance, env, login->account,
				&stored, err);

	if (rc > 0)
		return kept_nowhere(env, err);
	login->stored = rc == 0;
	login->apart = stored.apart;
	login->replaced = stored.replaced;
	return rc;
}

void bbk_login_sources(const struct bbk_instance *instance,
		       const struct bbk_env *env, struct bbk_strv *names)
{
	if (bbk_token_in_environment(instance, env))
		bbk_strv_add(names, "BBKEY_TOKEN");
	if (bbk_instance_setting(instance, env, "tokenfile"))
		bbk_strv_addf(names, "bbkey.%s.tokenFile", instance->base);
	if (bbk_instance_setting(instance, env, "tokencommand"))
		bbk_strv_addf(names, "bbkey.%s.tokenCommand", instance->base);
}
