#include "git/credential.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/request.h"
#include "git/git.h"

#define PATIENCE_MS 60000 /* a keyring may ask the person to be unlocked */

/* The helpers only: no repository of theirs or ours, no question, not us. */
static int begin(struct bbk_process *git, const char *verb,
		 struct bbk_err *err)
{
	if (bbk_git_begin(git, err) < 0)
		return -1;
	bbk_strv_addl(&git->env, "GIT_DIR=/dev/null", "GCM_INTERACTIVE=never",
		      BBK_REQUEST_GUARD "=1", NULL);
	bbk_strv_addl(&git->argv, "credential", verb, NULL);
	return 0;
}

static void describe(struct bbk_str *input, const struct bbk_url *base,
		     const char *user, const struct bbk_secret *secret)
{
	bbk_str_addf(input, "protocol=https\nhost=%s", base->host);
	if (base->port != 443)
		bbk_str_addf(input, ":%u", base->port);
	if (base->path[0])
		bbk_str_addf(input, "\npath=%s", base->path + 1);
	if (user)
		bbk_str_addf(input, "\nusername=%s", user);
	if (secret)
		bbk_str_addf(input, "\npassword=%s", bbk_secret_bytes(secret));
	bbk_str_add(input, "\n\n");
}

/* Copies what is behind "name=" on its line; NULL where there is none. */
static char *value_of(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (!strncmp(text, name, len) && text[len] == '=')
			return bbk_strndup(text + len + 1,
					   strcspn(text + len + 1, "\n"));
	return NULL;
}

static int check_user(const struct bbk_url *base, const char *user,
		      struct bbk_err *err)
{
	for (const char *c = user; c && *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return bbk_err_set(err, BBK_E_AUTH,
					   "the user name for %s has a control "
					   "character", base->host);
	return 0;
}

int bbk_credential_fill(const struct bbk_url *base, const char *user,
			struct bbk_secret *secret, char **found_user,
			struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;
	BBK_AUTO(str) input = BBK_STR_INIT;
	char *password;
	int rc;

	if (check_user(base, user, err) < 0 || begin(&git, "fill", err) < 0)
		return -1;
	describe(&input, base, user, NULL);
	git.input = bbk_str_get(&input);
	git.input_len = input.len;
	if (bbk_process_run(&git, err) < 0)
		return -1;
	password = git.status ? NULL :
		   value_of(bbk_str_get(&git.out), "password");
	if (!password)
		return 1;
	rc = bbk_secret_from_text(secret, password, strlen(password),
				  "git's credential helper", err);
	bbk_wipe(password, strlen(password));
	free(password);
	if (!rc)
		*found_user = value_of(bbk_str_get(&git.out), "username");
	return rc;
}

int bbk_credential_pass_on(const char *verb, const char *lines,
			   struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;

	if (begin(&git, verb, err) < 0)
		return -1;
	git.input = lines;
	git.input_len = strlen(lines);
	return bbk_process_run(&git, err);
}

static int tell(const char *verb, const struct bbk_url *base, const char *user,
		const struct bbk_secret *secret, struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;
	BBK_AUTO(str) input = BBK_STR_INIT;
	int rc;

	if (check_user(base, user, err) < 0 || begin(&git, verb, err) < 0)
		return -1;
	describe(&input, base, user, secret);
	git.input = bbk_str_get(&input);
	git.input_len = input.len;
	git.deadline_ms = PATIENCE_MS;
	rc = bbk_process_run(&git, err);
	bbk_wipe(input.s, input.len);
	return rc;
}

int bbk_credential_approve(const struct bbk_url *base, const char *user,
			   const struct bbk_secret *secret,
			   struct bbk_err *err)
{
	return tell("approve", base, user, secret, err);
}

int bbk_credential_reject(const struct bbk_url *base, const char *user,
			  struct bbk_err *err)
{
	return tell("reject", base, user, NULL, err);
}

static bool is_installed(const char *folder, const char *program)
{
	char *path = bbk_strf("%s/%s", folder, program);
	char *found = access(path, X_OK) == 0 ? bbk_strdup(path) :
						bbk_program_find(program);
	bool there = found != NULL;

	free(found);
	free(path);
	return there;
}

int bbk_credential_helpers(struct bbk_strv *names, struct bbk_err *err)
{
	static const char *const known[] = { "osxkeychain", "manager",
					     "libsecret", "cache", "store" };
	BBK_AUTO(process) git = BBK_PROCESS_INIT;
	char *folder;

	if (bbk_git_begin(&git, err) < 0)
		return -1;
	bbk_strv_add(&git.argv, "--exec-path");
	if (bbk_process_run(&git, err) < 0)
		return -1;
	folder = bbk_strndup(bbk_str_get(&git.out),
			     strcspn(bbk_str_get(&git.out), "\r\n"));
	for (size_t i = 0; i < BBK_ARRAY_LEN(known); i++) {
		char *program = bbk_strf("git-credential-%s", known[i]);

		if (is_installed(folder, program))
			bbk_strv_add(names, known[i]);
		free(program);
	}
	free(folder);
	return 0;
}
