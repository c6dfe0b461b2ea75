#include "core/automatic.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cloud.h"
#include "base/file.h"
#include "base/realssh.h"
#include "base/text.h"
#include "git/config.h"
#include "store/lock.h"

#define LOCK_MS 20000

struct writer {
	char *config;	 /* <config>/config */
	char *transport; /* <config>/transport */
	struct bbk_config in_config, in_transport; /* what they hold */
	bool dry_run;
	bool *changed;
	struct bbk_err *err;
};

/* As git prints a key: the section and the name in lower case. */
static char *printed(const char *key)
{
	char *text = bbk_strdup(key);

	for (char *c = text; *c && *c != '.'; c++)
		*c = (char)bbk_lower(*c);
	for (char *c = strrchr(text, '.'); c && *c; c++)
		*c = (char)bbk_lower(*c);
	return text;
}

static void values_now(const struct writer *w, const char *file,
		       const char *key, struct bbk_strv *values)
{
	const struct bbk_config *config = file == w->config ?
		&w->in_config : &w->in_transport;
	char *name = printed(key);

	for (size_t i = 0; i < config->keys.len; i++)
		if (!strcmp(config->keys.v[i], name))
			bbk_strv_add(values, config->values.v[i]);
	free(name);
}

/* file is w->config or w->transport. */
static int set_list(struct writer *w, const char *file, const char *key,
		    const struct bbk_strv *values)
{
	BBK_AUTO(strv) now = BBK_STRV_INIT;

	values_now(w, file, key, &now);
	if (bbk_strv_same(&now, values))
		return 0;
	*w->changed = true;
	if (w->dry_run)
		return 0;
	return now.len ? bbk_config_file_set(file, key, values, w->changed,
					     w->err) :
			 bbk_config_file_add(file, key, values, w->err);
}

static int set(struct writer *w, const char *file, const char *key,
	       const char *value)
{
	BBK_AUTO(strv) values = BBK_STRV_INIT;

	if (value)
		bbk_strv_add(&values, value);
	return set_list(w, file, key, &values);
}

static int set_base(struct writer *w, const struct bbk_instance *instance,
		    const char *name, const struct bbk_strv *values)
{
	char *key = bbk_strf("bbkey.%s.%s", instance->base, name);
	int rc = set_list(w, w->config, key, values);

	free(key);
	return rc;
}

static int set_base_one(struct writer *w, const struct bbk_instance *instance,
			const char *name, const char *value)
{
	BBK_AUTO(strv) values = BBK_STRV_INIT;

	bbk_strv_add(&values, value);
	return set_base(w, instance, name, &values);
}

static int set_instance(struct writer *w, const struct bbk_instance *instance,
			const struct bbk_enrolment *enrolment)
{
	if (set_base_one(w, instance, "edition", instance->edition->word) < 0 ||
	    set_base(w, instance, "ssh", &instance->ssh) < 0 ||
	    set_base_one(w, instance, "auto",
			 bbk_auto_word(enrolment->automatic)) < 0)
		return -1;
	if (enrolment->key_type &&
	    set_base_one(w, instance, "keyType", enrolment->key_type) < 0)
		return -1;
	if (enrolment->hostkeys && enrolment->hostkeys->len)
		return set_base(w, instance, "hostKey", enrolment->hostkeys);
	return 0;
}

/* Beside the person's own helpers, for what stays on https. */
static int set_helper(struct writer *w, const struct bbk_instance *instance)
{
	char *key = bbk_strf("credential.%s.helper", instance->base);
	int rc = set(w, w->config, key, "bbkey");

	free(key);
	return rc;
}

/* includeIf patterns are wildmatch: a bracket of IPv6 stands for itself */
static void add_pattern(struct bbk_str *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("[]*?\\", *text))
			bbk_str_addc(out, '\\');
		bbk_str_addc(out, *text);
	}
}

static int set_include_if(struct writer *w, const char *before,
			  const char *middle, const char *after)
{
	BBK_AUTO(str) key = BBK_STR_INIT;

	bbk_str_addf(&key, "includeIf.hasconfig:remote.*.url:%s", before);
	add_pattern(&key, middle);
	bbk_str_addf(&key, "%s.path", after);
	return set(w, w->config, bbk_str_get(&key), w->transport);
}

/* What clone URLs have behind the base. */
static const char *clone_path(const struct bbk_instance *instance)
{
	return instance->edition->is_cloud ? "/" : "/scm/";
}

static int cover_https(struct writer *w, const struct bbk_instance *instance)
{
	const char *place = instance->base + strlen("https://");
	char *rest = bbk_strf("%s**", clone_path(instance));
	int rc = set_include_if(w, "https://", place, rest);

	if (!rc)
		rc = set_include_if(w, "https://*@", place, rest);
	free(rest);
	return rc;
}

/* "ssh://git@host:port" and its neighbours, see git-and-ssh "hasconfig" */
static int cover_ssh(struct writer *w, const struct bbk_url *ssh)
{
	char *place = bbk_strf("%s:%u", ssh->host, ssh->port);
	int rc = set_include_if(w, "ssh://*@", place, "/**");

	if (!rc)
		rc = set_include_if(w, "ssh://", place, "/**");
	if (!rc && ssh->port == 22)
		rc = set_include_if(w, "ssh://*@", ssh->host, "/**");
	if (!rc && ssh->port == 22)
		rc = set_include_if(w, "ssh://", ssh->host, "/**");
	if (!rc && ssh->port == 22)
		rc = set_include_if(w, "*@", ssh->host, ":*/**");
	free(place);
	return rc;
}

static char *instead_of_key(const struct bbk_url *ssh)
{
	BBK_AUTO(str) key = BBK_STR_INIT;

	bbk_str_add(&key, "url.");
	bbk_url_add_user(&key, ssh);
	bbk_str_add(&key, "/.insteadOf");
	return bbk_str_take(&key);
}

/*
 * Cloud writes the person's name into its https URLs, and insteadOf knows no
 * wildcards: each name that was seen stays.
 */
static void add_named(struct bbk_strv *from, struct writer *w,
		      const struct bbk_instance *instance, const char *key,
		      const char *user)
{
	BBK_AUTO(strv) now = BBK_STRV_INIT;

	if (!instance->edition->is_cloud)
		return;
	values_now(w, w->transport, key, &now);
	if (user)
		bbk_strv_addf(&now, "https://%s@%s/", user,
			      instance->base + strlen("https://"));
	for (size_t i = 0; i < now.len; i++)
		if (!bbk_strv_has(from, now.v[i]))
			bbk_strv_add(from, now.v[i]);
}

/* https clone URLs are carried over ssh, by the first of the SSH names. */
static int carry_over(struct writer *w, const struct bbk_instance *instance,
		      const struct bbk_url *ssh,
		      const struct bbk_enrolment *enrolment)
{
	BBK_AUTO(strv) from = BBK_STRV_INIT;
	char *key = instead_of_key(ssh);
	int rc;

	if (enrolment->automatic != BBK_AUTO_NEVER &&
	    !enrolment->unconfirmed) {
		bbk_strv_addf(&from, "%s%s", instance->base,
			      clone_path(instance));
		add_named(&from, w, instance, key, enrolment->user);
	}
	/* beside core.sshCommand: where that is not read, https stays https */
	rc = set_list(w, w->transport, key, &from);
	free(key);
	return rc;
}

/*
 * bitbucket.org answers no ssh any more: for whoever asks it, our transport or
 * not, the new name stands in.
 */
static int carry_old_name(struct writer *w, const struct bbk_instance *instance,
			  const struct bbk_url *ssh)
{
	BBK_AUTO(strv) from = BBK_STRV_INIT;
	char *key;
	int rc;

	if (strcmp(instance->base, BBK_CLOUD_BASE) != 0 ||
	    bbk_cloud_is_old(ssh->host, ssh->port))
		return 0;
	bbk_strv_addl(&from, "git@" BBK_CLOUD_WEB_HOST ":",
		      "ssh://git@" BBK_CLOUD_WEB_HOST "/",
		      "ssh://git@" BBK_CLOUD_WEB_HOST ":22/", NULL);
	key = instead_of_key(ssh);
	rc = set_list(w, w->config, key, &from);
	free(key);
	return rc;
}

static int cover(struct writer *w, const struct bbk_instance *instance,
		 const struct bbk_enrolment *enrolment)
{
	if (cover_https(w, instance) < 0)
		return -1;
	for (size_t i = 0; i < instance->ssh.len; i++) {
		BBK_AUTO(url) ssh = BBK_URL_INIT;

		if (bbk_url_parse(&ssh, instance->ssh.v[i], w->err) < 0 ||
		    cover_ssh(w, &ssh) < 0)
			return -1;
		if (i == 0 &&
		    (carry_over(w, instance, &ssh, enrolment) < 0 ||
		     carry_old_name(w, instance, &ssh) < 0))
			return -1;
	}
	return 0;
}

static int set_transport(struct writer *w, const struct bbk_env *env)
{
	char *program = bbk_strf("%s/git-bbkey-ssh", env->program_dir);
	char *quoted = bbk_shell_quoted(program); /* a shell runs it */
	int rc = set(w, w->transport, "core.sshCommand", quoted);

	free(program);
	free(quoted);
	return rc < 0 ? rc : set(w, w->transport, "ssh.variant", "ssh");
}

/* What ran ssh before us goes on running it: base/realssh.h. */
static int keep_ssh_command(struct writer *w, const struct bbk_env *env)
{
	BBK_AUTO(str) now = BBK_STR_INIT;
	char *path = bbk_realssh_path(env->paths.config);
	char *command = NULL;
	int rc = bbk_config_ssh_command(env->config, &command, w->err);

	if (!rc && command && strpbrk(command, "\r\n"))
		rc = bbk_err_set(w->err, BBK_E_LOCAL,
				 "git's core.sshCommand has a line end in it");
	if (!rc)
		rc = bbk_file_read(&now, path, 4096, w->err) < 0 ? -1 : 0;
	bbk_str_cut(&now, strcspn(bbk_str_get(&now), "\n"));
	if (!rc && strcmp(bbk_str_get(&now), command ? command : "") != 0) {
		*w->changed = true;
		if (!w->dry_run && !command)
			(void)unlink(path);
		else if (!w->dry_run)
			rc = bbk_file_write(path, command, strlen(command),
					    0600, w->err);
	}
	free(command);
	free(path);
	return rc;
}

static int include(struct writer *w)
{
	bool included;

	if (bbk_config_is_included(w->config, &included, w->err) < 0)
		return -1;
	if (included)
		return 0;
	*w->changed = true;
	return w->dry_run ? 0 : bbk_config_include(w->config, w->err);
}

/*
 * A git that was killed leaves its lock behind.  We hold our own lock, and
 * nobody else writes these files.
 */
static void remove_stale_lock(const char *file)
{
	char *lock = bbk_strf("%s.lock", file);

	(void)unlink(lock);
	free(lock);
}

/*
 * Loads what is there, and writes.  The include comes last, so that a
 * half-written file is never in force.
 */
static int run(struct writer *w, const struct bbk_env *env,
	       int (*write)(struct writer *w, const void *arg),
	       const void *arg)
{
	int rc = 0;

	w->config = bbk_strf("%s/config", env->paths.config);
	w->transport = bbk_strf("%s/transport", env->paths.config);
	*w->changed = false;
	if (bbk_config_file_load(&w->in_config, w->config, w->err) < 0 ||
	    bbk_config_file_load(&w->in_transport, w->transport, w->err) < 0)
		rc = -1;
	if (!rc && !w->dry_run) {
		rc = bbk_make_dirs(env->paths.config, w->err);
		remove_stale_lock(w->config);
		remove_stale_lock(w->transport);
	}
	if (!rc && (write(w, arg) < 0 || include(w) < 0))
		rc = -1;
	bbk_config_release(&w->in_config);
	bbk_config_release(&w->in_transport);
	free(w->config);
	free(w->transport);
	return rc;
}

struct enabling {
	const struct bbk_instance *instance;
	const struct bbk_env *env;
	const struct bbk_enrolment *enrolment;
};

static int enable(struct writer *w, const void *arg)
{
	const struct enabling *what = arg;

	return set_instance(w, what->instance, what->enrolment) < 0 ||
	       set_helper(w, what->instance) < 0 ||
	       keep_ssh_command(w, what->env) < 0 ||
	       set_transport(w, what->env) < 0 ||
	       cover(w, what->instance, what->enrolment) < 0 ? -1 : 0;
}

int bbk_automatic_enable(const struct bbk_instance *instance,
			 const struct bbk_env *env,
			 const struct bbk_enrolment *enrolment, bool dry_run,
			 bool *changed, struct bbk_err *err)
{
	struct writer w = { .dry_run = dry_run, .changed = changed,
			    .err = err };
	struct enabling what = { instance, env, enrolment };

	return run(&w, env, enable, &what) < 0 ?
		bbk_err_wrap(err, "cannot switch on automatic setup") : 0;
}

static int carry(struct writer *w, const void *arg)
{
	const struct bbk_instance *instance = arg;
	BBK_AUTO(url) ssh = BBK_URL_INIT;

	return bbk_url_parse(&ssh, instance->ssh.v[0], w->err) < 0 ?
		-1 : carry_old_name(w, instance, &ssh);
}

int bbk_automatic_carry_old_names(struct bbk_env *env, bool dry_run,
				  bool *changed, struct bbk_err *err)
{
	BBK_AUTO(lock) lock = BBK_LOCK_INIT;
	BBK_AUTO(instance) instance = BBK_INSTANCE_INIT;
	BBK_AUTO(url) base = BBK_URL_INIT;
	struct writer w = { .dry_run = dry_run, .changed = changed,
			    .err = err };

	*changed = false;
	if (bbk_url_parse(&base, BBK_CLOUD_BASE, err) < 0 ||
	    bbk_instance_open(&instance, env, &base, err) < 0)
		return -1;
	if (!dry_run && bbk_lock_take(&lock, env->paths.state, env->clock,
				      LOCK_MS, err) < 0)
		return -1;
	return run(&w, env, carry, &instance) < 0 ?
		bbk_err_wrap(err, "cannot carry old addresses over") : 0;
}
