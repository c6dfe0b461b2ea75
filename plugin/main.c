/*
 * git-bbkey: environment, command table, exit status.
 */
#include <assert.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/start.h"
#include "base/text.h"
#include "bitbucket/http.h"
#include "cmd/cmd.h"
#include "cmd/usage.h"
#include "git/config.h"
#include "ssh/client.h"

/* Takes a variable out of the environment, its bytes included. */
static char *take_variable(const char *name)
{
	char *value = getenv(name);
	char *copy = value ? bbk_strdup(value) : NULL;

	if (value)
		bbk_wipe(value, strlen(value));
	(void)unsetenv(name);
	return copy;
}

static void take_token(struct bbk_env_token *token)
{
	char *text = take_variable("BBKEY_TOKEN");

	if (text) {
		bbk_secret_set(&token->token, text, strlen(text));
		bbk_wipe(text, strlen(text));
		free(text);
	}
	token->url = take_variable("BBKEY_URL");
	token->user = take_variable("BBKEY_USER");
}

static bool wants_color(const struct bbk_env *env, bool is_terminal)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");
	const char *ui = env->config ? bbk_config_get(env->config, "color.ui") :
				       NULL;

	if (no && *no)
		return false;
	if (ui && !strcmp(ui, "always"))
		return true;
	if (ui && (!strcmp(ui, "never") || !strcmp(ui, "false")))
		return false;
	return is_terminal && term && strcmp(term, "dumb") != 0;
}

/* Where this program is: its siblings are beside it. */
static char *program_dir(const char *argv0)
{
	char *found = strchr(argv0, '/') ? bbk_strdup(argv0) :
					   bbk_program_find(argv0);
	char *real = found ? realpath(found, NULL) : NULL;
	char *slash = real ? strrchr(real, '/') : NULL;

	free(found);
	if (slash)
		*slash = '\0';
	return real ? real : bbk_strdup("/usr/local/bin");
}

static void say_where(const struct bbk_env *env)
{
	BBK_AUTO(strv) keys = BBK_STRV_INIT;
	char *home = bbk_scrubbed(env->paths.home);

	if (env->paths.from_passwd)
		fprintf(env->err, "git-bbkey: HOME cannot be used, so %s is\n",
			home);
	free(home);
	bbk_config_repository_meddles(&keys);
	for (size_t i = 0; i < keys.len; i++) {
		char *shown = bbk_scrubbed(keys.v[i]);

		fprintf(env->err, "git-bbkey: '%s' in this repository's own "
				  "configuration does not count\n", shown);
		free(shown);
	}
}

/* -v anywhere in front of "--": wanted before the options are parsed. */
static bool is_verbose(int argc, char *const *argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!strcmp(argv[i], "-v") || !strcmp(argv[i], "--verbose"))
			return true;
	return false;
}

static int run(struct bbk_env *env, int argc, char **argv, struct bbk_err *err)
{
	const char *name = argc > 1 ? argv[1] : "help";
	const struct bbk_cmd *cmd;
	char *shown;

	if (!strcmp(name, "-h") || !strcmp(name, "--help"))
		name = "help";
	if (!strcmp(name, "--version"))
		name = "version";
	cmd = bbk_cmd_find(name);
	if (!cmd) {
		shown = bbk_scrubbed(name);
		bbk_err_set(err, BBK_E_USAGE, "there is no command '%s'",
			    shown);
		free(shown);
		return bbk_err_hint(err, "'git bbkey help' lists them");
	}
	if (argc < 2)
		return cmd->run(env, 1, (char *[]){ argv[0], NULL }, err);
	if (is_verbose(argc, argv))
		say_where(env);
	return cmd->run(env, argc - 1, argv + 1, err);
}

static bool hints_wanted(const struct bbk_env *env)
{
	const char *setting = env->config ?
		bbk_config_get(env->config, "bbkey.advice") : NULL;
	const char *advice = getenv("GIT_ADVICE");

	if (advice && !strcmp(advice, "0"))
		return false;
	return !setting || (strcmp(setting, "false") != 0 &&
			    strcmp(setting, "no") != 0 &&
			    strcmp(setting, "0") != 0);
}

static int print_error(const struct bbk_env *env, const struct bbk_err *err)
{
	BBK_AUTO(str) what = BBK_STR_INIT;
	BBK_AUTO(str) hint = BBK_STR_INIT;

	assert(err->what);
	bbk_scrub(&what, err->what, strlen(err->what), 600);
	fprintf(env->err, "git-bbkey: %s: %s\n", bbk_class_word(err->class),
		bbk_str_get(&what));
	if (err->hint && env->hints) {
		bbk_scrub(&hint, err->hint, strlen(err->hint), 600);
		fprintf(env->err, "hint: %s\n", bbk_str_get(&hint));
	}
	return bbk_class_status(err->class);
}

int main(int argc, char **argv)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	BBK_AUTO(config) config = BBK_CONFIG_INIT;
	struct bbk_curl curl;
	struct bbk_openssh openssh;
	struct bbk_env env = { .token = { .url = NULL } };
	char *helper;
	int status;

	bbk_start_streams();
	bbk_start_careful();
	(void)setlocale(LC_CTYPE, "");
	env.out = stdout;
	env.err = stderr;
	env.out_is_terminal = isatty(STDOUT_FILENO);
	env.err_is_terminal = isatty(STDERR_FILENO);
	env.hints = true;
	env.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	env.clock = &bbk_system_clock;
	env.term = &bbk_system_term;
	env.program_dir = program_dir(argv[0]);
	take_token(&env.token);
	bbk_curl_init(&curl);
	env.http = &curl.http;
	helper = bbk_strf("%s/git-bbkey-ssh", env.program_dir);
	status = bbk_paths_find(&env.paths, &err);
	if (!status && env.paths.from_passwd) /* git must not write elsewhere */
		(void)setenv("HOME", env.paths.home, 1);
	bbk_openssh_init(&openssh, helper, env.paths.config);
	env.ssh = &openssh.ssh;
	if (!status)
		status = bbk_config_load(&config, &err);
	if (!status) {
		env.config = &config;
		env.hints = hints_wanted(&env);
		env.color = wants_color(&env, env.err_is_terminal);
		env.out_color = wants_color(&env, env.out_is_terminal);
		status = run(&env, argc, argv, &err);
	}
	if (fflush(stdout) != 0 && status == 0)
		status = bbk_err_errno(&err, BBK_E_LOCAL, errno,
				       "cannot write to standard output");
	if (status < 0)
		status = print_error(&env, &err);
	bbk_curl_release(&curl);
	bbk_paths_release(&env.paths);
	bbk_secret_release(&env.token.token);
	free(env.token.url);
	free(env.token.user);
	free(env.token.source);
	free(env.program_dir);
	free(helper);
	return status;
}
