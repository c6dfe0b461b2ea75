#include "core/ensure_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "core/detect.h"
#include "core/detect_cloud.h"
#include "core/key_name.h"
#include "core/remember.h"
#include "core/token.h"
#include "store/lock.h"
#include "store/negative.h"

#define LOCK_MS 20000

static void bbk_ensuring_release(struct bbk_ensuring *e)
{
	bbk_instance_release(&e->instance);
	bbk_access_release(&e->access);
	bbk_key_release(&e->key);
	bbk_grant_release(&e->grant);
	bbk_record_release(&e->record);
	free(e->workspace);
	free(e->project);
	free(e->label);
	free(e->key_name);
	free(e->url);
	free(e->request);
	free(e->talk);
}

/* --- leave ------------------------------------------------------------ */

/* Is the workspace on record, or does a person name it now? */
static bool is_known(const struct bbk_ensuring *e)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(record) record = BBK_RECORD_INIT;
	struct bbk_place place = e->place;

	place.repo = NULL;
	return !e->wish->submodule ||
	       (bbk_record_find(&record, e->env->paths.state, &place,
				&ignored) == 0 &&
		record.level == BBK_LEVEL_OWNER);
}

/* Quietly: where it cannot be told, it is not the one.  Asked once. */
static bool lists_project(struct bbk_ensuring *e)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	const struct bbk_instance *instance = &e->instance;
	bool asked = e->asked_project;

	if (bbk_instance_lists_project(instance, e->env, e->workspace,
				       e->project))
		return true;
	e->asked_project = true;
	return !e->project && !asked &&
	       bbk_instance_may_list(instance, e->env, e->workspace,
				     is_known(e)) &&
	       bbk_token_get(&e->instance, e->env, NULL, false,
			     &ignored) == 0 &&
	       bbk_ensuring_aim(e, &ignored) == 0 &&
	       bbk_instance_lists_project(instance, e->env, e->workspace,
					  e->project);
}

bool bbk_ensuring_is_allowed(struct bbk_ensuring *e)
{
	return (e->instance.automatic == BBK_AUTO_ALWAYS &&
		!e->wish->submodule) || lists_project(e);
}

static bool may_ask(const struct bbk_ensuring *e)
{
	return !e->wish->submodule && !e->wish->batch;
}

static bool can_ask(const struct bbk_ensuring *e)
{
	return may_ask(e) && e->env->term->can_ask(e->env->term);
}

int bbk_ensuring_ask(struct bbk_ensuring *e, const char *question,
		     struct bbk_err *err)
{
	int yes;

	if (!question || !can_ask(e))
		return 0;
	yes = e->env->term->confirm(e->env->term, question, true, err);
	e->declined = yes == 0;
	return yes;
}

int bbk_ensuring_get_leave(struct bbk_ensuring *e, const char *question,
			   struct bbk_err *err)
{
	int yes;

	if (e->has_leave)
		return 0;
	yes = bbk_ensuring_is_allowed(e) ? 1 :
	      bbk_ensuring_ask(e, question, err);
	if (yes <= 0)
		return yes < 0 ? -1 : 1;
	e->has_leave = bbk_token_get(&e->instance, e->env, NULL, may_ask(e),
				     err) == 0;
	return e->has_leave ? 0 : -1;
}

/* --- keys ------------------------------------------------------------- */

int bbk_ensuring_find_or_make_key(struct bbk_ensuring *e, struct bbk_err *err)
{
	int rc = bbk_key_find(&e->key, e->env, &e->key_wish, err);

	return rc <= 0 ? rc :
	       bbk_key_make(&e->key, e->env, &e->key_wish, err);
}

int bbk_ensuring_register(struct bbk_ensuring *e, struct bbk_err *err)
{
	enum bbk_granted done;

	if (bbk_ensuring_aim(e, err) < 0)
		return -1;
	return bbk_grant_ensure(&e->instance, e->env, &e->terms, &e->key_wish,
				&e->key, &e->grant, &done, err);
}

int bbk_ensuring_remember(struct bbk_ensuring *e, bool own,
			  struct bbk_err *err)
{
	struct bbk_record record = {
		/* own access says nothing of the project's other parts */
		.scope = own ? BBK_SCOPE_REPO : e->terms.target.scope,
		.base = e->instance.base, .workspace = e->workspace,
		.project = e->project,
		.key = own ? e->access.own_key : e->key.path,
		.own = own && e->access.own_key,
		.agent = own ? e->access.own_key != NULL : e->key.agent,
		.fingerprint = own ? NULL : e->key.facts.fingerprint,
		.who = e->instance.rest.who,
		.write = own || e->grant.write, .id = e->grant.id,
		.label = own ? NULL : e->label, .expires = e->grant.expires,
		.known_hosts = e->access.known_hosts,
	};
	int rc;

	if (record.scope == BBK_SCOPE_REPO)
		record.repo = bbk_strdup(e->wish->repo);
	rc = bbk_remember(&record, &e->instance, e->env->paths.state,
			  &e->place, err);
	free(record.repo);
	return rc;
}

/* --- what is wanted --------------------------------------------------- */

const char *bbk_ensuring_owner(const struct bbk_ensuring *e)
{
	return e->workspace ? e->workspace : e->project;
}

char *bbk_ensuring_command(const struct bbk_ensuring *e, bool push)
{
	return bbk_access_command(e->instance.edition, e->wish->project,
				  e->wish->repo, push);
}

int bbk_ensuring_aim(struct bbk_ensuring *e, struct bbk_err *err)
{
	BBK_AUTO(repository) repo = BBK_REPOSITORY_INIT;

	if (e->project || e->terms.target.scope == BBK_SCOPE_PERSONAL)
		return 0;
	if (e->instance.edition->repository(&e->instance.rest, e->workspace,
					    e->wish->repo, &repo, err) < 0)
		return -1;
	e->project = repo.project;
	repo.project = NULL;
	e->terms.target.project = e->project;
	return 0;
}

char *bbk_ensuring_place(const struct bbk_ensuring *e)
{
	const char *host = e->instance.url.host;

	switch (e->terms.target.scope) {
	case BBK_SCOPE_PERSONAL:
		return bbk_strf("your account at %s", host);
	case BBK_SCOPE_REPO:
		return bbk_strf("repository %s/%s of %s",
				bbk_ensuring_owner(e), e->wish->repo, host);
	default:
		return e->project ? bbk_strf("project %s of %s", e->project,
					     host) :
			bbk_strf("%s/%s on %s", e->workspace, e->wish->repo,
				 host);
	}
}

void bbk_ensuring_name_request(struct bbk_ensuring *e)
{
	free(e->request);
	e->request = bbk_strf("git bbkey request --scope %s%s %s",
			      bbk_scope_word(e->terms.target.scope),
			      e->terms.write ? " --write" : "", e->url);
	e->terms.request = e->request;
}

static bool has_ours(const struct bbk_ensuring *e)
{
	return e->record.key && !e->record.own;
}

/* By configuration; where there is a record, it says where the key is. */
static int read_terms(struct bbk_ensuring *e, struct bbk_err *err)
{
	struct bbk_defaults defaults;

	if (bbk_instance_defaults(&e->instance, e->env, &defaults, err) < 0)
		return -1;
	e->terms.target.scope = has_ours(e) ? e->record.scope :
						defaults.scope;
	if (has_ours(e) && e->record.write)
		defaults.write = true;
	bbk_defaults_limit(&defaults, e->instance.edition,
			   e->terms.target.scope);
	e->terms.write = defaults.write;
	e->terms.expires = defaults.expires;
	e->key_wish.type = defaults.key_type;
	e->label = e->record.label ? bbk_strdup(e->record.label) :
				     bbk_label_default();
	e->key_name = bbk_key_name(&e->instance, e->terms.target.scope, NULL,
				   e->key_wish.type);
	e->key_wish.name = e->key_name;
	e->key_wish.comment = bbk_begins(e->label, "bbkey ") ? e->label :
							       "bbkey key";
	e->terms.label = e->label;
	/* a clone that fails leaves no repository: this is what it was about */
	e->url = bbk_strf("%s%s%s/%s.git", e->instance.base,
			  bbk_instance_clone_path(&e->instance),
			  e->wish->project, e->wish->repo);
	e->terms.url = e->url;
	bbk_ensuring_name_request(e);
	if (!e->project && e->record.level == BBK_LEVEL_REPO)
		bbk_replace(&e->project, e->record.project);
	e->terms.target.workspace = e->workspace;
	e->terms.target.project = e->project;
	e->terms.target.repo = e->wish->repo;
	return 0;
}

/* --- what could not be helped ----------------------------------------- */

static bool is_hosts(enum bbk_class class)
{
	return class != BBK_E_PERMISSION && class != BBK_E_CONFLICT &&
	       class != BBK_E_DENIED && class != BBK_E_PROPAGATION;
}

/*
 * Would the next command come to the same?  A token that is missing is no
 * accident where somebody was asked for one, and gave none.
 */
static bool is_settled(const struct bbk_ensuring *e, const struct bbk_err *err,
		       bool failed)
{
	if (!failed)
		return e->declined;
	return err->class == BBK_E_PERMISSION || err->class == BBK_E_CONFLICT ||
	       (err->class == BBK_E_AUTH && e->instance.no_token &&
		can_ask(e));
}

static enum bbk_outlook outlook_of(const struct bbk_ensuring *e,
				   const struct bbk_err *err, bool failed)
{
	if (e->own_is_locked)
		return BBK_OUTLOOK_LOCKED;
	return is_settled(e, err, failed) ? BBK_OUTLOOK_SETTLED :
					    BBK_OUTLOOK_OPEN;
}

static void hint_at_token(const struct bbk_ensuring *e, struct bbk_err *err)
{
	if (err->class == BBK_E_AUTH && e->instance.no_token)
		bbk_token_hint(&e->instance, e->terms.target.scope,
			       e->terms.url, err);
}

/* So that the next hundred of this command do not ask as well. */
static void note_negative(const struct bbk_ensuring *e,
			  const struct bbk_err *err, bool failed)
{
	struct bbk_negative negative = { .place = e->place,
				       .submodule = e->wish->submodule,
				       .token = e->env->token.token.len > 0 };
	bool host = failed ? is_hosts(err->class) :
		    e->instance.automatic == BBK_AUTO_NEVER ||
		    (e->wish->submodule &&
		     !bbk_instance_setting(&e->instance, e->env, "projects"));

	if (host)
		negative.place.project = NULL;
	bbk_negative_note(&negative, e->env->paths.state);
}

/* --- leading ---------------------------------------------------------- */

static int find_record(struct bbk_ensuring *e, bool *found,
		       struct bbk_err *err)
{
	int rc = bbk_record_find(&e->record, e->env->paths.state, &e->place,
				 err);

	*found = rc == 0;
	return rc < 0 ? -1 : 0;
}

static bool may_do_nothing(struct bbk_ensuring *e)
{
	if (e->wish->why == BBK_ENSURE_PUSH)
		return false; /* it says why, at least */
	return !bbk_ensuring_is_allowed(e) &&
	       (e->instance.automatic == BBK_AUTO_NEVER || e->wish->submodule);
}

/* Cloud may have been switched on without a connection: init --all. */
static int read_host_keys(struct bbk_ensuring *e, struct bbk_err *err)
{
	struct bbk_instance *instance = &e->instance;

	if (!instance->edition->is_cloud || instance->facts.fingerprints.len ||
	    bbk_instance_setting(instance, e->env, "hostkey"))
		return 0;
	bbk_detect_cloud_host_keys(instance);
	return !instance->facts.fingerprints.len ? 0 :
	       bbk_instance_facts_save(&instance->facts, e->env->paths.state,
				       &instance->url, err);
}

static int lead(struct bbk_ensuring *e, struct bbk_err *err)
{
	BBK_AUTO(lock) lock = BBK_LOCK_INIT;
	const struct bbk_ensure_wish *wish = e->wish;
	bool found = false;

	if (bbk_lock_take(&lock, e->env->paths.state, e->env->clock, LOCK_MS,
			  err) < 0 ||
	    find_record(e, &found, err) < 0 || read_terms(e, err) < 0)
		return -1;
	if (found && wish->why == BBK_ENSURE_FIRST) {
		e->result = BBK_ENSURED_READY;
		if (wish->offer)
			wish->offer->have(wish->offer, &e->record);
		return 0;
	}
	if (read_host_keys(e, err) < 0 ||
	    bbk_access_open(&e->access, e->env, &e->instance, wish->user,
			    wish->host, wish->port, NULL, err) < 0)
		return -1;
	if (!found)
		return bbk_ensuring_first(e, err);
	return wish->why == BBK_ENSURE_PUSH ? bbk_ensuring_upgrade(e, err) :
					      bbk_ensuring_repair(e, err);
}

void bbk_ensure_answer_release(struct bbk_ensure_answer *answer)
{
	free(answer->talk);
	free(answer->known_hosts);
	*answer = (struct bbk_ensure_answer)BBK_ENSURE_ANSWER_INIT;
}

static void fill(struct bbk_ensure_answer *answer, struct bbk_ensuring *e,
		 const struct bbk_err *err, bool failed)
{
	answer->result = e->result;
	answer->outlook = outlook_of(e, err, failed);
	answer->talk = e->talk;
	e->talk = NULL;
	if (e->own_is_locked)
		bbk_replace(&answer->known_hosts, e->access.known_hosts);
}

int bbk_ensure(struct bbk_env *env, const struct bbk_ensure_wish *wish,
	       struct bbk_ensure_answer *answer, struct bbk_err *err)
{
	BBK_AUTO(ensuring) e = {
		.env = env, .wish = wish,
		.place = bbk_place_canonical((struct bbk_place){
			wish->host, wish->port ? wish->port : 22,
			wish->project, wish->repo, wish->user }),
		.instance = BBK_INSTANCE_INIT, .access = BBK_ACCESS_INIT,
		.key = BBK_KEY_INIT, .grant = BBK_GRANT_INIT,
		.record = BBK_RECORD_INIT, .result = BBK_ENSURED_PLAIN,
	};
	int rc = bbk_detect_of_ssh(&e.instance, env, wish->user, wish->host,
				   wish->port, err);

	bbk_ensure_answer_release(answer);
	if (rc > 0) {
		if (!bbk_record_has_host(env->paths.state, e.place.host,
					 e.place.port))
			bbk_negative_note_lack(BBK_LACKS_INSTANCE,
					       env->paths.state, e.place.host,
					       e.place.port);
		return 0;
	}
	if (rc < 0)
		return -1;
	if (e.instance.edition->is_cloud) {
		e.workspace = bbk_strdup(wish->project);
	} else {
		e.project = bbk_project_key(wish->project);
		e.place.user = NULL; /* it is git's, or whoever's ssh has */
	}
	if (wish->why == BBK_ENSURE_NOT_YET) /* no lock: nothing is changed */
		rc = bbk_ensuring_doubt(&e, err);
	else if (!may_do_nothing(&e))
		rc = lead(&e, err);
	if (rc < 0)
		hint_at_token(&e, err);
	if (e.result == BBK_ENSURED_PLAIN && !e.own_is_locked)
		note_negative(&e, err, rc < 0);
	/* without keys of their own, ssh would but end the same way again */
	if (e.result == BBK_ENSURED_PLAIN && wish->why >= BBK_ENSURE_DENIED &&
	    !bbk_access_has_own_keys(&e.access, env))
		e.result = BBK_ENSURED_OVER;
	fill(answer, &e, err, rc < 0);
	return rc;
}
