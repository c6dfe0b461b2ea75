#include "core/setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "bitbucket/datacenter.h"
#include "core/automatic.h"
#include "core/remote.h"
#include "core/token.h"
#include "git/repo.h"
#include "store/lock.h"

#define LOCK_MS 20000

void bbk_setup_init(struct bbk_setup *setup, struct bbk_env *env,
		    const struct bbk_wish *wish, struct bbk_progress *progress)
{
	*setup = (struct bbk_setup){
		.env = env, .wish = wish, .progress = progress,
		.found = BBK_DETECTED_INIT, .access = BBK_ACCESS_INIT,
		.answer = BBK_SSH_ANSWER_INIT, .key = BBK_KEY_INIT,
		.grant = BBK_GRANT_INIT, .record = BBK_RECORD_INIT,
	};
}

void bbk_setup_release(struct bbk_setup *setup)
{
	free(setup->remote);
	free(setup->remote_url);
	free(setup->ssh_url);
	free(setup->key_name);
	free(setup->label);
	bbk_detected_release(&setup->found);
	bbk_access_release(&setup->access);
	bbk_ssh_answer_release(&setup->answer);
	bbk_key_release(&setup->key);
	bbk_grant_release(&setup->grant);
	bbk_record_release(&setup->record);
}

static void begin(struct bbk_setup *setup, enum bbk_step step)
{
	setup->progress->begin(setup->progress, step, setup);
}

static void end(struct bbk_setup *setup, enum bbk_step step)
{
	setup->progress->end(setup->progress, step, setup);
}

/* --- detect ------------------------------------------------------------- */

static int read_remote(struct bbk_setup *setup, struct bbk_err *err)
{
	int rc = bbk_remote_choose(setup->wish->remote, &setup->remote,
				   &setup->remote_url, err);

	if (rc <= 0)
		return rc;
	if (setup->wish->base && !setup->wish->remote)
		return 0; /* init --base <base> enrols that instance */
	bbk_err_set(err, BBK_E_USAGE,
		    "this is not a git repository, and no URL was given");
	return bbk_err_hint(err, "run: git bbkey init <url of the repository, "
				 "project or instance>");
}

static struct bbk_place place_of(const struct bbk_setup *setup)
{
	return (struct bbk_place){
		.host = setup->found.ssh_host, .port = setup->found.ssh_port,
		.project = setup->found.project, .repo = setup->found.repo,
	};
}

static bool record_will_do(const struct bbk_setup *setup)
{
	const struct bbk_wish *wish = setup->wish;
	const struct bbk_record *record = &setup->record;

	return record->key && record->scope == setup->terms.target.scope &&
	       (!setup->wanted.write || record->write) && !wish->key &&
	       !wish->new_key && !wish->token_file;
}

/* For a project that is on record, nothing has to be asked of the server. */
static int detect_project(struct bbk_setup *setup,
			  const struct bbk_detect_wish *wish,
			  struct bbk_err *err)
{
	struct bbk_detected *found = &setup->found;
	struct bbk_place place;

	if (found->instance.ssh.len && found->address.project) {
		if (bbk_detect_offline(found, err) < 0)
			return -1;
		place = place_of(setup);
		if (bbk_record_find(&setup->record, setup->env->paths.state,
				    &place, err) < 0)
			return -1;
		if (record_will_do(setup)) {
			bbk_replace(&found->project, setup->record.project);
			return 0;
		}
	}
	return bbk_detect_online(found, setup->env, wish, err);
}

/* Options first, then bbkey.<base>.*, then the defaults. */
static int settle_wish(struct bbk_setup *setup, struct bbk_err *err)
{
	const struct bbk_wish *wish = setup->wish;
	const struct bbk_instance *instance = &setup->found.instance;
	const char *word;

	setup->terms.target.scope = wish->scope;
	word = bbk_instance_setting(instance, setup->env, "scope");
	if (!wish->has_scope && word &&
	    bbk_scope_parse(&setup->terms.target.scope, word) < 0)
		return bbk_err_set(err, BBK_E_LOCAL, "bbkey.%s.scope is not "
				   "project, repo or personal", instance->base);
	setup->wanted.write = wish->write;
	word = bbk_instance_setting(instance, setup->env, "permission");
	if (!wish->has_permission && word)
		setup->wanted.write = !strcmp(word, "write");
	setup->key_wish.type = wish->key_type;
	word = bbk_instance_setting(instance, setup->env, "keytype");
	if (!wish->has_key_type && word &&
	    bbk_key_type_parse(&setup->key_wish.type, word) < 0)
		return bbk_err_set(err, BBK_E_LOCAL,
				   "bbkey.%s.keyType is no type of key",
				   instance->base);
	setup->terms.expires = wish->expires;
	word = bbk_instance_setting(instance, setup->env, "expires");
	if (!wish->expires && word &&
	    bbk_parse_number(word, 1, 36500, &setup->terms.expires) < 0)
		return bbk_err_set(err, BBK_E_LOCAL, "bbkey.%s.expires is not "
				   "a number of days", instance->base);
	if (setup->terms.target.scope == BBK_SCOPE_REPO &&
	    setup->found.address.project && !setup->found.address.repo)
		return bbk_err_set(err, BBK_E_USAGE, "--scope repo needs the "
						     "URL of a repository");
	return 0;
}

/* What cannot work is refused before anything is asked or changed. */
static int check_wish(const struct bbk_setup *setup, struct bbk_err *err)
{
	const struct bbk_wish *wish = setup->wish;

	if (wish->clone && !setup->found.address.repo)
		return bbk_err_set(err, BBK_E_USAGE,
				   "this URL names no repository to clone");
	if (wish->passphrase && !wish->dry_run &&
	    !setup->env->term->can_ask(setup->env->term))
		return bbk_err_set(err, BBK_E_USAGE,
				   "--passphrase needs a terminal");
	return 0;
}

static int detect(struct bbk_setup *setup, struct bbk_err *err)
{
	const struct bbk_wish *wish = setup->wish;
	struct bbk_detect_wish how = { .base = wish->base,
				       .token_file = wish->token_file };
	struct bbk_detected *found = &setup->found;

	if (!wish->url && read_remote(setup, err) < 0)
		return -1;
	how.url = wish->url ? wish->url :
		  setup->remote_url ? setup->remote_url : wish->base;
	how.from_person = !setup->remote_url;
	if (bbk_detect_instance(found, setup->env, &how, err) < 0 ||
	    check_wish(setup, err) < 0 || settle_wish(setup, err) < 0)
		return -1;
	begin(setup, BBK_STEP_DETECT);
	if (bbk_dc_release(&found->instance.rest,
			   &found->instance.facts.release, err) < 0 ||
	    detect_project(setup, &how, err) < 0)
		return -1;
	setup->wanted.access = found->project != NULL;
	setup->wanted.keep_remote = wish->keep_remote;
	setup->wanted.clone = wish->clone;
	setup->plan.action[BBK_STEP_DETECT] = BBK_ACTION_DONE;
	end(setup, BBK_STEP_DETECT);
	return 0;
}

/* --- observe ------------------------------------------------------------ */

static void prefer_recorded(struct bbk_setup *setup)
{
	const char *path = setup->record.key;
	char *ours = bbk_strf("%s/bbkey_", setup->env->paths.ssh);

	if (bbk_begins(path, ours)) { /* by name: it may need mending */
		bbk_replace(&setup->key_name,
			    path + strlen(setup->env->paths.ssh) + 1);
		setup->key_wish.name = setup->key_name;
	} else {
		setup->key_wish.path = path;
	}
	free(ours);
}

static void settle_key(struct bbk_setup *setup)
{
	const struct bbk_wish *wish = setup->wish;
	struct bbk_terms *terms = &setup->terms;
	struct bbk_detected *found = &setup->found;

	setup->label = wish->label ? bbk_strdup(wish->label) :
				     bbk_label_default();
	terms->label = setup->label;
	terms->write = setup->wanted.write;
	terms->target.project = found->project;
	terms->target.repo = found->repo;
	setup->key_name = bbk_key_name(&found->instance,
				       wish->new_key ? found->project : NULL,
				       setup->key_wish.type);
	setup->key_wish.path = wish->key;
	setup->key_wish.name = setup->key_name;
	setup->key_wish.comment = bbk_begins(setup->label, "bbkey ") ?
		setup->label : "bbkey key";
	setup->key_wish.passphrase = wish->passphrase;
	/* the key on record is the one to go on with, whatever its name */
	if (!wish->key && !wish->new_key && !wish->has_key_type &&
	    setup->record.key)
		prefer_recorded(setup);
}

static int observe_key(struct bbk_setup *setup, struct bbk_err *err)
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

static int visit(struct bbk_setup *setup, bool with_key, struct bbk_err *err)
{
	char *command = bbk_access_command(setup->found.project,
					   setup->found.sample);
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
	setup->checked = with_key && setup->answer.outcome == BBK_SSH_OK &&
			 !setup->answer.other_key;
	return 0;
}

/* The published fingerprint may have changed since it was last read. */
static int visit_again(struct bbk_setup *setup, bool with_key,
		       struct bbk_err *err)
{
	BBK_AUTO(err) first = BBK_ERR_INIT;
	struct bbk_detected *found = &setup->found;
	struct bbk_detect_wish how = { .token_file = setup->wish->token_file };
	bool had = bbk_secret_is_set(&found->instance.rest.token);

	if (visit(setup, with_key, &first) == 0)
		return 0;
	if (!had && first.class == BBK_E_HOSTKEY &&
	    setup->access.pins.len && !setup->wish->host_keys.len) {
		BBK_AUTO(err) ignored = BBK_ERR_INIT;

		if (bbk_detect_online(found, setup->env, &how, &ignored) == 0 &&
		    bbk_access_open(&setup->access, setup->env,
				    &found->instance, found->ssh_user,
				    found->ssh_host, bbk_detected_port(found),
				    NULL, &ignored) == 0) {
			setup->access.dry_run = setup->wish->dry_run;
			return visit(setup, with_key, err);
		}
	}
	*err = first;
	first = (struct bbk_err)BBK_ERR_INIT;
	return -1;
}

static int observe_hostkey(struct bbk_setup *setup, struct bbk_err *err)
{
	struct bbk_detected *found = &setup->found;

	begin(setup, BBK_STEP_HOSTKEY);
	if (bbk_access_open(&setup->access, setup->env, &found->instance,
			    found->ssh_user, found->ssh_host,
			    bbk_detected_port(found), &setup->wish->host_keys,
			    err) < 0)
		return -1;
	setup->access.dry_run = setup->wish->dry_run;
	if (visit_again(setup, setup->observed.key, err) < 0)
		return -1;
	setup->observed.hostkey = !setup->access.saved;
	return 0;
}

static int observe_grant(struct bbk_setup *setup, struct bbk_err *err)
{
	struct bbk_detected *found = &setup->found;
	int rc;

	if (!setup->observed.key)
		return 0;
	if (setup->checked && record_will_do(setup)) {
		setup->grant.write = setup->record.write;
		bbk_replace(&setup->grant.id, setup->record.id);
		bbk_replace(&setup->grant.label, setup->record.label);
		bbk_replace(&setup->grant.expires, setup->record.expires);
		setup->observed.registered = setup->record.write ?
			BBK_REGISTERED_WRITE : BBK_REGISTERED_READ;
		return 0;
	}
	if (bbk_token_get(&found->instance, setup->env,
			  setup->wish->token_file, true, err) < 0)
		return -1;
	rc = bbk_grant_look(&found->instance, setup->env, &setup->terms,
			    &setup->key, &setup->grant, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		setup->observed.registered = setup->grant.write ?
			BBK_REGISTERED_WRITE : BBK_REGISTERED_READ;
	return 0;
}

static bool same_ssh_url(const struct bbk_setup *setup)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(url) now = BBK_URL_INIT;

	return setup->remote_url &&
	       bbk_url_parse(&now, setup->remote_url, &ignored) == 0 &&
	       now.scheme == BBK_SSH;
}

static struct bbk_enrolment enrolment_of(const struct bbk_setup *setup)
{
	const struct bbk_wish *wish = setup->wish;

	return (struct bbk_enrolment){
		.automatic = wish->has_auto ? wish->automatic :
			     setup->found.instance.automatic,
		.hostkeys = &wish->host_keys,
		.key_type = setup->key_wish.type != BBK_KEY_ED25519 &&
				    !wish->key && !wish->new_key ?
			bbk_key_type_word(setup->key_wish.type) : NULL,
	};
}

static int observe_here(struct bbk_setup *setup, struct bbk_err *err)
{
	struct bbk_enrolment enrolment = enrolment_of(setup);
	bool changes = false;

	setup->ssh_url = bbk_detected_ssh_url(&setup->found);
	setup->observed.remote = setup->remote_url != NULL;
	setup->observed.remote_is_ssh = same_ssh_url(setup);
	if (bbk_automatic_enable(&setup->found.instance, setup->env,
				 &enrolment, true, &changes, err) < 0)
		return -1;
	setup->observed.automatic = !changes;
	return 0;
}

static int observe(struct bbk_setup *setup, struct bbk_err *err)
{
	if (setup->wanted.access &&
	    (observe_key(setup, err) < 0 || observe_hostkey(setup, err) < 0 ||
	     observe_grant(setup, err) < 0))
		return -1;
	return observe_here(setup, err);
}

/* --- apply -------------------------------------------------------------- */

static int apply_key(struct bbk_setup *setup, struct bbk_err *err)
{
	begin(setup, BBK_STEP_KEY);
	if (!setup->key_wish.path &&
	    bbk_key_make(&setup->key, setup->env, &setup->key_wish, err) < 0)
		return -1;
	end(setup, BBK_STEP_KEY);
	return 0;
}

static int apply_register(struct bbk_setup *setup, struct bbk_err *err)
{
	struct bbk_instance *instance = &setup->found.instance;
	int rc = 0;

	begin(setup, BBK_STEP_REGISTER);
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
			rc = bbk_dc_grant_set_write(&instance->rest,
						    &setup->terms.target,
						    setup->grant.id, err);
		setup->grant.write = true;
		break;
	default:
		break;
	}
	if (rc < 0)
		return -1;
	end(setup, BBK_STEP_REGISTER);
	return 0;
}

static int not_let_in(struct bbk_setup *setup, bool registered,
		      struct bbk_err *err)
{
	const struct bbk_ssh_answer *answer = &setup->answer;

	if (registered || answer->outcome == BBK_SSH_DENIED) {
		bbk_err_set(err, BBK_E_PROPAGATION,
			    "the key %s is registered%s%s, but %s does not "
			    "accept it yet", setup->key.facts.fingerprint,
			    setup->found.instance.rest.who ? " by " : "",
			    setup->found.instance.rest.who ?
				    setup->found.instance.rest.who : "",
			    setup->access.host);
		return bbk_err_hint(err, registered ?
			"run 'git bbkey init' again in a minute: it goes on "
			"where this ended" :
			"try again in a minute; if it stays so, the key may "
			"have expired: git bbkey init --new-key");
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

	begin(setup, BBK_STEP_VERIFY);
	for (size_t i = 0; !setup->checked; i++) {
		if (visit(setup, true, err) < 0)
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
	end(setup, BBK_STEP_VERIFY);
	return 0;
}

static int apply_remote(struct bbk_setup *setup, struct bbk_err *err)
{
	BBK_AUTO(repo) repo = BBK_REPO_INIT;

	begin(setup, BBK_STEP_REMOTE);
	if (setup->plan.action[BBK_STEP_REMOTE] == BBK_ACTION_SWITCHED) {
		if (bbk_repo_open(&repo, err) ||
		    bbk_repo_set_remote_url(&repo, setup->remote,
					    setup->ssh_url, err) < 0)
			return bbk_err_set(err, BBK_E_LOCAL,
					   "cannot change the remote's URL");
	}
	end(setup, BBK_STEP_REMOTE);
	return 0;
}

static int remember(struct bbk_setup *setup, struct bbk_err *err)
{
	struct bbk_place place = place_of(setup);
	struct bbk_instance *instance = &setup->found.instance;
	const char *given = setup->grant.label ? setup->grant.label :
						 setup->label;
	char *label = given ? bbk_scrubbed(given) : NULL;
	struct bbk_record record = {
		.scope = setup->terms.target.scope, .base = instance->base,
		.project = setup->found.project,
		.repo = setup->terms.target.scope == BBK_SCOPE_REPO ?
			setup->found.repo : NULL,
		.key = setup->key.path, .agent = setup->key.agent,
		.fingerprint = setup->key.facts.fingerprint,
		.who = instance->rest.who ? instance->rest.who :
					    setup->record.who,
		.write = setup->grant.write, .id = setup->grant.id,
		.label = label, .expires = setup->grant.expires,
		.known_hosts = setup->access.known_hosts,
	};
	int rc = 0;

	if (setup->wanted.access)
		rc = bbk_record_save(&record, setup->env->paths.state, &place,
				     err);
	free(label);
	if (!rc)
		rc = bbk_record_add_host(setup->env->paths.state, place.host,
					 place.port, err);
	return rc < 0 ? rc :
	       bbk_instance_facts_save(&instance->facts,
				       setup->env->paths.state, &instance->url,
				       err);
}

static int apply_automatic(struct bbk_setup *setup, struct bbk_err *err)
{
	struct bbk_enrolment enrolment = enrolment_of(setup);
	bool changed = false;

	begin(setup, BBK_STEP_AUTOMATIC);
	if (bbk_automatic_enable(&setup->found.instance, setup->env,
				 &enrolment, false, &changed, err) < 0)
		return -1;
	setup->plan.action[BBK_STEP_AUTOMATIC] = changed ?
		BBK_ACTION_ENABLED : BBK_ACTION_NONE;
	setup->found.instance.automatic = enrolment.automatic;
	end(setup, BBK_STEP_AUTOMATIC);
	return 0;
}

static int apply(struct bbk_setup *setup, struct bbk_err *err)
{
	if (setup->wanted.access) {
		if (apply_key(setup, err) < 0)
			return -1;
		end(setup, BBK_STEP_HOSTKEY);
		if (apply_register(setup, err) < 0)
			return -1;
	}
	/* what is registered is on record before anything else can fail */
	if (remember(setup, err) < 0)
		return -1;
	if (setup->wanted.access && (apply_verify(setup, err) < 0 ||
				     apply_remote(setup, err) < 0))
		return -1;
	return apply_automatic(setup, err);
}

int bbk_setup_run(struct bbk_setup *setup, struct bbk_err *err)
{
	BBK_AUTO(lock) lock = BBK_LOCK_INIT;

	if (detect(setup, err) < 0)
		return -1;
	if (!setup->wish->dry_run &&
	    bbk_lock_take(&lock, setup->env->paths.state, setup->env->clock,
			  LOCK_MS, err) < 0)
		return -1;
	if (observe(setup, err) < 0)
		return -1;
	setup->plan = bbk_plan_make(&setup->observed, &setup->wanted);
	if (setup->wish->dry_run) {
		for (int i = BBK_STEP_KEY; i < BBK_STEP_CLONE; i++)
			end(setup, (enum bbk_step)i);
		return 0;
	}
	return apply(setup, err);
}
