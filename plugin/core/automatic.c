#include "core/automatic.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/carried.h"
#include "base/file.h"
#include "base/realssh.h"
#include "base/text.h"
#include "git/config.h"

static int set_base(struct bbk_ourfiles *files,
		    const struct bbk_instance *instance, const char *name,
		    const struct bbk_strv *values)
{
	char *key = bbk_strf("bbkey.%s.%s", instance->base, name);
	int rc = bbk_ourfiles_set_list(files, &files->config, key, values);

	free(key);
	return rc;
}

static int set_base_one(struct bbk_ourfiles *files,
			const struct bbk_instance *instance, const char *name,
			const char *value)
{
	BBK_AUTO(strv) values = BBK_STRV_INIT;

	bbk_strv_add(&values, value);
	return set_base(files, instance, name, &values);
}

static int set_instance(struct bbk_ourfiles *files,
			const struct bbk_instance *instance,
			const struct bbk_enrolment *enrolment)
{
	if (set_base_one(files, instance, "edition", instance->edition->word) <
		    0 ||
	    set_base(files, instance, "ssh", &instance->ssh) < 0 ||
	    set_base_one(files, instance, "auto",
			 bbk_auto_word(enrolment->automatic)) < 0)
		return -1;
	if (enrolment->key_type &&
	    set_base_one(files, instance, "keyType", enrolment->key_type) < 0)
		return -1;
	if (enrolment->hostkeys && enrolment->hostkeys->len)
		return set_base(files, instance, "hostKey",
				enrolment->hostkeys);
	return 0;
}

/* Beside the person's own helpers, for what stays on https. */
static int set_helper(struct bbk_ourfiles *files,
		      const struct bbk_instance *instance)
{
	char *key = bbk_strf("credential.%s.helper", instance->base);
	int rc = bbk_ourfiles_set(files, &files->config, key, "bbkey");

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

static int set_include_if(struct bbk_ourfiles *files,
			  const struct bbk_ourfile *included,
			  const char *before, const char *middle,
			  const char *after)
{
	BBK_AUTO(str) key = BBK_STR_INIT;

	bbk_str_addf(&key, "includeIf.hasconfig:remote.*.url:%s", before);
	add_pattern(&key, middle);
	bbk_str_addf(&key, "%s.path", after);
	return bbk_ourfiles_set(files, &files->config, bbk_str_get(&key),
				included->path);
}

static int cover_https(struct bbk_ourfiles *files,
		       const struct bbk_instance *instance)
{
	const char *place = instance->base + strlen("https://");
	char *rest = bbk_strf("%s**", bbk_instance_clone_path(instance));
	int rc =
		set_include_if(files, &files->carried, "https://", place, rest);

	if (!rc)
		rc = set_include_if(files, &files->carried, "https://*@", place,
				    rest);
	free(rest);
	return rc;
}

/* "ssh://git@host:port" and its neighbours, see git-and-ssh "hasconfig" */
static int cover_ssh(struct bbk_ourfiles *files, const struct bbk_url *ssh)
{
	const struct bbk_ourfile *file = &files->transport;
	char *place = bbk_strf("%s:%u", ssh->host, ssh->port);
	int rc = set_include_if(files, file, "ssh://*@", place, "/**");

	if (!rc)
		rc = set_include_if(files, file, "ssh://", place, "/**");
	if (!rc && ssh->port == 22)
		rc = set_include_if(files, file, "ssh://*@", ssh->host, "/**");
	if (!rc && ssh->port == 22)
		rc = set_include_if(files, file, "ssh://", ssh->host, "/**");
	if (!rc && ssh->port == 22)
		rc = set_include_if(files, file, "*@", ssh->host, ":*/**");
	free(place);
	return rc;
}

static int cover(struct bbk_ourfiles *files,
		 const struct bbk_instance *instance,
		 const struct bbk_enrolment *enrolment)
{
	struct bbk_carrying carrying = {
		.https = enrolment->automatic != BBK_AUTO_NEVER &&
			 !enrolment->unconfirmed,
		.user = enrolment->user,
		.again_owner = enrolment->again_owner,
		.again_repo = enrolment->again_repo,
	};

	for (size_t i = 0; i < instance->ssh.len; i++) {
		BBK_AUTO(url) ssh = BBK_URL_INIT;

		if (bbk_url_parse(&ssh, instance->ssh.v[i], files->err) < 0 ||
		    cover_ssh(files, &ssh) < 0)
			return -1;
		if (i == 0 &&
		    (bbk_carry_https(files, instance, &ssh, &carrying) < 0 ||
		     bbk_carry_old_name(files, instance, &ssh) < 0))
			return -1;
	}
	/* last: in a repository with both, it tells them apart, too */
	return cover_https(files, instance);
}

static int set_ssh(struct bbk_ourfiles *files, const struct bbk_ourfile *file,
		   const char *program)
{
	char *quoted = bbk_shell_quoted(program); /* a shell runs it */
	int rc = bbk_ourfiles_set(files, file, "core.sshCommand", quoted);

	free(quoted);
	return rc < 0 ? rc :
			bbk_ourfiles_set(files, file, "ssh.variant", "ssh");
}

/* The link that tells the transport where it comes from: base/carried.h. */
static int set_link(struct bbk_ourfiles *files, const char *program,
		    const char *link)
{
	char now[PATH_MAX];
	ssize_t len = readlink(link, now, sizeof(now));

	if (len == (ssize_t)strlen(program) &&
	    !memcmp(now, program, (size_t)len))
		return 0;
	*files->changed = true;
	return files->dry_run ? 0 : bbk_file_link(program, link, files->err);
}

static int set_transport(struct bbk_ourfiles *files, const struct bbk_env *env)
{
	char *program = bbk_strf("%s/git-bbkey-ssh", env->program_dir);
	char *link = bbk_strf("%s/" BBK_CARRIED_PROGRAM, env->paths.config);
	int rc = set_ssh(files, &files->transport, program);

	if (!rc)
		rc = set_link(files, program, link);
	if (!rc)
		rc = set_ssh(files, &files->carried, link);
	free(link);
	free(program);
	return rc;
}

/* What ran ssh before us goes on running it: base/realssh.h. */
static int keep_ssh_command(struct bbk_ourfiles *files,
			    const struct bbk_env *env)
{
	BBK_AUTO(str) now = BBK_STR_INIT;
	char *path = bbk_realssh_path(env->paths.config);
	char *command = NULL;
	int rc = bbk_config_ssh_command(env->config, &command, files->err);

	if (!rc && command && strpbrk(command, "\r\n"))
		rc = bbk_err_set(files->err, BBK_E_LOCAL,
				 "git's core.sshCommand has a line end in it");
	if (!rc)
		rc = bbk_file_read(&now, path, 4096, files->err) < 0 ? -1 : 0;
	bbk_str_cut(&now, strcspn(bbk_str_get(&now), "\n"));
	if (!rc && strcmp(bbk_str_get(&now), command ? command : "") != 0) {
		*files->changed = true;
		if (!files->dry_run && !command)
			(void)unlink(path);
		else if (!files->dry_run)
			rc = bbk_file_write(path, command, strlen(command),
					    0600, files->err);
	}
	free(command);
	free(path);
	return rc;
}

struct enabling {
	const struct bbk_instance *instance;
	const struct bbk_env *env;
	const struct bbk_enrolment *enrolment;
};

static int enable(struct bbk_ourfiles *files, const void *arg)
{
	const struct enabling *what = arg;

	return set_instance(files, what->instance, what->enrolment) < 0 ||
			       set_helper(files, what->instance) < 0 ||
			       keep_ssh_command(files, what->env) < 0 ||
			       set_transport(files, what->env) < 0 ||
			       cover(files, what->instance, what->enrolment) <
				       0 ?
		       -1 :
		       0;
}

int bbk_automatic_enable(const struct bbk_instance *instance,
			 const struct bbk_env *env,
			 const struct bbk_enrolment *enrolment, bool dry_run,
			 bool *changed, struct bbk_err *err)
{
	struct bbk_ourfiles files = { .dry_run = dry_run,
				      .changed = changed,
				      .err = err };
	struct enabling what = { instance, env, enrolment };

	return bbk_ourfiles_write(&files, env, enable, &what) < 0 ?
		       bbk_err_wrap(err, "cannot switch on automatic setup") :
		       0;
}
