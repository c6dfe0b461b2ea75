#include "core/token_ask.h"

#include <stdlib.h>
#include <string.h>

#include "base/paths.h"
#include "base/process.h"
#include "git/config.h"

#define ANSWER_MAX 8192

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
	process.out_max = ANSWER_MAX;
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

/* An API token of Cloud is a password; its user is an e-mail address. */
static int ask_user(struct bbk_rest *rest, struct bbk_env *env,
		    const char *more, struct bbk_err *err)
{
	BBK_AUTO(str) answer = BBK_STR_INIT;
	char *question = bbk_strf("E-mail address of your Atlassian account"
				  "%s: ", more);
	int rc = env->term->line(env->term, question, &answer, err);

	free(question);
	if (rc < 0)
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
		rc = ask_user(rest, env, "", err);
	return rc;
}

/* Cloud's e-mail address is asked for first; without one it is Bearer. */
static int from_person_at_login(struct bbk_instance *instance,
				struct bbk_env *env, struct bbk_err *err)
{
	struct bbk_rest *rest = &instance->rest;
	const char *what = instance->edition->token;
	char *question;
	int rc = 0;

	if (instance->edition->is_cloud && !rest->user &&
	    ask_user(rest, env, " (none: OAuth)", err) < 0)
		return -1;
	if (instance->edition->is_cloud && !rest->user)
		what = "OAuth access token";
	else if (rest->user && !instance->edition->is_cloud)
		what = "Password or HTTP access token";
	question = bbk_strf("%s for %s: ", what, instance->base);
	rc = env->term->secret(env->term, question, &rest->token, err);
	free(question);
	rest->token_source = bbk_strdup("the terminal");
	return rc < 0 ? -1 : bbk_secret_is_set(&rest->token) ? 0 : 1;
}

int bbk_token_from_person(struct bbk_instance *instance, struct bbk_env *env,
			  bool at_login, struct bbk_err *err)
{
	char *askpass = find_askpass(env);
	int rc = 1;

	if (askpass)
		rc = from_askpass(instance, askpass, err);
	else if (env->term->can_ask(env->term))
		rc = at_login ? from_person_at_login(instance, env, err) :
				from_person(instance, env, err);
	free(askpass);
	return rc;
}

bool bbk_token_can_ask(const struct bbk_env *env)
{
	char *askpass = find_askpass(env);
	bool can = askpass || env->term->can_ask(env->term);

	free(askpass);
	return can;
}
