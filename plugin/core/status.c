#include "core/status.h"

#include <stdlib.h>
#include <string.h>

#include "base/cloud.h"
#include "core/automatic.h"
#include "core/remote.h"
#include "ssh/hostkey.h"
#include "store/expiry.h"

static const char *const ssh_words[] = { "ok", "denied", "no-access",
					 "unreachable", "skipped" };

const char *bbk_ssh_state_word(enum bbk_ssh_state state)
{
	return ssh_words[state];
}

void bbk_status_release(struct bbk_status *status)
{
	free(status->remote);
	free(status->remote_url);
	free(status->key_problem);
	free(status->ssh_said);
	bbk_detected_release(&status->found);
	bbk_record_release(&status->record);
	bbk_key_release(&status->key);
	bbk_access_release(&status->access);
	bbk_known_keys_release(&status->known);
}

/* Enrolled instances only: status asks nobody which host is whose. */
static int find_instance(struct bbk_status *status, struct bbk_env *env,
			 struct bbk_err *err)
{
	struct bbk_detected *found = &status->found;
	int rc;

	if (bbk_url_parse(&found->url, status->remote_url, err) < 0)
		return -1;
	if (found->url.password) { /* it is shown to nobody */
		BBK_AUTO(str) shown = BBK_STR_INIT;

		bbk_url_add_user(&shown, &found->url);
		bbk_replace(&status->remote_url, bbk_str_get(&shown));
	}
	status->moved = found->url.scheme == BBK_SSH &&
			bbk_cloud_is_old(found->url.host, found->url.port);
	rc = found->url.scheme == BBK_SSH ?
		bbk_detect_of_ssh(&found->instance, env,
				  found->url.user ? found->url.user : "git",
				  found->url.host, found->url.port_given ?
				  found->url.port : 0, err) :
		bbk_instance_of_https(&found->instance, env, &found->url, err);
	if (rc < 0)
		return -1;
	status->enrolled = rc == 0;
	if (bbk_address_of(&found->address, &found->url, rc == 0 ?
			   found->instance.edition->is_cloud :
			   bbk_instance_is_cloud(env, &found->url, NULL),
			   err) < 0)
		return -1;
	if (rc > 0)
		return 0;
	bbk_replace(&found->ssh_user, found->url.scheme == BBK_SSH &&
				      found->url.user ?
				      found->url.user : "git");
	return bbk_detect_offline(found, err);
}

/* As the server does, not as the URL. */
static void spell_project(struct bbk_detected *found)
{
	char *key = bbk_project_key(found->project);

	free(found->project);
	found->project = key;
}

static int find_record(struct bbk_status *status, struct bbk_env *env,
		       struct bbk_err *err)
{
	struct bbk_detected *found = &status->found;
	struct bbk_place place = bbk_detected_place(found);
	int rc;

	if (!place.project)
		return bbk_err_set(err, BBK_E_NOT_BITBUCKET,
				   "the remote names no repository");
	rc = bbk_record_find(&status->record, env->paths.state, &place, err);
	status->on_record = rc == 0;
	/* what is kept with a workspace may be of another of its projects */
	if (!rc && status->record.project &&
	    (!found->workspace || status->record.level == BBK_LEVEL_REPO))
		bbk_replace(&found->project, status->record.project);
	else if (found->project && !found->workspace)
		spell_project(found);
	return rc < 0 ? -1 : 0;
}

static void find_key(struct bbk_status *status, struct bbk_env *env)
{
	BBK_AUTO(err) why = BBK_ERR_INIT;
	struct bbk_key_wish wish = { .path = status->record.key };

	if (!status->record.key)
		return;
	if (bbk_key_find(&status->key, env, &wish, &why) < 0)
		bbk_replace(&status->key_problem, why.what);
}

/* Without a connection: only what is in our own known hosts. */
static int look_at_known_hosts(struct bbk_status *status, struct bbk_env *env,
			       struct bbk_err *err)
{
	const struct bbk_detected *found = &status->found;
	char *name = bbk_known_hosts_name(found->ssh_host, found->ssh_port);
	bool has = false;
	int rc = bbk_known_hosts_has(env->paths.state, name, &has, err);

	free(name);
	if (has) {
		status->access.hostkey = BBK_HOSTKEY_VERIFIED;
		status->access.source =
			!found->instance.facts.fingerprints.len ? NULL :
			found->workspace ? "site" : "rest";
		if (found->instance.facts.fingerprints.len)
			bbk_replace(&status->access.fingerprint,
				    found->instance.facts.fingerprints.v[0]);
	}
	return rc;
}

static enum bbk_ssh_state state_of(const struct bbk_ssh_answer *answer)
{
	switch (answer->outcome) {
	case BBK_SSH_OK:
		return BBK_SSH_STATE_OK;
	case BBK_SSH_DENIED:
		return BBK_SSH_STATE_DENIED;
	case BBK_SSH_NO_ACCESS:
		return BBK_SSH_STATE_NO_ACCESS;
	default:
		return BBK_SSH_STATE_UNREACHABLE;
	}
}

/* Of these the server alone knows what they may. */
static bool is_persons(const struct bbk_status *status)
{
	return !status->record.key ||
	       status->record.scope == BBK_SCOPE_PERSONAL;
}

/* A question that git asks for a push, and ends there. */
static const char *ask_to_push(struct bbk_status *status, struct bbk_env *env,
			       const struct bbk_visit *as)
{
	BBK_AUTO(ssh_answer) answer = BBK_SSH_ANSWER_INIT;
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	struct bbk_detected *found = &status->found;
	struct bbk_visit visit = *as;
	char *command = bbk_access_command(found->instance.edition,
					   bbk_detected_owner(found),
					   found->repo, true);

	visit.command = command;
	(void)!bbk_access_visit(&status->access, env, &visit, &answer,
				&ignored);
	free(command);
	switch (answer.outcome) {
	case BBK_SSH_OK:
		return "write";
	case BBK_SSH_NO_ACCESS:
	case BBK_SSH_DENIED:
		return "read";
	case BBK_SSH_OTHER: /* refused in words that we do not know */
		return answer.known ? "read" : NULL;
	default:
		return NULL;
	}
}

static void find_access(struct bbk_status *status, struct bbk_env *env,
			const struct bbk_visit *visit)
{
	status->ssh_access = NULL;
	if (!status->on_record || (status->ssh != BBK_SSH_STATE_OK &&
				   status->ssh != BBK_SSH_STATE_SKIPPED))
		return;
	status->ssh_access = status->record.write ? "write" : "read";
	if (is_persons(status))
		status->ssh_access = visit ? ask_to_push(status, env, visit) :
					     NULL;
}

static int ask_server(struct bbk_status *status, struct bbk_env *env,
		      struct bbk_err *err)
{
	BBK_AUTO(ssh_answer) answer = BBK_SSH_ANSWER_INIT;
	BBK_AUTO(err) why = BBK_ERR_INIT;
	struct bbk_detected *found = &status->found;
	char *command = bbk_access_command(found->instance.edition,
					   bbk_detected_owner(found),
					   found->repo, false);
	struct bbk_visit visit = {
		.auth = status->record.key ? BBK_SSH_KEY : BBK_SSH_OWN,
		.key = status->record.key, .agent = status->record.agent,
		.fingerprint = status->key.facts.fingerprint,
		.command = command,
	};
	int rc = bbk_access_open(&status->access, env, &found->instance,
				 found->ssh_user, found->ssh_host,
				 bbk_detected_port(found), NULL, err);

	if (rc < 0 || bbk_access_visit(&status->access, env, &visit, &answer,
				       &why) < 0)
		bbk_replace(&status->ssh_said, why.what ? why.what : err->what);
	bbk_err_release(err);
	free(command);
	status->ssh = rc < 0 ? BBK_SSH_STATE_UNREACHABLE : state_of(&answer);
	status->milliseconds = answer.milliseconds;
	find_access(status, env, &visit);
	if (!status->ssh_said && answer.said)
		bbk_replace(&status->ssh_said, answer.said);
	return 0;
}

/* Advisory: whatever stands in its way, status goes on without. */
static void survey(struct bbk_status *status, const struct bbk_env *env)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;

	if (status->ssh != BBK_SSH_STATE_UNREACHABLE)
		(void)!bbk_known_keys_find(&status->known, &status->access,
					   status->found.ssh_port, env,
					   &ignored);
}

int bbk_status_get(struct bbk_status *status, struct bbk_env *env,
		   const char *remote, bool offline, struct bbk_err *err)
{
	int rc = bbk_remote_choose(remote, &status->remote,
				   &status->remote_url, err);

	if (rc > 0)
		return bbk_err_set(err, BBK_E_USAGE,
				   "this is not a git repository");
	if (rc < 0 || find_instance(status, env, err) < 0)
		return -1;
	if (!status->enrolled)
		return 0;
	status->left_alone = bbk_carry_leaves_alone(env,
							status->remote_url);
	status->over_ssh = status->found.url.scheme == BBK_SSH ||
			   (!status->left_alone &&
			    status->found.instance.automatic != BBK_AUTO_NEVER);
	if (find_record(status, env, err) < 0)
		return -1;
	find_key(status, env);
	bbk_lfs_look(&status->lfs, status->found.instance.edition,
		     status->record.key ? status->record.scope :
					  BBK_SCOPE_PERSONAL);
	find_access(status, env, NULL);
	if (look_at_known_hosts(status, env, err) < 0 ||
	    (!offline && ask_server(status, env, err) < 0))
		return -1;
	if (!offline && env->verbose)
		survey(status, env);
	status->ready = status->on_record && !status->key_problem &&
			status->over_ssh &&
			(status->ssh == BBK_SSH_STATE_OK ||
			 (offline && status->ssh == BBK_SSH_STATE_SKIPPED));
	return 0;
}

/* --- what to do next ---------------------------------------------------- */

/* "<what>: git bbkey init<options>" */
static char *with_init(const struct bbk_status *status, const char *what,
		       const char *options)
{
	bool ours = status->on_record && status->record.key &&
		    !status->record.own;

	return bbk_strf("%s: git bbkey init%s%s", what, options,
			ours ? bbk_scope_option(status->record.scope) : "");
}

static char *unlock(const struct bbk_status *status, const char *home)
{
	char *command = bbk_key_unlock(&status->key, home);
	char *text = bbk_strf("Not ready. The key has a passphrase: %s",
			      command);

	free(command);
	return text;
}

static char *next_of_ready(const struct bbk_status *status)
{
	int64_t days;

	return status->record.key &&
	       bbk_expiry_is_near(status->record.expires, &days) ?
		with_init(status, "For another key", " --new-key") : NULL;
}

char *bbk_status_next(const struct bbk_status *status, const char *home)
{
	const char *expires = status->record.expires;
	int64_t days = 0;

	if (status->ready)
		return next_of_ready(status);
	if (status->access.hostkey == BBK_HOSTKEY_CHANGED)
		return bbk_strf("Not ready. Do not go on before you know why "
				"the host key is another one: %s",
				status->found.instance.edition->is_cloud ?
				"look at " BBK_CLOUD_BASE "/site/ssh" :
				"ask your Bitbucket admin");
	if (status->ssh == BBK_SSH_STATE_UNREACHABLE)
		return bbk_strf("Not ready. Is %s in reach from this network? "
				"Then run this again.",
				status->found.ssh_host);
	if (status->on_record && status->ssh == BBK_SSH_STATE_DENIED &&
	    bbk_expiry_is_near(expires, &days) && days < 0)
		return with_init(status, "Not ready: the key has expired. Run",
				 " --new-key");
	if (status->on_record && status->key.agent &&
	    status->ssh == BBK_SSH_STATE_DENIED)
		return unlock(status, home);
	return with_init(status, "Not ready. Set it up", "");
}
