#include "core/ensure.h"

#include <stdlib.h>
#include <string.h>

#include "core/access.h"
#include "core/detect.h"
#include "core/grant.h"
#include "core/token.h"
#include "store/lock.h"
#include "store/record.h"

#define LOCK_MS 20000

struct ensure {
	struct bbk_env *env;
	const struct bbk_ensure_wish *wish;
	struct bbk_place place;
	struct bbk_instance instance;
	struct bbk_access access;
	struct bbk_key key;
	struct bbk_key_wish key_wish;
	struct bbk_terms terms;
	struct bbk_grant grant;
	bool own_is_locked; /* a key of theirs fits, and wants its passphrase */
	char *project; /* upper case, as keys are; "~user" as it is */
	char *label;
	char *key_name;
};

static void bbk_ensure_release(struct ensure *e)
{
	bbk_instance_release(&e->instance);
	bbk_access_release(&e->access);
	bbk_key_release(&e->key);
	bbk_grant_release(&e->grant);
	free(e->project);
	free(e->label);
	free(e->key_name);
}

static int on_record(struct ensure *e, bool *found, struct bbk_err *err)
{
	BBK_AUTO(record) record = BBK_RECORD_INIT;
	int rc = bbk_record_find(&record, e->env->paths.state, &e->place, err);

	*found = rc == 0;
	return rc < 0 ? -1 : 0;
}

static int remember(struct ensure *e, bool own, struct bbk_err *err)
{
	struct bbk_record record = {
		.scope = e->terms.target.scope, .base = e->instance.base,
		.project = e->project,
		.repo = e->terms.target.scope == BBK_SCOPE_REPO || own ?
			bbk_strdup(e->wish->repo) : NULL,
		.key = own ? NULL : e->key.path, .agent = e->key.agent,
		.fingerprint = own ? NULL : e->key.facts.fingerprint,
		.who = e->instance.rest.who,
		.write = own || e->grant.write, .id = e->grant.id,
		.label = own ? NULL : e->label, .expires = e->grant.expires,
		.known_hosts = e->access.known_hosts,
	};
	int rc;

	/* somebody's own access says nothing of the project's other parts */
	if (own)
		record.scope = BBK_SCOPE_REPO;
	rc = bbk_record_save(&record, e->env->paths.state, &e->place, err);
	free(record.repo);
	return rc;
}

static bool allowed_unasked(const struct ensure *e)
{
	if (bbk_instance_lists_project(&e->instance, e->env, e->wish->project))
		return true;
	return e->instance.automatic == BBK_AUTO_ALWAYS && !e->wish->submodule;
}

static int ask(const struct ensure *e, struct bbk_err *err)
{
	char *question;
	int yes;

	if (e->wish->submodule || e->wish->batch ||
	    !e->env->term->can_ask(e->env->term))
		return 0;
	question = bbk_strf("git-bbkey: set up SSH access to project %s on %s?",
			    e->project, e->instance.url.host);
	yes = e->env->term->confirm(e->env->term, question, true, err);
	free(question);
	return yes;
}

static int read_terms(struct ensure *e, struct bbk_err *err)
{
	struct bbk_defaults defaults;

	if (bbk_instance_defaults(&e->instance, e->env, &defaults, err) < 0)
		return -1;
	e->terms.target.scope = defaults.scope;
	e->terms.write = defaults.write;
	e->terms.expires = defaults.expires;
	e->key_wish.type = defaults.key_type;
	e->label = bbk_label_default();
	e->key_name = bbk_key_name(&e->instance, NULL, e->key_wish.type);
	e->key_wish.name = e->key_name;
	e->key_wish.comment = e->label;
	e->terms.label = e->label;
	e->terms.target.project = e->project;
	e->terms.target.repo = e->wish->repo;
	return 0;
}

/* Has the person a key that ssh would offer? */
static bool has_own_keys(const struct ensure *e)
{
	const struct bbk_strv *files = &e->access.identities;

	for (size_t i = 0; i < files->len; i++)
		if (!strstr(files->v[i], "/bbkey_"))
			return true;
	return e->access.agent || e->env->ssh->agent_has_keys(e->env->ssh);
}

/*
 * One connection: the host key, and whether the person's own keys do.
 * 1: they do.
 */
static int meet_server(struct ensure *e, struct bbk_err *err)
{
	BBK_AUTO(ssh_answer) answer = BBK_SSH_ANSWER_INIT;
	bool own = has_own_keys(e);
	char *command = bbk_access_command(e->wish->project, e->wish->repo);
	struct bbk_visit visit = {
		.auth = own ? BBK_SSH_OWN : BBK_SSH_NOBODY,
		.command = own ? command : NULL,
		.may_ask = !e->wish->submodule && !e->wish->batch,
	};
	int rc = bbk_access_visit(&e->access, e->env, &visit, &answer, err);

	free(command);
	if (rc < 0)
		return -1;
	e->own_is_locked = own && answer.outcome == BBK_SSH_DENIED &&
			   answer.known;
	return own && answer.outcome == BBK_SSH_OK;
}

/* The published fingerprint, where no enrolment on this machine read it. */
static int fetch_pins(struct ensure *e, struct bbk_err *err)
{
	BBK_AUTO(dc_settings) settings = BBK_DC_SETTINGS_INIT;

	if (e->access.pins.len)
		return 0;
	if (bbk_dc_settings(&e->instance.rest, &settings, err) < 0)
		return -1;
	bbk_access_pin_published(&e->access, settings.algorithm,
				 settings.fingerprint);
	return 0;
}

static int find_or_make_key(struct ensure *e, struct bbk_err *err)
{
	int rc = bbk_key_find(&e->key, e->env, &e->key_wish, err);

	return rc <= 0 ? rc :
	       bbk_key_make(&e->key, e->env, &e->key_wish, err);
}

/* 0: it is registered.  A key made a moment ago is not looked for. */
static int register_key(struct ensure *e, struct bbk_err *err)
{
	int rc = 1;

	if (!e->key.fresh)
		rc = bbk_grant_look(&e->instance, e->env, &e->terms, &e->key,
				    &e->grant, err);
	if (rc > 0)
		return bbk_grant_make(&e->instance, e->env, &e->terms,
				      &e->key_wish, &e->key, &e->grant, err);
	if (!rc && e->terms.write && !e->grant.write) {
		rc = bbk_dc_grant_set_write(&e->instance.rest,
					    &e->terms.target, e->grant.id,
					    err);
		e->grant.write = rc == 0;
	}
	return rc;
}

static char *what_was_done(const struct ensure *e)
{
	const char *access = e->grant.write ? "write" : "read";

	if (e->terms.target.scope == BBK_SCOPE_PERSONAL)
		return bbk_strf("git-bbkey: key registered on your account at "
				"%s", e->instance.url.host);
	return bbk_strf("git-bbkey: key registered on %s %s%s%s of %s, %s "
			"access",
			e->terms.target.scope == BBK_SCOPE_REPO ?
				"repository" : "project", e->project,
			e->terms.target.scope == BBK_SCOPE_REPO ? "/" : "",
			e->terms.target.scope == BBK_SCOPE_REPO ?
				e->wish->repo : "",
			e->instance.url.host, access);
}

/* May we, and with which token?  1: no. */
static int get_leave(struct ensure *e, struct bbk_err *err)
{
	int yes;

	if (bbk_secret_is_set(&e->instance.rest.token))
		return 0;
	yes = allowed_unasked(e) ? 1 : ask(e, err);
	if (yes <= 0)
		return yes < 0 ? -1 : 1;
	return bbk_token_get(&e->instance, e->env, NULL,
			     !e->wish->submodule && !e->wish->batch, err);
}

static int help(struct ensure *e, enum bbk_ensured *result, char **talk,
		struct bbk_err *err)
{
	int rc = 0;

	if (!e->access.pins.len) {
		rc = get_leave(e, err);
		if (rc || (rc = fetch_pins(e, err)))
			return rc < 0 ? -1 : 0;
	}
	rc = meet_server(e, err);
	if (rc < 0 && (e->access.hostkey == BBK_HOSTKEY_CHANGED ||
		       e->access.refused))
		*result = BBK_ENSURED_STOP;
	if (rc < 0)
		return -1;
	if (rc > 0) {
		*result = BBK_ENSURED_READY;
		return remember(e, true, err);
	}
	if (e->own_is_locked) /* ssh will ask for it: plain is right */
		return 0;
	rc = get_leave(e, err);
	if (rc)
		return rc < 0 ? -1 : 0;
	if (find_or_make_key(e, err) < 0 || register_key(e, err) < 0 ||
	    remember(e, false, err) < 0)
		return -1;
	*talk = what_was_done(e);
	*result = BBK_ENSURED_FRESH;
	return 0;
}

static void spell_project(struct ensure *e)
{
	/* keys are upper case everywhere but in clone URLs: reference 1.8 */
	e->project = bbk_strdup(e->wish->project);
	if (e->project[0] != '~')
		for (char *c = e->project; *c; c++)
			*c = (char)bbk_upper(*c);
}

int bbk_ensure(struct bbk_env *env, const struct bbk_ensure_wish *wish,
	       enum bbk_ensured *result, char **talk, struct bbk_err *err)
{
	__attribute__((cleanup(bbk_ensure_release))) struct ensure e = {
		.env = env, .wish = wish,
		.place = { wish->host, wish->port ? wish->port : 22,
			   wish->project, wish->repo },
		.instance = BBK_INSTANCE_INIT, .access = BBK_ACCESS_INIT,
		.key = BBK_KEY_INIT, .grant = BBK_GRANT_INIT,
	};
	BBK_AUTO(lock) lock = BBK_LOCK_INIT;
	bool found = false;
	int rc = bbk_detect_of_ssh(&e.instance, env, wish->user, wish->host,
				   wish->port, err);

	*result = BBK_ENSURED_PLAIN;
	if (rc)
		return rc > 0 ? 0 : -1;
	spell_project(&e);
	if (e.instance.automatic == BBK_AUTO_NEVER && !allowed_unasked(&e))
		return 0;
	if (wish->submodule && !allowed_unasked(&e))
		return 0;
	if (read_terms(&e, err) < 0 ||
	    bbk_access_open(&e.access, env, &e.instance, wish->user,
			    wish->host, wish->port, NULL, err) < 0 ||
	    bbk_lock_take(&lock, env->paths.state, env->clock, LOCK_MS,
			  err) < 0 ||
	    on_record(&e, &found, err) < 0)
		return -1;
	if (found) {
		*result = BBK_ENSURED_READY;
		return 0;
	}
	return help(&e, result, talk, err);
}
