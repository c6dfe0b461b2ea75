#include "core/steps.h"

#include <stdlib.h>
#include <string.h>

#include "base/cloud.h"
#include "core/choice.h"
#include "core/key_name.h"
#include "core/place.h"
#include "core/token.h"

/* Without a number. */
static char *plain_name(const struct bbk_setup *setup)
{
	enum bbk_scope scope = setup->terms.target.scope;
	char *place = setup->wish->new_key ?
		bbk_key_place(&setup->found.address, scope) : NULL;
	char *name = bbk_key_name(&setup->found.instance, scope, place,
				  setup->key_wish.type);

	free(place);
	return name;
}

static char *name_of_key(const struct bbk_setup *setup)
{
	char *name = plain_name(setup);
	char *next;

	if (!setup->wish->new_key)
		return name;
	next = bbk_key_name_next(name, setup->record.key,
				 setup->record.expires);
	free(name);
	return next;
}

void bbk_setup_next_key(struct bbk_setup *setup)
{
	char *name = plain_name(setup);

	free(setup->key_name);
	setup->key_name = bbk_key_name_after(name, setup->key.path);
	setup->key_wish.name = setup->key_name;
	setup->plan.action[BBK_STEP_KEY] = BBK_ACTION_GENERATED;
	free(name);
}

void bbk_setup_aim(struct bbk_setup *setup)
{
	setup->terms.target.workspace = setup->found.workspace;
	setup->terms.target.project = setup->found.project;
	setup->terms.target.repo = setup->found.repo;
	free(setup->request);
	setup->request = bbk_choice_request(setup);
	setup->terms.request = setup->request;
}

static void settle_key(struct bbk_setup *setup)
{
	const struct bbk_wish *wish = setup->wish;
	struct bbk_terms *terms = &setup->terms;

	free(setup->label);
	free(setup->key_name);
	setup->label = wish->label ? bbk_strdup(wish->label) :
				     bbk_label_default();
	terms->label = setup->label;
	terms->write = setup->wanted.write;
	bbk_setup_aim(setup);
	setup->key_name = name_of_key(setup);
	setup->key_wish.path = wish->key;
	setup->key_wish.name = setup->key_name;
	setup->key_wish.comment = bbk_begins(setup->label, "bbkey ") ?
		setup->label : "bbkey key";
	setup->key_wish.passphrase = wish->passphrase;
	/* the key on record is the one to go on with, whatever its name */
	if (!wish->key && !wish->new_key && !wish->has_key_type &&
	    setup->record.key && setup->record.scope == terms->target.scope)
		bbk_key_wish_recorded(&setup->key_wish, setup->env,
				      setup->record.key);
}

int bbk_setup_observe_key(struct bbk_setup *setup, struct bbk_err *err)
{
	int rc;

	settle_key(setup);
	if (setup->record.key && setup->key_wish.path == setup->record.key) {
		BBK_AUTO(err) gone = BBK_ERR_INIT;

		rc = bbk_key_find(&setup->key, setup->env, &setup->key_wish,
				  &gone);
		if (rc < 0) { /* lost: as if there were no record */
			setup->key_wish.path = NULL;
			rc = bbk_key_find(&setup->key, setup->env,
					  &setup->key_wish, err);
		}
	} else {
		rc = bbk_key_find(&setup->key, setup->env, &setup->key_wish,
				  err);
	}
	setup->observed.key = rc == 0;
	return rc < 0 ? -1 : 0;
}

int bbk_setup_visit(struct bbk_setup *setup, bool with_key,
		    struct bbk_err *err)
{
	char *command = bbk_access_command(setup->found.instance.edition,
					   bbk_detected_owner(&setup->found),
					   setup->found.sample, false);
	struct bbk_visit visit = {
		.auth = with_key ? BBK_SSH_KEY : BBK_SSH_NOBODY,
		.key = setup->key.path, .agent = setup->key.agent,
		.fingerprint = setup->key.facts.fingerprint,
		.command = with_key ? command : NULL, .may_ask = true,
	};
	int rc = bbk_access_visit(&setup->access, setup->env, &visit,
				  &setup->answer, err);

	free(command);
	if (rc < 0)
		return -1;
	if (setup->answer.outcome == BBK_SSH_DENIED && setup->answer.old_rsa)
		return bbk_access_refuse_rsa(&setup->access, err);
	setup->checked = with_key && setup->answer.outcome == BBK_SSH_OK &&
			 !setup->answer.other_key;
	return 0;
}

int bbk_setup_open_access(struct bbk_setup *setup, struct bbk_err *err)
{
	struct bbk_detected *found = &setup->found;
	int rc = bbk_access_open(&setup->access, setup->env, &found->instance,
				 found->ssh_user, found->ssh_host,
				 bbk_detected_port(found),
				 &setup->wish->host_keys, err);

	setup->access.dry_run = setup->wish->dry_run;
	/* a name of ~/.ssh/config's for one of them: the transport's, too */
	if (rc == 0 && found->url.scheme == BBK_SSH)
		bbk_place_remember(found);
	return rc;
}

/* What is published now; Data Center tells whoever has a token. */
static int read_pins_again(struct bbk_setup *setup, struct bbk_err *err)
{
	struct bbk_detected *found = &setup->found;

	if (found->instance.edition->is_cloud) {
		bbk_detect_host_keys(found, setup->env, &setup->how);
		return 0;
	}
	if (setup->unasked ||
	    bbk_detect_online(found, setup->env, &setup->how, err) < 0)
		return -1;
	bbk_setup_aim(setup);
	return 0;
}

/* The published fingerprint may have changed since it was last read. */
static int visit_again(struct bbk_setup *setup, bool with_key,
		       struct bbk_err *err)
{
	BBK_AUTO(err) first = BBK_ERR_INIT;
	bool had = bbk_secret_is_set(&setup->found.instance.rest.token);

	if (bbk_setup_visit(setup, with_key, &first) == 0)
		return 0;
	if (!had && first.class == BBK_E_HOSTKEY &&
	    setup->access.pins.len && !setup->wish->host_keys.len) {
		BBK_AUTO(err) ignored = BBK_ERR_INIT;

		if (read_pins_again(setup, &ignored) == 0 &&
		    bbk_setup_open_access(setup, &ignored) == 0)
			return bbk_setup_visit(setup, with_key, err);
	}
	*err = first;
	first = (struct bbk_err)BBK_ERR_INIT;
	return -1;
}

static int observe_hostkey(struct bbk_setup *setup, struct bbk_err *err)
{
	bbk_setup_begin(setup, BBK_STEP_HOSTKEY);
	if (bbk_setup_open_access(setup, err) < 0)
		return -1;
	if (visit_again(setup, setup->observed.key, err) < 0)
		return -1;
	setup->observed.hostkey = !setup->access.saved;
	return 0;
}

/*
 * ssh lets the key in, as far as is wanted: how it came to be registered is
 * not ours to know.  A greeting says nothing of a project.
 */
static bool is_let_in(struct bbk_setup *setup)
{
	if (!setup->checked || !setup->found.sample)
		return false;
	setup->grant.write = bbk_setup_may_push(setup);
	setup->checked = setup->grant.write || !setup->wanted.write;
	if (setup->checked)
		setup->observed.registered = setup->grant.write ?
			BBK_REGISTERED_WRITE : BBK_REGISTERED_SOMEHOW;
	return setup->checked;
}

/* It was let in a moment ago, and is not now. */
static int comes_and_goes(const struct bbk_setup *setup, struct bbk_err *err)
{
	char *again = bbk_terms_again(&setup->terms, "");

	bbk_err_set(err, BBK_E_PROPAGATION, "%s let the key %s in, and then "
		    "did not", setup->access.host,
		    setup->key.facts.fingerprint);
	bbk_err_hint(err, "try again in a minute: %s", again);
	free(again);
	return -1;
}

static int observe_unasked(struct bbk_setup *setup, struct bbk_err *err)
{
	if (is_let_in(setup) || setup->wish->wait)
		return 0;
	if (!setup->no_token.what)
		return comes_and_goes(setup, err);
	*err = setup->no_token;
	setup->no_token = (struct bbk_err)BBK_ERR_INIT;
	return -1;
}

/* Where nobody may look, what ssh says is good enough. */
static int look_for_grant(struct bbk_setup *setup, struct bbk_err *err)
{
	struct bbk_instance *instance = &setup->found.instance;
	int rc;

	if (bbk_token_get(instance, setup->env, setup->wish->token_file, true,
			  err) < 0)
		return instance->no_token ? bbk_choice_hint(setup, err) : -1;
	rc = bbk_grant_look(instance, setup->env, &setup->terms, &setup->key,
			    &setup->grant, err);
	if (rc == 0)
		setup->observed.registered = setup->grant.write ?
			BBK_REGISTERED_WRITE : BBK_REGISTERED_READ;
	if (rc >= 0)
		return 0;
	setup->refused = err->class == BBK_E_PERMISSION;
	if (!setup->refused || (!is_let_in(setup) && !setup->wish->wait))
		return -1;
	bbk_err_release(err);
	return 0;
}

static int observe_grant(struct bbk_setup *setup, struct bbk_err *err)
{
	bbk_setup_begin(setup, BBK_STEP_REGISTER);
	if (setup->unasked)
		return observe_unasked(setup, err);
	if (!setup->observed.key)
		return 0;
	if (setup->checked && bbk_setup_record_will_do(setup)) {
		setup->grant.write = setup->record.write;
		bbk_replace(&setup->grant.id, setup->record.id);
		bbk_replace(&setup->grant.label, setup->record.label);
		bbk_replace(&setup->grant.expires, setup->record.expires);
		setup->observed.registered = setup->record.write ?
			BBK_REGISTERED_WRITE : BBK_REGISTERED_READ;
		return 0;
	}
	return look_for_grant(setup, err);
}

/* An ssh URL, unless it is of the place that Cloud has left. */
static bool will_do(const struct bbk_setup *setup)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(url) now = BBK_URL_INIT;

	return setup->remote_url &&
	       bbk_url_parse(&now, setup->remote_url, &ignored) == 0 &&
	       now.scheme == BBK_SSH && !bbk_cloud_is_old(now.host, now.port);
}

/*
 * What the key opens: all that an account may, a project's repositories where
 * the URL names the project, one repository.
 */
static void carry_again(struct bbk_enrolment *enrolment,
			const struct bbk_setup *setup)
{
	const struct bbk_address *address = &setup->found.address;
	enum bbk_scope scope = setup->terms.target.scope;

	if (!setup->wanted.access)
		return;
	if (!setup->own && scope == BBK_SCOPE_PERSONAL) {
		enrolment->again_owner = "";
		return;
	}
	enrolment->again_owner = bbk_address_owner(address);
	if (setup->own || scope == BBK_SCOPE_REPO || address->workspace)
		enrolment->again_repo = address->repo;
}

struct bbk_enrolment bbk_setup_enrolment(const struct bbk_setup *setup)
{
	const struct bbk_wish *wish = setup->wish;

	struct bbk_enrolment enrolment = {
		.automatic = wish->has_auto ? wish->automatic :
			     setup->found.instance.automatic,
		.hostkeys = &wish->host_keys,
		.key_type = setup->key_wish.type != BBK_KEY_ED25519 &&
				    !wish->key && !wish->new_key ?
			bbk_key_type_word(setup->key_wish.type) : NULL,
		.user = setup->found.url.scheme == BBK_SSH ? NULL :
			setup->found.url.user,
		.unconfirmed = setup->found.guessed,
	};

	carry_again(&enrolment, setup);
	return enrolment;
}

static int observe_here(struct bbk_setup *setup, struct bbk_err *err)
{
	struct bbk_enrolment enrolment = bbk_setup_enrolment(setup);
	bool changes = false;

	free(setup->ssh_url);
	setup->ssh_url = bbk_detected_ssh_url(&setup->found);
	setup->observed.remote = setup->remote_url != NULL;
	setup->observed.remote_is_ssh = will_do(setup);
	if (bbk_automatic_enable(&setup->found.instance, setup->env,
				 &enrolment, true, &changes, err) < 0)
		return -1;
	setup->observed.automatic = !changes;
	return 0;
}

/* Enrolment alone: what a first contact will take, so that it is fast. */
static void observe_first(struct bbk_setup *setup)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;

	settle_key(setup);
	if (bbk_setup_open_access(setup, &ignored) < 0 ||
	    bbk_key_find(&setup->key, setup->env, &setup->key_wish,
			 &ignored) < 0)
		bbk_key_release(&setup->key); /* a first contact will tell */
}

/* The connection that told has been made: bbk_setup_look_first(). */
static void observe_own(struct bbk_setup *setup)
{
	setup->observed.own = true;
	setup->observed.registered = BBK_REGISTERED_SOMEHOW;
	setup->observed.hostkey = !setup->access.saved;
	setup->checked = true;
}

int bbk_setup_observe(struct bbk_setup *setup, struct bbk_err *err)
{
	if (!setup->wanted.access)
		observe_first(setup);
	if (setup->own)
		observe_own(setup);
	else if (setup->wanted.access &&
	    (bbk_setup_observe_key(setup, err) < 0 ||
	     observe_hostkey(setup, err) < 0 || observe_grant(setup, err) < 0))
		return -1;
	return observe_here(setup, err);
}
