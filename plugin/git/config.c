#include "git/config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "git/git.h"

#define NO_REPOSITORY "GIT_DIR=/dev/null"

void bbk_config_release(struct bbk_config *config)
{
	bbk_strv_release(&config->keys);
	bbk_strv_release(&config->values);
}

/* "key LF value NUL" again and again; a key alone means true. */
static void read_list(struct bbk_config *config, const struct bbk_str *text)
{
	const char *p = bbk_str_get(text), *end = p + text->len;

	while (p < end) {
		const char *line = strchr(p, '\n');

		bbk_strv_addf(&config->keys, "%.*s",
			      (int)(line ? line - p : (long)strlen(p)), p);
		bbk_strv_add(&config->values, line ? line + 1 : "true");
		p += strlen(p) + 1;
	}
}

int bbk_config_load(struct bbk_config *config, struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;

	if (bbk_git_begin(&git, err) < 0)
		return -1;
	bbk_strv_add(&git.env, NO_REPOSITORY);
	bbk_strv_addl(&git.argv, "config", "-z", "--list", "--includes", NULL);
	if (bbk_process_run(&git, err) < 0)
		return -1;
	if (git.status)
		return bbk_git_failed(&git, "read git's configuration", err);
	read_list(config, &git.out);
	return 0;
}

const char *bbk_config_get(const struct bbk_config *config, const char *key)
{
	for (size_t i = config->keys.len; i-- > 0;)
		if (!strcmp(config->keys.v[i], key))
			return config->values.v[i];
	return NULL;
}

/* "scope NUL value NUL" again and again: the last one that is lasting. */
static void read_scoped(char **value, const struct bbk_str *text)
{
	const char *p = bbk_str_get(text), *end = p + text->len;

	while (p < end) {
		const char *scope = p;

		p += strlen(p) + 1;
		if (!strcmp(scope, "system") || !strcmp(scope, "global"))
			bbk_replace(value, p);
		p += strlen(p) + 1;
	}
}

int bbk_config_ssh_command(const struct bbk_config *config, char **command,
			   struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;

	*command = NULL;
	if (!bbk_config_get(config, "core.sshcommand"))
		return 0;
	if (bbk_git_begin(&git, err) < 0)
		return -1;
	bbk_strv_add(&git.env, NO_REPOSITORY);
	bbk_strv_addl(&git.argv, "config", "-z", "--show-scope", "--includes",
		      "--get-all", "core.sshCommand", NULL);
	if (bbk_process_run(&git, err) < 0)
		return -1;
	read_scoped(command, &git.out);
	if (*command && (!**command || !strcmp(*command, "ssh") ||
			 strstr(*command, "git-bbkey-ssh"))) {
		free(*command);
		*command = NULL;
	}
	return 0;
}

/* The length of <base> in "bbkey.<base>.<name>", 0 where it has none. */
static size_t base_len(const char *key)
{
	const char *dot;

	if (!bbk_begins(key, "bbkey."))
		return 0;
	dot = strrchr(key, '.');
	return dot > key + 6 ? (size_t)(dot - key - 6) : 0;
}

void bbk_config_bases(const struct bbk_config *config, struct bbk_strv *bases)
{
	for (size_t i = 0; i < config->keys.len; i++) {
		size_t len = base_len(config->keys.v[i]);
		char *base;

		if (!len)
			continue;
		base = bbk_strndup(config->keys.v[i] + 6, len);
		if (!bbk_strv_has(bases, base))
			bbk_strv_add(bases, base);
		free(base);
	}
}

const char *bbk_config_base(const struct bbk_config *config, const char *base,
			    const char *name)
{
	char *key = bbk_strf("bbkey.%s.%s", base, name);
	const char *value = bbk_config_get(config, key);

	free(key);
	return value;
}

void bbk_config_base_all(const struct bbk_config *config, const char *base,
			 const char *name, struct bbk_strv *values)
{
	char *key = bbk_strf("bbkey.%s.%s", base, name);

	for (size_t i = 0; i < config->keys.len; i++)
		if (!strcmp(config->keys.v[i], key) &&
		    !bbk_strv_has(values, config->values.v[i]))
			bbk_strv_add(values, config->values.v[i]);
	free(key);
}

static bool has_http(const struct bbk_config *config, const char *name)
{
	char *tail = bbk_strf(".%s", name);
	bool has = false;

	for (size_t i = 0; i < config->keys.len && !has; i++)
		has = bbk_begins(config->keys.v[i], "http.") &&
		      bbk_ends(config->keys.v[i], tail);
	free(tail);
	return has;
}

int bbk_config_http(const struct bbk_config *config, const char *url,
		    const char *name, char **value, struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;

	*value = NULL;
	if (!has_http(config, name))
		return 0;
	if (bbk_git_begin(&git, err) < 0)
		return -1;
	bbk_strv_add(&git.env, NO_REPOSITORY);
	bbk_strv_addl(&git.argv, "config", "-z", "--get-urlmatch", NULL);
	bbk_strv_addf(&git.argv, "http.%s", name);
	bbk_strv_add(&git.argv, url);
	if (bbk_process_run(&git, err) < 0)
		return -1;
	if (!git.status)
		*value = bbk_strdup(bbk_str_get(&git.out));
	return 0;
}

static int file_begin(struct bbk_process *git, const char *file,
		      struct bbk_err *err)
{
	if (bbk_git_begin(git, err) < 0)
		return -1;
	bbk_strv_add(&git->env, NO_REPOSITORY);
	bbk_strv_addl(&git->argv, "config", "--file", file, NULL);
	return 0;
}

int bbk_config_file_get(const char *file, const char *key,
			struct bbk_strv *values, struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;
	const char *p, *end;

	if (file_begin(&git, file, err) < 0)
		return -1;
	bbk_strv_addl(&git.argv, "-z", "--get-all", key, NULL);
	if (bbk_process_run(&git, err) < 0)
		return -1;
	p = bbk_str_get(&git.out);
	for (end = p + git.out.len; p < end; p += strlen(p) + 1)
		bbk_strv_add(values, p);
	return 0;
}

static int run_write(struct bbk_process *git, struct bbk_err *err)
{
	if (bbk_process_run(git, err) < 0)
		return -1;
	return git->status ?
		bbk_git_failed(git, "write the configuration", err) : 0;
}

static int unset_all(const char *file, const char *key, struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;

	if (file_begin(&git, file, err) < 0)
		return -1;
	bbk_strv_addl(&git.argv, "--unset-all", key, NULL);
	return run_write(&git, err);
}

static int add_one(const char *file, const char *key, const char *value,
		   struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;

	if (file_begin(&git, file, err) < 0)
		return -1;
	bbk_strv_addl(&git.argv, "--add", key, value, NULL);
	return run_write(&git, err);
}

static int check_values(const char *key, const struct bbk_strv *values,
			struct bbk_err *err)
{
	for (size_t i = 0; i < values->len; i++)
		for (const char *c = values->v[i]; *c; c++)
			if ((unsigned char)*c < 0x20 || *c == 0x7f)
				return bbk_err_set(
					err, BBK_E_LOCAL,
					"cannot write the configuration: the "
					"value of '%s' has a control character",
					key);
	return 0;
}

int bbk_config_file_load(struct bbk_config *config, const char *file,
			 struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;

	if (access(file, F_OK) < 0)
		return 0;
	if (file_begin(&git, file, err) < 0)
		return -1;
	bbk_strv_addl(&git.argv, "-z", "--list", NULL);
	if (bbk_process_run(&git, err) < 0)
		return -1;
	read_list(config, &git.out);
	return 0;
}

int bbk_config_file_add(const char *file, const char *key,
			const struct bbk_strv *values, struct bbk_err *err)
{
	if (check_values(key, values, err) < 0)
		return -1;
	for (size_t i = 0; i < values->len; i++)
		if (add_one(file, key, values->v[i], err) < 0)
			return -1;
	return 0;
}

int bbk_config_file_set(const char *file, const char *key,
			const struct bbk_strv *values, bool *changed,
			struct bbk_err *err)
{
	BBK_AUTO(strv) now = BBK_STRV_INIT;

	if (check_values(key, values, err) < 0 ||
	    bbk_config_file_get(file, key, &now, err) < 0)
		return -1;
	if (bbk_strv_same(&now, values))
		return 0;
	if (now.len && unset_all(file, key, err) < 0)
		return -1;
	for (size_t i = 0; i < values->len; i++)
		if (add_one(file, key, values->v[i], err) < 0)
			return -1;
	*changed = true;
	return 0;
}

static int check_value(const char *key, const char *value, struct bbk_err *err)
{
	BBK_AUTO(strv) values = BBK_STRV_INIT;

	bbk_strv_add(&values, value);
	return check_values(key, &values, err);
}

int bbk_config_file_replace(const char *file, const char *key,
			    const char *value, struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;

	if (check_value(key, value, err) < 0 ||
	    file_begin(&git, file, err) < 0)
		return -1;
	bbk_strv_addl(&git.argv, "--replace-all", key, value, NULL);
	return run_write(&git, err);
}

int bbk_config_file_drop(const char *file, const char *key,
			 const char *value, struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;

	if (file_begin(&git, file, err) < 0)
		return -1;
	bbk_strv_addl(&git.argv, "--fixed-value", "--unset-all", key, value,
		      NULL);
	return run_write(&git, err);
}

int bbk_config_is_included(const char *file, bool *included,
			   struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;
	const char *p, *end;

	if (bbk_git_begin(&git, err) < 0)
		return -1;
	bbk_strv_add(&git.env, NO_REPOSITORY);
	bbk_strv_addl(&git.argv, "config", "--global", "-z", "--get-all",
		      "include.path", NULL);
	if (bbk_process_run(&git, err) < 0)
		return -1;
	*included = false;
	p = bbk_str_get(&git.out);
	for (end = p + git.out.len; p < end; p += strlen(p) + 1)
		*included = *included || !strcmp(p, file);
	return 0;
}

int bbk_config_include(const char *file, struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;

	if (bbk_git_begin(&git, err) < 0)
		return -1;
	bbk_strv_add(&git.env, NO_REPOSITORY);
	bbk_strv_addl(&git.argv, "config", "--global", "--add",
		      "include.path", file, NULL);
	return run_write(&git, err);
}

void bbk_config_repository_meddles(struct bbk_strv *keys)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	const char *p, *end;

	if (bbk_git_begin(&git, &ignored) < 0)
		return;
	bbk_strv_addl(&git.argv, "config", "--local", "--includes", "-z",
		      "--name-only", "--get-regexp",
		      "^(bbkey\\.|http\\.|credential\\.|url\\.|include|"
		      "core\\.(sshcommand|askpass)|ssh\\.variant)", NULL);
	if (bbk_process_run(&git, &ignored) < 0 || git.status)
		return;
	p = bbk_str_get(&git.out);
	for (end = p + git.out.len; p < end; p += strlen(p) + 1)
		if (!bbk_strv_has(keys, p))
			bbk_strv_add(keys, p);
}
