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
#include "core/kept.h"
#include "core/token_ask.h"

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

bool bbk_token_in_environment(const struct bbk_instance *instance,
			      const struct bbk_env *env)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(url) url = BBK_URL_INIT;

	return env->token.token.len && /* an empty variable is none */
	       env->token.url &&
	       bbk_url_parse(&url, env->token.url, &ignored) == 0 &&
	       bbk_url_same_origin(&url, &instance->url) &&
	       !strcmp(url.path, instance->url.path);
}

/* 1: there is none, or not for this one. */
static int from_environment(struct bbk_instance *instance, struct bbk_env *env,
			    struct bbk_err *err)
{
	struct bbk_rest *rest = &instance->rest;

	if (!bbk_token_in_environment(instance, env))
		return 1;
	rest->token_source = bbk_strdup(env->token.source ?
					env->token.source : "BBKEY_TOKEN");
	bbk_replace(&rest->user, env->token.user);
	return bbk_secret_from_text(&rest->token,
				    bbk_secret_bytes(&env->token.token),
				    env->token.token.len, rest->token_source,
				    err);
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

void bbk_token_hint(const struct bbk_instance *instance, enum bbk_scope scope,
		    const char *url, struct bbk_err *err)
{
	const struct bbk_edition *edition = instance->edition;

	bbk_err_hint(err, "make an %s with %s (%s), then: git bbkey login %s; "
			  "or give it in BBKEY_URL=%s %sBBKEY_TOKEN=<token>, "
			  "or by --token-file <file>; or "
			  "%s: git bbkey request --scope %s %s",
		     edition->token, edition->token_rights[scope],
		     edition->token_page, instance->base, instance->base,
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
	int rc;

	if (token_file)
		return from_file(&instance->rest, env, token_file, err);
	rc = from_settings(instance, env, err);
	if (rc > 0)
		rc = bbk_kept_find(instance, env, err);
	if (rc <= 0)
		return rc;
	if (may_ask)
		rc = bbk_token_from_person(instance, env, false, err);
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

/* --- for login ---------------------------------------------------------- */

/* From end to end: what it is, and no more than that, is the token. */
static int from_input(struct bbk_rest *rest, struct bbk_err *err)
{
	char text[TOKEN_FILE_MAX];
	size_t len = 0;
	ssize_t n = 1;
	int rc = 0;

	rest->token_source = bbk_strdup("standard input");
	while (n && len < sizeof(text)) {
		n = read(STDIN_FILENO, text + len, sizeof(text) - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		len += (size_t)n;
	}
	if (n < 0)
		rc = bbk_err_errno(err, BBK_E_AUTH, errno,
				   "cannot read the token");
	else
		rc = bbk_secret_from_text(&rest->token, text, len,
					  rest->token_source, err);
	bbk_wipe(text, sizeof(text));
	return rc;
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

int bbk_token_offered(struct bbk_instance *instance, struct bbk_env *env,
		      const struct bbk_token_offer *offer, struct bbk_err *err)
{
	struct bbk_rest *rest = &instance->rest;
	int rc;

	begin(instance, env);
	if (offer->input)
		rc = from_input(rest, err);
	else if (offer->file)
		rc = from_file(rest, env, offer->file, err);
	else
		rc = from_environment(instance, env, err);
	if (rc < 0)
		return -1;
	if (offer->user)
		bbk_replace(&rest->user, offer->user);
	return rc ? rc : check(instance, err);
}

int bbk_token_ask(struct bbk_instance *instance, struct bbk_env *env,
		  struct bbk_err *err)
{
	int rc = bbk_token_from_person(instance, env, true, err);

	return rc ? rc : check(instance, err);
}
