#include "core/carry.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/carried.h"
#include "base/cloud.h"
#include "core/ourfiles.h"
#include "store/lock.h"

#define LOCK_MS 20000
#define LEAVE_LOCK_MS 1000 /* inside a fetch that is done */

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
static void add_named(struct bbk_strv *from, struct bbk_ourfiles *files,
		      const struct bbk_instance *instance, const char *key,
		      const char *user)
{
	BBK_AUTO(strv) now = BBK_STRV_INIT;

	if (!instance->edition->is_cloud)
		return;
	bbk_ourfile_values(&files->carried, key, &now);
	if (user)
		bbk_strv_addf(&now, "https://%s@%s/", user,
			      instance->base + strlen("https://"));
	for (size_t i = 0; i < now.len; i++)
		if (!bbk_strv_has(from, now.v[i]))
			bbk_strv_add(from, now.v[i]);
}

/* --- https -------------------------------------------------------------- */

/* A URL that insteadOf leaves as it is: of several, git takes the longest. */
static char *left_alone_key(const char *url)
{
	return bbk_strf("url.%s.insteadOf", url);
}

static bool is_left_alone(const struct bbk_config *held, size_t i)
{
	const char *url = held->values.v[i];
	char *key = bbk_strf("url.%s.insteadof", url); /* as git prints it */
	bool is = bbk_begins(url, "https://") &&
		  !strcmp(held->keys.v[i], key);

	free(key);
	return is;
}

/* Does what is left alone, `url` and all that begins so, come back? */
static bool comes_back(const char *url, const char *beginning,
		       const struct bbk_carrying *carrying)
{
	const char *owner = carrying->again_owner;
	const char *repo = carrying->again_repo;
	char *begin = bbk_strf("%s%s%s%s%s", beginning, owner,
			       *owner ? "/" : "", repo ? repo : "",
			       repo ? ".git" : "");
	bool does = !strncasecmp(url, begin, strlen(repo ? url : begin));

	free(begin);
	return does;
}

static int carry_again(struct bbk_ourfiles *files,
		       const struct bbk_strv *beginnings,
		       const struct bbk_carrying *carrying)
{
	const struct bbk_config *held = &files->carried.held;
	int rc = 0;

	for (size_t i = 0; i < held->keys.len && !rc; i++) {
		bool back = false;

		for (size_t j = 0; j < beginnings->len && !back; j++)
			back = is_left_alone(held, i) &&
			       comes_back(held->values.v[i], beginnings->v[j],
					  carrying);
		if (back)
			rc = bbk_ourfiles_set(files, &files->carried,
					      held->keys.v[i], NULL);
	}
	return rc;
}

int bbk_carry_https(struct bbk_ourfiles *files,
		    const struct bbk_instance *instance,
		    const struct bbk_url *ssh,
		    const struct bbk_carrying *carrying)
{
	BBK_AUTO(strv) from = BBK_STRV_INIT;
	char *key = instead_of_key(ssh);
	int rc;

	if (carrying->https) {
		bbk_strv_addf(&from, "%s%s", instance->base,
			      bbk_instance_clone_path(instance));
		add_named(&from, files, instance, key, carrying->user);
	}
	/* beside core.sshCommand: where that is not read, https stays https */
	rc = bbk_ourfiles_set_list(files, &files->carried, key, &from);
	if (!rc && carrying->again_owner)
		rc = carry_again(files, &from, carrying);
	free(key);
	return rc;
}

/* --- the place that Cloud has left -------------------------------------- */

/*
 * bitbucket.org answers no ssh any more: for whoever asks it, our transport or
 * not, the new name stands in.
 */
int bbk_carry_old_name(struct bbk_ourfiles *files,
		       const struct bbk_instance *instance,
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
	rc = bbk_ourfiles_set_list(files, &files->config, key, &from);
	free(key);
	return rc;
}

static int carry(struct bbk_ourfiles *files, const void *arg)
{
	const struct bbk_instance *instance = arg;
	BBK_AUTO(url) ssh = BBK_URL_INIT;

	return bbk_url_parse(&ssh, instance->ssh.v[0], files->err) < 0 ?
		       -1 :
		       bbk_carry_old_name(files, instance, &ssh);
}

int bbk_carry_old_names(struct bbk_env *env, bool dry_run, bool *changed,
			struct bbk_err *err)
{
	BBK_AUTO(lock) lock = BBK_LOCK_INIT;
	BBK_AUTO(instance) instance = BBK_INSTANCE_INIT;
	BBK_AUTO(url) base = BBK_URL_INIT;
	struct bbk_ourfiles files = { .dry_run = dry_run,
				      .changed = changed,
				      .err = err };

	*changed = false;
	if (bbk_url_parse(&base, BBK_CLOUD_BASE, err) < 0 ||
	    bbk_instance_open(&instance, env, &base, err) < 0)
		return -1;
	if (!dry_run && bbk_lock_take(&lock, env->paths.state, env->clock,
				      LOCK_MS, err) < 0)
		return -1;
	return bbk_ourfiles_write(&files, env, carry, &instance) < 0 ?
		       bbk_err_wrap(err, "cannot carry old addresses over") :
		       0;
}

/* --- one URL that is not ------------------------------------------------ */

struct leaving {
	const struct bbk_instance *instance;
	const char *path;
};

/* By whatever beginning the URL came to be carried over. */
static int leave(struct bbk_ourfiles *files, const void *arg)
{
	const struct leaving *what = arg;
	BBK_AUTO(url) ssh = BBK_URL_INIT;
	BBK_AUTO(strv) beginnings = BBK_STRV_INIT;
	size_t len = strlen(bbk_instance_clone_path(what->instance));
	char *key;
	int rc = 0;

	if (bbk_url_parse(&ssh, what->instance->ssh.v[0], files->err) < 0)
		return -1;
	key = instead_of_key(&ssh);
	bbk_ourfile_values(&files->carried, key, &beginnings);
	free(key);
	for (size_t i = 0; i < beginnings.len && !rc; i++) {
		char *url = bbk_strf("%s%s", beginnings.v[i], what->path + len);

		key = left_alone_key(url);
		rc = bbk_ourfiles_set(files, &files->carried, key, url);
		free(key);
		free(url);
	}
	return rc;
}

int bbk_carry_leave_alone(const struct bbk_instance *instance,
			  const struct bbk_env *env, const char *path,
			  struct bbk_err *err)
{
	BBK_AUTO(lock) lock = BBK_LOCK_INIT;
	bool changed;
	struct bbk_ourfiles files = { .changed = &changed, .err = err };
	struct leaving what = { instance, path };

	if (bbk_lock_take(&lock, env->paths.state, env->clock, LEAVE_LOCK_MS,
			  err) < 0 ||
	    bbk_ourfiles_write(&files, env, leave, &what) < 0)
		return -1;
	return changed ? 0 : 1;
}

bool bbk_carry_leaves_alone(const struct bbk_env *env, const char *url)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(config) held = BBK_CONFIG_INIT;
	char *file =
		bbk_strf("%s/" BBK_CARRIED_FOLDER "/config", env->paths.config);
	bool does = false;

	if (bbk_config_file_load(&held, file, &ignored) == 0)
		for (size_t i = 0; i < held.keys.len && !does; i++)
			does = is_left_alone(&held, i) &&
			       bbk_begins(url, held.values.v[i]);
	free(file);
	return does;
}
