#include "core/steps.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/remember.h"
#include "core/token.h"
#include "git/repo.h"

static int apply_key(struct bbk_setup *setup, struct bbk_err *err)
{
	bbk_setup_begin(setup, BBK_STEP_KEY);
	if (!setup->key_wish.path &&
	    bbk_key_make(&setup->key, setup->env, &setup->key_wish, err) < 0)
		return -1;
	bbk_setup_end(setup, BBK_STEP_KEY);
	return 0;
}

static int apply_register(struct bbk_setup *setup, struct bbk_err *err)
{
	struct bbk_instance *instance = &setup->found.instance;
	int rc = 0;

	bbk_setup_begin(setup, BBK_STEP_REGISTER);
	switch (setup->plan.action[BBK_STEP_REGISTER]) {
	case BBK_ACTION_CREATED:
		rc = bbk_token_get(instance, setup->env,
				   setup->wish->token_file, true, err);
		if (!rc)
			rc = bbk_grant_make(instance, setup->env, &setup->terms,
					    &setup->key_wish, &setup->key,
					    &setup->grant, err);
		break;
	case BBK_ACTION_UPGRADED:
		rc = bbk_token_get(instance, setup->env,
				   setup->wish->token_file, true, err);
		if (!rc)
			rc = instance->edition->grant_set_write(
				&instance->rest, &setup->terms.target,
				setup->grant.id, err);
		setup->grant.write = true;
		break;
	default:
		break;
	}
	if (rc < 0)
		return -1;
	bbk_setup_end(setup, BBK_STEP_REGISTER);
	return 0;
}

static int not_let_in(struct bbk_setup *setup, bool registered,
		      struct bbk_err *err)
{
	const struct bbk_ssh_answer *answer = &setup->answer;
	char *again;

	if (registered || answer->outcome == BBK_SSH_DENIED) {
		bbk_err_set(err, BBK_E_PROPAGATION,
			    "the key %s is registered%s%s, but %s does not "
			    "accept it yet", setup->key.facts.fingerprint,
			    setup->found.instance.rest.who ? " by " : "",
			    setup->found.instance.rest.who ?
				    setup->found.instance.rest.who : "",
			    setup->access.host);
		if (registered)
			return bbk_err_hint(err, "run this again in a minute: "
						 "it goes on where it ended");
		again = bbk_terms_again(&setup->terms, " --new-key");
		bbk_err_hint(err, "try again in a minute; if it stays so, the "
				  "key may have expired: %s", again);
		free(again);
		return -1;
	}
	bbk_err_set(err, BBK_E_DENIED, "%s does not let the key %s in%s%s",
		    setup->access.host, setup->key.facts.fingerprint,
		    answer->said ? ": " : "", answer->said ? answer->said : "");
	return bbk_err_hint(err, "the key is known there, but opens no such "
				 "repository: check the URL");
}

/* A key may take seconds to be honoured after it was registered. */
static int apply_verify(struct bbk_setup *setup, struct bbk_err *err)
{
	static const int pauses[] = { 500, 1000, 2000, 4000, 8000 };
	enum bbk_action done = setup->plan.action[BBK_STEP_REGISTER];
	bool registered = done == BBK_ACTION_CREATED ||
			  done == BBK_ACTION_UPGRADED;

	bbk_setup_begin(setup, BBK_STEP_VERIFY);
	for (size_t i = 0; !setup->checked; i++) {
		if (bbk_setup_visit(setup, true, err) < 0)
			return -1;
		if (setup->checked)
			break;
		if (setup->key.agent && setup->answer.outcome ==
						BBK_SSH_DENIED) {
			setup->plan.action[BBK_STEP_VERIFY] =
				BBK_ACTION_SKIPPED;
			break;
		}
		if (!registered || i == BBK_ARRAY_LEN(pauses))
			return not_let_in(setup, registered, err);
		setup->env->clock->sleep(setup->env->clock, pauses[i]);
	}
	bbk_setup_end(setup, BBK_STEP_VERIFY);
	return 0;
}

static int apply_remote(struct bbk_setup *setup, struct bbk_err *err)
{
	BBK_AUTO(repo) repo = BBK_REPO_INIT;

	bbk_setup_begin(setup, BBK_STEP_REMOTE);
	if (setup->plan.action[BBK_STEP_REMOTE] == BBK_ACTION_SWITCHED) {
		if (bbk_repo_open(&repo, err) ||
		    bbk_repo_set_remote_url(&repo, setup->remote,
					    setup->ssh_url, err) < 0)
			return bbk_err_set(err, BBK_E_LOCAL,
					   "cannot change the remote's URL");
	}
	bbk_setup_end(setup, BBK_STEP_REMOTE);
	return 0;
}

/* What a first contact with another project would offer, too? */
static bool is_usual_key(const struct bbk_setup *setup)
{
	return !setup->own && !setup->wish->new_key &&
	       !setup->key_wish.path &&
	       bbk_same(setup->key_wish.name, setup->key_name);
}

int bbk_setup_remember(struct bbk_setup *setup, struct bbk_err *err)
{
	struct bbk_place place = bbk_detected_place(&setup->found);
	struct bbk_instance *instance = &setup->found.instance;
	const char *given = setup->grant.label ? setup->grant.label :
						 setup->label;
	char *label = given ? bbk_scrubbed(given) : NULL;
	/* own access says nothing of the project's other repositories */
	enum bbk_scope scope = setup->own ? BBK_SCOPE_REPO :
					    setup->terms.target.scope;
	struct bbk_record record = {
		.scope = scope,
		.base = instance->base,
		.workspace = setup->found.workspace,
		.project = setup->found.project,
		.repo = scope == BBK_SCOPE_REPO ? setup->found.repo : NULL,
		.key = setup->own ? setup->access.own_key : setup->key.path,
		.own = setup->own && setup->access.own_key,
		.agent = setup->own ? setup->access.own_key != NULL :
				      setup->key.agent,
		.fingerprint = setup->key.facts.fingerprint,
		.who = instance->rest.who ? instance->rest.who :
					    setup->record.who,
		.write = setup->own || setup->grant.write,
		.id = setup->grant.id,
		.label = setup->own ? NULL : label,
		.expires = setup->grant.expires,
		.known_hosts = setup->access.known_hosts,
	};
	int rc = 0;

	if (setup->wanted.access)
		rc = bbk_remember(&record, instance, setup->env->paths.state,
				  &place, err);
	free(label);
	if (!rc)
		rc = bbk_record_add_host(setup->env->paths.state, place.host,
					 place.port, err);
	instance->automatic = bbk_setup_enrolment(setup).automatic;
	if (!rc && is_usual_key(setup))
		bbk_access_prepare_first(&setup->access, setup->env, instance,
					 &setup->key);
	return rc < 0 ? rc :
	       bbk_instance_facts_save(&instance->facts,
				       setup->env->paths.state, &instance->url,
				       err);
}

int bbk_setup_enrol(struct bbk_setup *setup, struct bbk_err *err)
{
	struct bbk_enrolment enrolment = bbk_setup_enrolment(setup);
	bool changed = false;

	if (bbk_automatic_enable(&setup->found.instance, setup->env,
				 &enrolment, false, &changed, err) < 0)
		return -1;
	setup->plan.action[BBK_STEP_AUTOMATIC] = changed ?
		BBK_ACTION_ENABLED : BBK_ACTION_NONE;
	setup->found.instance.automatic = enrolment.automatic;
	return 0;
}

/* Somebody else registers it, or nobody does. */
static int wait_for_admin(struct bbk_setup *setup, struct bbk_err *err)
{
	if (bbk_setup_wait(setup, err) < 0)
		return -1;
	setup->grant.write = bbk_setup_may_push(setup);
	setup->plan.action[BBK_STEP_REGISTER] = BBK_ACTION_NONE;
	bbk_setup_end(setup, BBK_STEP_REGISTER);
	return 0;
}

static bool is_to_wait(const struct bbk_setup *setup, const struct bbk_err *err)
{
	return setup->wish->wait && (err->class == BBK_E_PERMISSION ||
				     err->class == BBK_E_AUTH);
}

/*
 * A key that was made for this before, and has been taken away: Cloud refuses
 * it for 30 days.
 */
static bool is_spent(const struct bbk_setup *setup, const struct bbk_err *err)
{
	return err->class == BBK_E_CONFLICT && setup->wish->new_key &&
	       !setup->key_wish.path && !setup->key.fresh;
}

static int get_registered(struct bbk_setup *setup, struct bbk_err *err)
{
	int rc = apply_register(setup, err);

	while (rc < 0 && is_spent(setup, err)) {
		bbk_err_release(err);
		bbk_setup_next_key(setup);
		rc = apply_key(setup, err);
		if (!rc)
			rc = apply_register(setup, err);
	}
	return rc;
}

static int get_access(struct bbk_setup *setup, struct bbk_err *err)
{
	int rc = -1;

	if (apply_key(setup, err) < 0)
		return -1;
	bbk_setup_end(setup, BBK_STEP_HOSTKEY);
	if ((setup->unasked || setup->refused) && !setup->checked)
		return wait_for_admin(setup, err);
	rc = get_registered(setup, err);
	setup->refused = rc < 0 && err->class == BBK_E_PERMISSION;
	if (rc == 0 || !is_to_wait(setup, err))
		return rc;
	bbk_err_release(err);
	return wait_for_admin(setup, err);
}

int bbk_setup_apply(struct bbk_setup *setup, struct bbk_err *err)
{
	if (setup->own) {
		bbk_setup_end(setup, BBK_STEP_KEY);
		bbk_setup_end(setup, BBK_STEP_HOSTKEY);
	} else if (setup->wanted.access && get_access(setup, err) < 0) {
		return -1;
	}
	/* what is registered is on record before anything else can fail */
	if (bbk_setup_remember(setup, err) < 0)
		return -1;
	if (setup->wanted.access && (apply_verify(setup, err) < 0 ||
				     apply_remote(setup, err) < 0))
		return -1;
	bbk_setup_begin(setup, BBK_STEP_AUTOMATIC);
	if (bbk_setup_enrol(setup, err) < 0)
		return -1;
	bbk_setup_end(setup, BBK_STEP_AUTOMATIC);
	return 0;
}
