#include "core/token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/process.h"
#include "base/request.h"
#include "bitbucket/cloud.h"
#include "git/config.h"
#include "git/credential.h"

#define TOKEN_FILE_MAX 8192
#define COMMAND_MS 30000

/* A file with a secret in it is like a private key: ours, and only ours. */
static int check_token_file(const char *path, struct bbk_err *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return bbk_err_errno(err, BBK_E_AUTH, errno,
				     "cannot read the token file '%s'", path);
	if (!S_ISREG(st.st_mode))
		return bbk_err_set(err, BBK_E_AUTH,
				   "the token file '%s' is not a regular file",
				   path);
	if (st.st_uid != geteuid())
		return bbk_err_set(err, BBK_E_AUTH,
				   "the token file '%s' belongs to another "
				   "user", path);
	if (st.st_mode & 077) {
		bbk_err_set(err, BBK_E_AUTH,
			    "other users can read the token file '%s'", path);
		return bbk_err_hint(err, "run: chmod 600 '%s'", path);
	}
	return 0;
}

static int from_file(struct bbk_rest *rest, const struct bbk_env *env,
		     const char *text, struct bbk_err *err)
{
	BBK_AUTO(str) content = BBK_STR_INIT;
	char *path = bbk_begins(text, "~/") ?
		bbk_strf("%s%s", env->paths.home, text + 1) : bbk_strdup(text);
	int rc = check_token_file(path, err);

	if (!rc) {
		rest->token_source = bbk_strf("the file '%s'", path);
		rc = bbk_file_read(&content, path, TOKEN_FILE_MAX, err);
		if (!rc)
			rc = bbk_secret_from_text(&rest->token,
						  bbk_str_get(&content),
						  content.len,
						  rest->token_source, err);
	}
	if (content.s)
		bbk_wipe(content.s, content.len);
	free(path);
	return rc;
}

/* BBKEY_TOKEN goes to BBKEY_URL and nowhere else.  1: not for this one. */
static int from_environment(struct bbk_instance *instance, struct bbk_env *env,
			    struct bbk_err *err)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(url) url = BBK_URL_INIT;
	struct bbk_rest *rest = &instance->rest;

	if (!env->token.token.len) /* an empty variable is none */
		return 1;
	if (!env->token.url ||
	    bbk_url_parse(&url, env->token.url, &ignored) < 0 ||
	    !bbk_url_same_origin(&url, &instance->url) ||
	    strcmp(url.path, instance->url.path) != 0)
		return 1;
	rest->token_source = bbk_strdup(env->token.source ?
					env->token.source : "BBKEY_TOKEN");
	bbk_replace(&rest->user, env->token.user);
	return bbk_secret_from_text(&rest->token,
				    bbk_secret_bytes(&env->token.token),
				    env->token.token.len, rest->token_source,
				    err);
}

/* git's way to ask through a program: GIT_ASKPASS, core.askPass, SSH_ASKPASS */
static char *find_askpass(const struct bbk_env *env)
{
	const char *name = getenv("GIT_ASKPASS");

	if (!name || !*name)
		name = bbk_config_get(env->config, "core.askpass");
	if (!name || !*name)
		name = getenv("SSH_ASKPASS");
	if (!name || !*name || env->term->never)
		return NULL;
	return strchr(name, '/') ? bbk_strdup(name) : bbk_program_find(name);
}

/* 1: it was closed. */
static int ask_program(const char *program, const char *prompt,
		       struct bbk_str *answer, struct bbk_err *err)
{
	BBK_AUTO(process) process = BBK_PROCESS_INIT;

	bbk_strv_addl(&process.argv, program, prompt, NULL);
	process.out_max = TOKEN_FILE_MAX;
	process.inherit_err = true;
	if (bbk_process_run(&process, err) < 0)
		return -1;
	if (!process.status)
		bbk_str_addn(answer, bbk_str_get(&process.out),
			     strcspn(bbk_str_get(&process.out), "\r\n"));
	bbk_wipe(process.out.s, process.out.len);
	return process.status ? 1 : 0;
}

/*
 * As git asks: a user name, unless it is known, then the secret.  1: there is
 * none.
 */
static int from_askpass(struct bbk_instance *instance, const char *program,
			struct bbk_err *err)
{
	BBK_AUTO(str) user = BBK_STR_INIT;
	BBK_AUTO(str) secret = BBK_STR_INIT;
	struct bbk_rest *rest = &instance->rest;
	bool cloud = instance->edition->is_cloud;
	char *prompt = bbk_strf(cloud ? "E-mail address for '%s': " :
					"Username for '%s': ", instance->base);
	int rc = rest->user ? 0 : ask_program(program, prompt, &user, err);

	free(prompt);
	prompt = bbk_strf("%s for '%s': ", cloud ? "API token" :
			  "Password or HTTP access token", instance->base);
	if (!rc)
		rc = ask_program(program, prompt, &secret, err);
	free(prompt);
	rest->token_source = bbk_strdup("the askpass program");
	if (!rc && user.len)
		bbk_replace(&rest->user, bbk_str_get(&user));
	if (!rc && !secret.len)
		rc = 1;
	if (!rc)
		rc = bbk_secret_from_text(&rest->token, bbk_str_get(&secret),
					  secret.len, rest->token_source, err);
	if (secret.s)
		bbk_wipe(secret.s, secret.len);
	return rc;
}

static int from_command(struct bbk_rest *rest, const char *command,
			struct bbk_err *err)
{
	BBK_AUTO(process) shell = BBK_PROCESS_INIT;

	/* the person's own configuration, run as git runs theirs */
	bbk_strv_addl(&shell.argv, "/bin/sh", "-c", command, NULL);
	bbk_strv_add(&shell.env, BBK_REQUEST_GUARD "=1");
	shell.out_max = TOKEN_FILE_MAX;
	shell.inherit_err = true;
	shell.deadline_ms = COMMAND_MS;
	shell.stop_when_full = true;
	rest->token_source = bbk_strdup("tokenCommand");
	if (bbk_process_run(&shell, err) < 0)
		return -1;
	if (shell.out.len >= TOKEN_FILE_MAX)
		return bbk_err_set(err, BBK_E_AUTH,
				   "the token from tokenCommand is too long");
	if (shell.timed_out)
		return bbk_err_set(err, BBK_E_AUTH,
				   "the tokenCommand did not end in %d seconds",
				   COMMAND_MS / 1000);
	if (shell.status)
		return bbk_err_set(err, BBK_E_AUTH,
				   "the tokenCommand ended with status %d",
				   shell.status);
	return bbk_secret_from_text(&rest->token, bbk_str_get(&shell.out),
				    shell.out.len, rest->token_source, err);
}

/* What git itself keeps for Cloud: for git alone, or an app password. */
static bool is_for_git(const struct bbk_rest *rest, const char *user)
{
	return rest->cloud && user && *user && !strchr(user, '@') &&
	       strcmp(user, "x-token-auth") != 0;
}

static int from_helper(struct bbk_instance *instance, struct bbk_err *err)
{
	struct bbk_rest *rest = &instance->rest;
	char *user = NULL;
	int rc = bbk_credential_fill(&instance->url, rest->user, &rest->token,
				     &user, err);

	if (!rc && is_for_git(rest, user)) {
		bbk_secret_release(&rest->token);
		instance->has_git_token = true;
		rc = 1;
	}
	if (!rc) {
		rest->token_source = bbk_strdup("git's credential helper");
		if (user && *user)
			bbk_replace(&rest->user, user);
	}
	free(user);
	return rc;
}

/* An API token of Cloud is a password; its user is an e-mail address. */
static int ask_user(struct bbk_rest *rest, struct bbk_env *env,
		    struct bbk_err *err)
{
	BBK_AUTO(str) answer = BBK_STR_INIT;

	if (env->term->line(env->term, "E-mail address of your Atlassian "
				       "account: ", &answer, err) < 0)
		return -1;
	if (answer.len)
		bbk_replace(&rest->user, answer.s);
	return 0;
}

/* 1: there is none. */
static int from_person(struct bbk_instance *instance, struct bbk_env *env,
		       struct bbk_err *err)
{
	struct bbk_rest *rest = &instance->rest;
	bool cloud = instance->edition->is_cloud;
	char *question = bbk_strf("%s token for %s (Enter: I have none): ",
				  cloud ? "API" : "HTTP access",
				  instance->base);
	int rc = env->term->secret(env->term, question, &rest->token, err);

	free(question);
	rest->token_source = bbk_strdup("the terminal");
	if (rc == 0 && !bbk_secret_is_set(&rest->token))
		return 1;
	if (rc == 0 && cloud && !rest->user)
		rc = ask_user(rest, env, err);
	return rc;
}

void bbk_token_hint(const struct bbk_instance *instance, enum bbk_scope scope,
		    const char *url, struct bbk_err *err)
{
	const struct bbk_edition *edition = instance->edition;

	bbk_err_hint(err, "make an %s with %s (%s), then: BBKEY_URL=%s "
			  "%sBBKEY_TOKEN=<token>, or --token-file <file>; or "
			  "%s: git bbkey request --scope %s %s",
		     edition->token, edition->token_rights[scope],
		     edition->token_page, instance->base,
		     edition->is_cloud ? "BBKEY_USER=<e-mail> " : "",
		     scope == BBK_SCOPE_PERSONAL ? "add the key by hand" :
						   "ask an admin",
		     bbk_scope_word(scope), url ? url : "<clone URL>");
}

static int no_token(struct bbk_instance *instance,
		    const struct bbk_env *env, struct bbk_err *err)
{
	instance->no_token = true;
	bbk_err_set(err, BBK_E_AUTH, "there is no token for %s%s",
		    instance->base,
		    env->token.token.len ?
			    ": BBKEY_TOKEN is only for the instance that "
			    "BBKEY_URL names" :
		    instance->has_git_token ?
			    ": what git's credential helper has is for git "
			    "alone, or an app password (those ended on 28 July "
			    "2026)" : "");
	bbk_token_hint(instance, BBK_SCOPE_PROJECT, NULL, err);
	return -1;
}

/* What is set for this instance.  1: nothing is. */
static int from_settings(struct bbk_instance *instance, struct bbk_env *env,
			 struct bbk_err *err)
{
	struct bbk_rest *rest = &instance->rest;
	const char *setting;
	int rc = from_environment(instance, env, err);

	if (rc <= 0)
		return rc;
	if ((setting = bbk_instance_setting(instance, env, "tokenfile")))
		return from_file(rest, env, setting, err);
	if ((setting = bbk_instance_setting(instance, env, "tokencommand")))
		return from_command(rest, setting, err);
	return 1;
}

static int find(struct bbk_instance *instance, struct bbk_env *env,
		const char *token_file, bool may_ask, struct bbk_err *err)
{
	char *askpass;
	int rc;

	if (token_file)
		return from_file(&instance->rest, env, token_file, err);
	rc = from_settings(instance, env, err);
	if (rc > 0)
		rc = from_helper(instance, err);
	if (rc <= 0)
		return rc;
	if (may_ask && (askpass = find_askpass(env))) {
		rc = from_askpass(instance, askpass, err);
		free(askpass);
	} else if (may_ask && env->term->can_ask(env->term))
		rc = from_person(instance, env, err);
	return rc > 0 ? no_token(instance, env, err) : rc;
}

void bbk_token_keep(const struct bbk_instance *instance, struct bbk_env *env)
{
	const struct bbk_rest *rest = &instance->rest;

	if (env->token.token.len || !bbk_secret_is_set(&rest->token))
		return;
	bbk_secret_set(&env->token.token, bbk_secret_bytes(&rest->token),
		       rest->token.len);
	bbk_replace(&env->token.url, instance->base);
	bbk_replace(&env->token.user, rest->user);
	bbk_replace(&env->token.source, rest->token_source);
}

/* Before a source is asked: the name that goes with whatever it has. */
static void begin(struct bbk_instance *instance, const struct bbk_env *env)
{
	bbk_replace(&instance->rest.token_source, NULL);
	bbk_replace(&instance->rest.user,
		    bbk_instance_setting(instance, env, "user"));
}

/* With a user it is a password, which may have any character. */
static int check(struct bbk_instance *instance, struct bbk_err *err)
{
	struct bbk_rest *rest = &instance->rest;

	if (rest->cloud &&
	    bbk_cloud_settle_token(rest, instance->base, err) < 0) {
		bbk_secret_release(&rest->token); /* it goes nowhere */
		return -1;
	}
	if (rest->user || bbk_secret_is_token(&rest->token))
		return 0;
	return bbk_err_set(err, BBK_E_AUTH,
			   "the token from %s has a character that no HTTP "
			   "access token has", rest->token_source);
}

int bbk_token_get(struct bbk_instance *instance, struct bbk_env *env,
		  const char *token_file, bool may_ask, struct bbk_err *err)
{
	if (bbk_secret_is_set(&instance->rest.token))
		return 0;
	begin(instance, env);
	if (find(instance, env, token_file, may_ask, err) < 0)
		return -1;
	return check(instance, err);
}

int bbk_token_configured(struct bbk_instance *instance, struct bbk_env *env,
			 struct bbk_err *err)
{
	int rc;

	if (bbk_secret_is_set(&instance->rest.token))
		return 0;
	begin(instance, env);
	rc = from_settings(instance, env, err);
	return rc ? rc : check(instance, err);
}
