#include "core/plainssh.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "store/lock.h"
#include "store/sshconfig.h"

#define FILE_MAX_BYTES ((size_t)1 << 20)
#define LOCK_MS 20000
#define MADE "# git-bbkey made ~/.ssh/config.\n"

char *bbk_plainssh_include(const char *config)
{
	BBK_AUTO(str) pattern = BBK_STR_INIT;
	BBK_AUTO(str) line = BBK_STR_INIT;
	char *path = bbk_strf("%s/ssh_config", config);

	for (const char *c = path; *c; c++) {
		if (strchr("*?[]\\", *c))
			bbk_str_addc(&pattern, '\\');
		bbk_str_addc(&pattern, strchr("%$", *c) ? '?' : *c);
	}
	bbk_str_add(&line, "Include ");
	bbk_ssh_quote(&line, bbk_str_get(&pattern), false);
	free(path);
	return bbk_str_take(&line);
}

/* --- our own file ------------------------------------------------------- */

/* Entries begin with "# <base>" and end with an empty line. */
void bbk_plainssh_put(struct bbk_str *out, const char *text, const char *base,
		      const char *entry)
{
	char *title = bbk_strf("# %s\n", base);

	while (*text) {
		const char *end = strstr(text, "\n\n");
		size_t len = end ? (size_t)(end - text) + 2 : strlen(text);

		if (!bbk_begins(text, title))
			bbk_str_addn(out, text, len);
		text += len;
	}
	bbk_str_addf(out, "%s%s\n", title, entry);
	free(title);
}

static void add_host(struct bbk_str *out, const char *ssh)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(url) url = BBK_URL_INIT;
	size_t len;

	if (bbk_url_parse(&url, ssh, &ignored) < 0)
		return;
	len = strlen(url.host);
	if (url.host[0] == '[') /* ssh is given an IPv6 address without */
		bbk_str_addf(out, " %.*s", (int)len - 2, url.host + 1);
	else
		bbk_str_addf(out, " %s", url.host);
}

/* No Port, no HostName: URLs and the person's own entries have these. */
static void make_entry(struct bbk_str *out, const struct bbk_setup *setup)
{
	const struct bbk_strv *ssh = &setup->found.instance.ssh;
	char *key = setup->key.path ? bbk_strdup(setup->key.path) :
		bbk_strf("%s/%s", setup->env->paths.ssh, setup->key_name);

	bbk_str_add(out, "Host");
	for (size_t i = 0; i < ssh->len; i++)
		add_host(out, ssh->v[i]);
	bbk_str_add(out, "\n\tIdentityFile ");
	bbk_ssh_quote(out, key, true);
	bbk_str_addf(out, "\n\tGlobalKnownHostsFile %s\n",
		     setup->access.known_hosts);
	free(key);
}

static void make_head(struct bbk_str *out, const char *line, bool made)
{
	bbk_str_addf(out, "# The keys of git-bbkey, for tools that run ssh "
			  "by themselves.\n"
			  "# In ~/.ssh/config: %s\n%s\n", line,
		     made ? MADE : "");
}

/* What comes behind the head, if there is any. */
static const char *entries_of(const char *text)
{
	const char *end = strstr(text, "\n\n");

	return end ? end + 2 : "";
}

static int write_ours(const struct bbk_setup *setup, const char *line,
		      bool made, bool *changed, struct bbk_err *err)
{
	BBK_AUTO(str) old = BBK_STR_INIT;
	BBK_AUTO(str) new = BBK_STR_INIT;
	BBK_AUTO(str) entry = BBK_STR_INIT;
	char *path = bbk_strf("%s/ssh_config", setup->env->paths.config);
	int rc = bbk_file_read(&old, path, FILE_MAX_BYTES, err);

	if (rc >= 0) {
		made = made || strstr(bbk_str_get(&old), MADE);
		make_head(&new, line, made);
		make_entry(&entry, setup);
		bbk_plainssh_put(&new, entries_of(bbk_str_get(&old)),
				 setup->found.instance.base,
				 bbk_str_get(&entry));
		rc = 0;
		if (strcmp(bbk_str_get(&old), bbk_str_get(&new)) != 0) {
			*changed = true;
			if (!setup->wish->dry_run)
				rc = bbk_file_write(path, bbk_str_get(&new),
						    new.len, 0600, err);
		}
	}
	free(path);
	return rc < 0 ? -1 : 0;
}

/* --- both --------------------------------------------------------------- */

static int check_home(const struct bbk_setup *setup, struct bbk_err *err)
{
	if (bbk_paths_are_ssh(&setup->env->paths))
		return 0;
	bbk_err_set(err, BBK_E_LOCAL,
		    "ssh would not read %s/.ssh/config: it takes the home "
		    "folder from the password database, not from $HOME",
		    setup->env->paths.home);
	return bbk_err_hint(err, "run this with HOME set to that folder, or "
				 "without --ssh-config");
}

/* Ours first: what ~/.ssh/config includes is there, and the undo knows it. */
static int write_both(const struct bbk_setup *setup, const char *path,
		      const char *line, bool *changed, struct bbk_err *err)
{
	enum bbk_sshconfig_had had;

	if (bbk_sshconfig_look(path, line, &had, err) < 0 ||
	    write_ours(setup, line, had == BBK_SSHCONFIG_NONE, changed,
		       err) < 0)
		return -1;
	if (had == BBK_SSHCONFIG_LINE)
		return 0;
	*changed = true;
	return setup->wish->dry_run ? 0 :
	       bbk_sshconfig_add(path, line, &had, err);
}

int bbk_plainssh_enable(const struct bbk_setup *setup, bool *changed,
			struct bbk_err *err)
{
	BBK_AUTO(lock) lock = BBK_LOCK_INIT;
	struct bbk_env *env = setup->env;
	char *path, *line;
	int rc;

	*changed = false;
	if (check_home(setup, err) < 0)
		return -1;
	if (!setup->wish->dry_run &&
	    bbk_lock_take(&lock, env->paths.state, env->clock, LOCK_MS,
			  err) < 0)
		return -1;
	path = bbk_strf("%s/config", env->paths.ssh);
	line = bbk_plainssh_include(env->paths.config);
	rc = write_both(setup, path, line, changed, err);
	free(path);
	free(line);
	return rc;
}
