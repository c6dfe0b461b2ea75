#include "core/access.h"

#include <stdlib.h>
#include <string.h>

#include "base/cloud.h"
#include "base/drop.h"
#include "ssh/hostkey.h"
#include "ssh/keygen.h"
#include "ssh/verdict.h"

#define MOVED_MAX 3 /* key files to try, a connection each */

static const char *const state_words[] = { "unknown", "verified", "known",
					   "changed" };

const char *bbk_hostkey_state_word(enum bbk_hostkey_state state)
{
	return state_words[state];
}

void bbk_access_release(struct bbk_access *access)
{
	free(access->host);
	free(access->user);
	free(access->known_hosts);
	free(access->fingerprint);
	bbk_strv_release(&access->pins);
	bbk_strv_release(&access->identities);
	bbk_strv_release(&access->moved_identities);
	*access = (struct bbk_access)BBK_ACCESS_INIT;
}

/* "Host bitbucket.org", with an IdentityFile: most people's way. */
static void read_moved(struct bbk_access *access, const struct bbk_env *env,
		       const char *user)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(ssh_plan) plan = BBK_SSH_PLAN_INIT;

	if (strcmp(access->host, BBK_CLOUD_SSH_HOST) != 0 ||
	    env->ssh->plan(env->ssh, user, BBK_CLOUD_WEB_HOST, 0, &plan,
			   &ignored) < 0)
		return;
	for (size_t i = 0; i < plan.identities.len &&
			   access->moved_identities.len < MOVED_MAX; i++)
		if (!bbk_strv_has(&access->identities, plan.identities.v[i]))
			bbk_strv_add(&access->moved_identities,
				     plan.identities.v[i]);
}

int bbk_access_open(struct bbk_access *access, struct bbk_env *env,
		    const struct bbk_instance *instance, const char *user,
		    const char *host, unsigned port,
		    const struct bbk_strv *given, struct bbk_err *err)
{
	BBK_AUTO(ssh_plan) plan = BBK_SSH_PLAN_INIT;
	BBK_AUTO(access) opened = BBK_ACCESS_INIT;
	char *name;
	bool same;

	if (env->ssh->plan(env->ssh, user, host, port, &plan, err) < 0)
		return -1;
	name = bbk_host_canonical(plan.hostname);
	same = bbk_instance_has_ssh(instance, name, plan.port);
	free(name);
	if (!same || (bbk_cloud_is_old(plan.hostname, plan.port) &&
		      !bbk_cloud_is_old(host, plan.port)))
		return bbk_access_elsewhere(instance, host, &plan, err);
	opened.host = bbk_strdup(host);
	opened.port = port;
	opened.user = bbk_strdup(user);
	opened.known_hosts = bbk_known_hosts_option(env->paths.state,
						    &plan.global_known_hosts);
	opened.revocations = bbk_known_hosts_revoke(&plan);
	for (size_t i = 0; i < plan.identities.len; i++)
		bbk_strv_add(&opened.identities, plan.identities.v[i]);
	read_moved(&opened, env, user);
	if (bbk_access_collect_pins(&opened, env, instance, given,
					err) < 0)
		return -1;
	bbk_access_release(access);
	*access = opened;
	opened = (struct bbk_access)BBK_ACCESS_INIT;
	return 0;
}

/* What goes into known hosts must itself have the fingerprint that was seen. */
static int check_fingerprint(const struct bbk_hostkey *key,
			     struct bbk_err *err)
{
	BBK_AUTO(key_facts) facts = BBK_KEY_FACTS_INIT;
	char *line = bbk_strf("%s %s", key->type, key->blob);
	int rc = bbk_keygen_describe(line, &facts, err);

	free(line);
	if (!rc && bbk_begins(key->fingerprint, "SHA256:") &&
	    strcmp(facts.fingerprint, key->fingerprint) != 0)
		rc = bbk_err_set(err, BBK_E_HOSTKEY,
				 "the host key and its fingerprint do not "
				 "belong together");
	return rc;
}

/* Cloud's names in known hosts, where it is one of them. */
static int add_cloud_names(struct bbk_strv *names, const char *name,
			   struct bbk_err *err)
{
	for (size_t i = 0; bbk_cloud_ssh[i]; i++) {
		BBK_AUTO(url) url = BBK_URL_INIT;
		char *text;

		if (bbk_url_parse(&url, bbk_cloud_ssh[i], err) < 0)
			return -1;
		text = bbk_known_hosts_name(url.host, url.port);
		if (!bbk_cloud_is_old(url.host, url.port)) /* never asked */
			bbk_strv_add(names, text);
		free(text);
	}
	if (!bbk_strv_has(names, name))
		bbk_strv_release(names);
	return 0;
}

static int save(struct bbk_access *access, struct bbk_env *env,
		const struct bbk_hostkey *key, struct bbk_err *err)
{
	BBK_AUTO(strv) names = BBK_STRV_INIT;
	char *line = bbk_strf("%s %s %s", key->name, key->type, key->blob);
	bool had = false;
	int rc = bbk_known_hosts_has(env->paths.state, line, &had, err);

	if (!rc && !had)
		rc = check_fingerprint(key, err);
	free(line);
	if (rc < 0)
		return -1;
	access->saved = access->saved || !had;
	if (access->dry_run)
		return 0;
	/* one record is used with all of Cloud's names */
	if (add_cloud_names(&names, key->name, err) < 0 ||
	    bbk_known_hosts_share(env->paths.state, key, &names, err) < 0)
		return -1;
	return bbk_known_hosts_save(env->paths.state, key, err);
}

int bbk_access_note_pinned(struct bbk_access *access, struct bbk_env *env,
			   const struct bbk_hostkey *key, struct bbk_err *err)
{
	bbk_replace(&access->fingerprint, key->fingerprint);
	access->hostkey = BBK_HOSTKEY_VERIFIED;
	access->source = access->pin_source;
	return save(access, env, key, err);
}

/* What the host key turned out to be, once ssh was content with it. */
static int note_hostkey(struct bbk_access *access, struct bbk_env *env,
			const struct bbk_ssh_answer *answer,
			struct bbk_err *err)
{
	const struct bbk_hostkey *key = &answer->hostkey;
	bool ours = false;

	if (!key->fingerprint)
		return 0;
	if (bbk_strv_has(&access->pins, key->fingerprint))
		return bbk_access_note_pinned(access, env, key, err);
	bbk_replace(&access->fingerprint, key->fingerprint);
	if (bbk_known_hosts_has(env->paths.state, key->name, &ours, err) < 0)
		return -1;
	access->hostkey = ours ? BBK_HOSTKEY_VERIFIED : BBK_HOSTKEY_KNOWN;
	access->source = ours ? "person" : "known_hosts";
	return 0;
}

static int connect_once(struct bbk_access *access, struct bbk_env *env,
			const struct bbk_visit *visit,
			const char *hostkey_types,
			struct bbk_ssh_answer *answer, struct bbk_err *err)
{
	struct bbk_ssh_call call = {
		.host = access->host, .port = access->port,
		.user = access->user, .auth = visit->auth, .key = visit->key,
		.fingerprint = visit->fingerprint,
		.agent = visit->agent, .command = visit->command,
		.known_hosts = access->known_hosts, .pins = &access->pins,
		.hostkey_types = hostkey_types,
	};
	int rc = env->ssh->run(env->ssh, &call, answer, err);

	for (int drops = 0; !rc && answer->dropped && drops < BBK_DROPS_MAX;
	     drops++) {
		env->clock->sleep(env->clock, bbk_drop_pause(drops));
		rc = env->ssh->run(env->ssh, &call, answer, err);
	}
	return rc;
}

static bool is_refused(const struct bbk_ssh_answer *answer)
{
	return (answer->outcome == BBK_SSH_HOST_CHANGED ||
		answer->outcome == BBK_SSH_HOST_UNKNOWN) &&
	       answer->hostkey.type;
}

/*
 * The published fingerprint may belong to another of the server's host keys
 * than the one that ssh prefers.
 */
static int try_other_types(struct bbk_access *access, struct bbk_env *env,
			   const struct bbk_visit *visit,
			   struct bbk_ssh_answer *answer, struct bbk_err *err)
{
	static const struct {
		const char *prefix, *types;
	} groups[] = {
		{ "ssh-ed25519", "ssh-ed25519" },
		{ "ssh-rsa", "rsa-sha2-512,rsa-sha2-256" },
		{ "ecdsa-", "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
			    "ecdsa-sha2-nistp521" },
	};
	char *shown = bbk_strdup(answer->hostkey.type);
	int rc = 0;

	for (size_t i = 0; i < BBK_ARRAY_LEN(groups) && !rc; i++) {
		BBK_AUTO(ssh_answer) other = BBK_SSH_ANSWER_INIT;

		if (bbk_begins(shown, groups[i].prefix))
			continue;
		rc = connect_once(access, env, visit, groups[i].types, &other,
				  err);
		if (rc < 0 || !other.hostkey.fingerprint ||
		    !bbk_strv_has(&access->pins, other.hostkey.fingerprint))
			continue;
		bbk_ssh_answer_release(answer);
		*answer = other;
		other = (struct bbk_ssh_answer)BBK_SSH_ANSWER_INIT;
		break;
	}
	free(shown);
	return rc;
}

/* A fingerprint and a question; 1 for yes, which saves the key. */
static int ask(struct bbk_access *access, struct bbk_env *env,
	       const struct bbk_hostkey *key, struct bbk_err *err)
{
	char *question = bbk_strf(
		"Nobody vouches for the SSH host key of %s.\n"
		"It is %s (%s).\n"
		"Is that the fingerprint that your Bitbucket admin tells you?",
		access->host, key->fingerprint, key->type);
	int yes = env->term->confirm(env->term, question, false, err);

	free(question);
	if (yes <= 0)
		return yes;
	return save(access, env, key, err) < 0 ? -1 : 1;
}

static int visit_once(struct bbk_access *access, struct bbk_env *env,
		      const struct bbk_visit *visit,
		      struct bbk_ssh_answer *answer, struct bbk_err *err)
{
	int yes;

	if (connect_once(access, env, visit, NULL, answer, err) < 0)
		return -1;
	if (is_refused(answer) && access->pins.len &&
	    try_other_types(access, env, visit, answer, err) < 0)
		return -1;
	if (answer->outcome == BBK_SSH_HOST_UNKNOWN && visit->may_ask &&
	    answer->hostkey.fingerprint && !access->pins.len &&
	    env->term->can_ask(env->term)) {
		yes = ask(access, env, &answer->hostkey, err);
		access->refused = yes == 0;
		if (yes < 0 || (yes && connect_once(access, env, visit, NULL,
						    answer, err) < 0))
			return -1;
	}
	if (answer->outcome == BBK_SSH_HOST_UNKNOWN && access->pins.len &&
	    answer->hostkey.fingerprint)
		answer->outcome = BBK_SSH_HOST_CHANGED;
	if (bbk_access_weigh(access, answer, err) < 0)
		return -1;
	return note_hostkey(access, env, answer, err);
}

/* One connection each: ssh would leave out its default keys with them. */
static int try_moved(struct bbk_access *access, struct bbk_env *env,
		     const struct bbk_visit *own,
		     struct bbk_ssh_answer *answer, struct bbk_err *err)
{
	struct bbk_visit visit = *own;

	visit.auth = BBK_SSH_KEY;
	visit.agent = true; /* it may have its passphrase */
	for (size_t i = 0; i < access->moved_identities.len; i++) {
		visit.key = access->moved_identities.v[i];
		if (visit_once(access, env, &visit, answer, err) < 0)
			return -1;
		if (answer->outcome != BBK_SSH_OK)
			continue;
		access->own_key = access->moved_identities.v[i];
		return 0;
	}
	return 0;
}

int bbk_access_visit(struct bbk_access *access, struct bbk_env *env,
		     const struct bbk_visit *visit,
		     struct bbk_ssh_answer *answer, struct bbk_err *err)
{
	access->own_key = NULL;
	if (visit_once(access, env, visit, answer, err) < 0)
		return -1;
	return visit->auth != BBK_SSH_OWN || answer->outcome == BBK_SSH_OK ?
		0 : try_moved(access, env, visit, answer, err);
}

char *bbk_access_command(const struct bbk_edition *edition, const char *owner,
			 const char *repo, bool push)
{
	BBK_AUTO(str) command = BBK_STR_INIT;

	if (!repo) /* Cloud greets whoever asks for nothing: reference 2.6 */
		return bbk_strdup(edition->is_cloud ? "" : "whoami");
	/* as git spells it: no slash in front of a '~', nor in host:path */
	bbk_str_addf(&command, "git-%s-pack '%s", push ? "receive" : "upload",
		     owner[0] == '~' || edition->is_cloud ? "" : "/");
	for (const char *c = owner; *c; c++)
		bbk_str_addc(&command, edition->is_cloud ? *c :
			     (char)bbk_lower(*c));
	bbk_str_addf(&command, "/%s.git'", repo);
	return bbk_str_take(&command);
}
