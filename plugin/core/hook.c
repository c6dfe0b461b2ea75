#include "core/hook.h"

#include <stdlib.h>
#include <string.h>

#include "core/automatic.h"
#include "core/hooks.h"
#include "core/instance.h"
#include "core/remote.h"
#include "git/checkout.h"

#define TRANSPORT "git-bbkey-ssh"

static bool is_set_to(const char *variable, const char *value)
{
	const char *now = getenv(variable);

	return now && !strcmp(now, value);
}

static bool is_switched_off(const struct bbk_env *env)
{
	return is_set_to("BBKEY_AUTO", "never") || !bbk_hooks_are_enabled(env);
}

/* --- post-checkout ------------------------------------------------------ */

bool bbk_hook_is_first(const char *previous, const char *flag)
{
	size_t len = strlen(previous);

	return (len == 40 || len == 64) && strspn(previous, "0") == len &&
	       !strcmp(flag, "1");
}

/* Does the URL belong to an enrolled instance, and stay on https? */
static bool stays_on_https(struct bbk_env *env, const char *remote,
			   const char *written)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(instance) instance = BBK_INSTANCE_INIT;
	BBK_AUTO(url) url = BBK_URL_INIT;
	char *carried = NULL;
	bool is;

	if (bbk_url_parse(&url, written, &ignored) < 0 ||
	    url.scheme != BBK_HTTPS ||
	    bbk_instance_of_https(&instance, env, &url, &ignored) != 0 ||
	    bbk_checkout_url(remote, &carried, &ignored) < 0)
		return false;
	is = bbk_begins(carried, "https://");
	free(carried);
	return is;
}

int bbk_hook_clone(struct bbk_env *env, char **remote,
		   struct bbk_err *err)
{
	char *name = NULL, *url = NULL;
	bool is_main = false;
	int rc;

	/* 0: the URL came out of .gitmodules */
	if (is_switched_off(env) || is_set_to("GIT_PROTOCOL_FROM_USER", "0"))
		return 1;
	rc = bbk_checkout_is_main(&is_main, err);
	if (rc || !is_main)
		return rc ? rc : 1;
	rc = bbk_remote_choose(NULL, &name, &url, err);
	if (rc)
		return rc;
	/* over ssh it was tried, in vain */
	if (!bbk_carry_leaves_alone(env, url) &&
	    stays_on_https(env, name, url)) {
		*remote = name;
	} else {
		free(name);
		rc = 1;
	}
	free(url);
	return rc;
}

/* --- pre-push ----------------------------------------------------------- */

bool bbk_hook_may_push(const struct bbk_record *record)
{
	return record->write || record->own_push || !record->key;
}

/* Is it git-bbkey-ssh that carries this, and nobody's own ssh? */
static bool is_our_transport(void)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	const char *git_ssh = getenv("GIT_SSH");
	char *command = NULL;
	bool ours;

	if (getenv("GIT_SSH_COMMAND") || (git_ssh && *git_ssh) ||
	    bbk_checkout_setting("core.sshCommand", &command, &ignored) != 0)
		return false;
	ours = bbk_ends(command, TRANSPORT) || bbk_ends(command, TRANSPORT "'");
	free(command);
	return ours;
}

/* 0: found, and the transport does not upgrade it by itself */
static int find_record(struct bbk_record *record, struct bbk_env *env,
		       const char *text, struct bbk_err *err)
{
	BBK_AUTO(instance) instance = BBK_INSTANCE_INIT;
	BBK_AUTO(address) address = BBK_ADDRESS_INIT;
	BBK_AUTO(url) url = BBK_URL_INIT;
	struct bbk_defaults defaults;
	struct bbk_place place;

	if (bbk_url_parse(&url, text, err) < 0 || url.scheme != BBK_SSH ||
	    bbk_instance_of_ssh(&instance, env, url.host, url.port, err) != 0 ||
	    bbk_address_of(&address, &url, instance.edition->is_cloud,
			   err) < 0 || !address.repo ||
	    bbk_instance_defaults(&instance, env, &defaults, err) < 0 ||
	    defaults.write)
		return 1;
	place = bbk_place_canonical((struct bbk_place){
		url.host, url.port, bbk_address_owner(&address), address.repo,
		url.user });
	return bbk_record_find(record, env->paths.state, &place, err);
}

int bbk_hook_push(struct bbk_env *env, const char *url, struct bbk_err *err)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(record) record = BBK_RECORD_INIT;

	if (is_switched_off(env) ||
	    find_record(&record, env, url, &ignored) != 0 ||
	    bbk_hook_may_push(&record) || !is_our_transport())
		return 0;
	if (record.scope == BBK_SCOPE_PERSONAL)
		bbk_err_set(err, BBK_E_PERMISSION, "this machine's key may "
			    "only read, so this push would be refused");
	else
		bbk_err_set(err, BBK_E_PERMISSION, "this machine's key may "
			    "only read %s '%s', so this push would be refused",
			    record.repo ? "repository" :
			    record.project ? "project" : "workspace",
			    record.repo ? record.repo :
			    record.project ? record.project :
					     record.workspace);
	return bbk_err_hint(err, "to be allowed to push: git bbkey init %s",
			    record.workspace ? "--scope personal" :
			    record.scope == BBK_SCOPE_REPO ?
				    "--scope repo --write" : "--write");
}
