#include "core/steps.h"

#include <stdlib.h>
#include <string.h>

#include "bitbucket/datacenter.h"
#include "core/choice.h"
#include "core/place.h"
#include "core/remember.h"
#include "core/remote.h"
#include "core/token.h"
#include "git/config.h"
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
		.no_token = BBK_ERR_INIT, .lock = BBK_LOCK_INIT,
	};
	bbk_talk_init(&setup->cloning.talk, -1, -1);
}

int bbk_setup_lock(struct bbk_setup *setup, struct bbk_err *err)
{
	return setup->wish->dry_run ? 0 :
	       bbk_lock_take(&setup->lock, setup->env->paths.state,
			     setup->env->clock, LOCK_MS, err);
}

void bbk_setup_release(struct bbk_setup *setup)
{
	bbk_lock_release(&setup->lock);
	free(setup->remote);
	free(setup->remote_url);
	free(setup->ssh_url);
	free(setup->key_name);
	free(setup->label);
	free(setup->request);
	free(setup->url);
	free(setup->options);
	bbk_detected_release(&setup->found);
	bbk_access_release(&setup->access);
	bbk_ssh_answer_release(&setup->answer);
	bbk_key_release(&setup->key);
	bbk_grant_release(&setup->grant);
	bbk_record_release(&setup->record);
	bbk_err_release(&setup->no_token);
	bbk_setup_stop_clone(setup);
	bbk_talk_release(&setup->cloning.talk);
}

void bbk_setup_begin(struct bbk_setup *setup, enum bbk_step step)
{
	setup->progress->begin(setup->progress, step, setup);
}

void bbk_setup_end(struct bbk_setup *setup, enum bbk_step step)
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

bool bbk_setup_record_will_do(const struct bbk_setup *setup)
{
	const struct bbk_wish *wish = setup->wish;
	const struct bbk_record *record = &setup->record;

	/* on Cloud what is kept with a workspace does not name the project */
	if (record->workspace && record->level == BBK_LEVEL_OWNER &&
	    record->scope == BBK_SCOPE_PROJECT &&
	    (setup->found.address.repo ||
	     !bbk_same_nocase(setup->found.address.project ?
			      setup->found.address.project : "",
			      record->project ? record->project : "")))
		return false;
	return record->key && record->scope == setup->terms.target.scope &&
	       (!setup->wanted.write || record->write) && !wish->key &&
	       !wish->new_key && !wish->token_file;
}

/* Is the project on record, so that nothing has to be asked of the server? */
static int find_record(struct bbk_setup *setup, bool *will_do,
		       struct bbk_err *err)
{
	struct bbk_detected *found = &setup->found;
	struct bbk_place place;

	*will_do = false;
	if (!found->instance.ssh.len || !bbk_address_owner(&found->address))
		return 0;
	if (bbk_detect_offline(found, err) < 0)
		return -1;
	place = bbk_detected_place(found);
	if (bbk_record_find(&setup->record, setup->env->paths.state, &place,
			    err) < 0)
		return -1;
	bbk_record_forget_own(&setup->record);
	if (setup->record.write && !setup->wish->has_permission)
		setup->wanted.write = true;
	/* who waits for somebody to add the key says that it is not there */
	*will_do = !setup->wish->wait && !setup->wish->unasked &&
		   bbk_setup_record_will_do(setup);
	if (*will_do && setup->record.project)
		bbk_replace(&found->project, setup->record.project);
	return 0;
}

/* For hints: what to say to have the same again. */
static void note_url(struct bbk_setup *setup)
{
	BBK_AUTO(str) url = BBK_STR_INIT;

	if (setup->wish->url)
		bbk_url_add_user(&url, &setup->found.url);
	free(setup->url);
	setup->url = bbk_str_take(&url);
	setup->terms.url = setup->url;
	free(setup->options);
	setup->options = bbk_choice_options(setup);
	setup->terms.options = setup->options;
}

/* What a default cannot give, an option is refused for: bbk_terms_check(). */
static void settle_terms(struct bbk_setup *setup, struct bbk_defaults *defaults)
{
	const struct bbk_wish *wish = setup->wish;
	enum bbk_scope scope = setup->terms.target.scope;

	bbk_defaults_limit(defaults, setup->found.instance.edition, scope);
	setup->how.scope = scope;
	setup->wanted.write = wish->has_permission ? wish->write :
						     defaults->write;
	setup->terms.write = setup->wanted.write;
	setup->terms.expires = wish->expires ? wish->expires :
					       defaults->expires;
}

static bool is_cloud(const struct bbk_setup *setup)
{
	return setup->found.instance.edition->is_cloud;
}

/* Which Data Center it is, without a token; of Cloud there is but one. */
static int find_release(struct bbk_setup *setup, struct bbk_err *err)
{
	struct bbk_instance *instance = &setup->found.instance;

	return is_cloud(setup) ? 0 :
	       bbk_dc_release(&instance->rest, &instance->facts.release, err);
}

/*
 * The settings alone, while a clone waits.  Nobody is asked for a token before
 * this is known to be a Bitbucket; one that was given for it may go there.
 */
static int detect_early(struct bbk_setup *setup, struct bbk_err *err)
{
	BBK_AUTO(err) why = BBK_ERR_INIT;
	int rc = setup->how.token_file ? 0 :
		 bbk_token_configured(&setup->found.instance, setup->env, err);

	if (rc > 0 && is_cloud(setup))
		return 1; /* there may be none: the usual way */
	if (rc > 0)
		rc = find_release(setup, err);
	if (!rc)
		rc = bbk_detect_early(&setup->found, setup->env, &setup->how,
				      err);
	setup->hurry = rc == 0;
	if (rc < 0 && err->class == BBK_E_SERVER &&
	    find_release(setup, &why) < 0) {
		bbk_err_release(err); /* it is no Bitbucket at all */
		*err = why;
		why = (struct bbk_err)BBK_ERR_INIT;
	}
	return rc;
}

/*
 * There is no token, or none that is shown the place.  Where ssh is known all
 * the same, from the configuration or because a person says so, it can tell
 * whether the key was registered by somebody else.
 */
static int go_without_token(struct bbk_setup *setup, struct bbk_err *err)
{
	struct bbk_detected *found = &setup->found;
	bool ssh = found->url.scheme == BBK_SSH;
	bool blind = setup->wish->wait && found->not_shown;

	if ((!found->instance.no_token && !setup->wish->unasked && !blind) ||
	    !bbk_address_owner(&found->address))
		return -1;
	if (!err->what)
		bbk_err_set(err, BBK_E_AUTH, "there is no token for %s",
			    found->instance.base);
	if (!blind)
		(void)bbk_choice_hint(setup, err);
	if (!found->instance.ssh.len && (!ssh || !setup->how.from_person))
		return -1;
	setup->no_token = *err;
	*err = (struct bbk_err)BBK_ERR_INIT;
	setup->unasked = true;
	if (!found->instance.ssh.len) {
		bbk_replace(&found->ssh_host, found->url.host);
		found->ssh_port = found->url.port;
		bbk_place_remember(found);
		found->guessed = true;
	}
	if (bbk_detect_offline(found, err) < 0)
		return -1;
	bbk_detect_host_keys(found, setup->env, &setup->how);
	return 0;
}

static int detect_online(struct bbk_setup *setup, struct bbk_err *err)
{
	if (setup->wish->unasked)
		return go_without_token(setup, err);
	if (find_release(setup, err) < 0)
		return -1;
	if (bbk_detect_online(&setup->found, setup->env, &setup->how,
			      err) < 0 &&
	    go_without_token(setup, err) < 0)
		return -1;
	return setup->unasked ? 0 : bbk_setup_look_first(setup, err);
}

static int choose_purpose(struct bbk_setup *setup, struct bbk_err *err)
{
	enum bbk_scope before = setup->terms.target.scope;
	struct bbk_defaults defaults;

	if (bbk_choice_of_purpose(setup, err) < 0 ||
	    bbk_instance_defaults(&setup->found.instance, setup->env,
				  &defaults, err) < 0)
		return -1;
	if (setup->terms.target.scope != before)
		settle_terms(setup, &defaults);
	return 0;
}

/* Cloud's "alice@bitbucket.org" is for the keys of that account alone. */
static int check_user(const struct bbk_setup *setup, struct bbk_err *err)
{
	const char *user = setup->found.ssh_user;

	if (!is_cloud(setup) || !strcmp(user, "git") ||
	    setup->terms.target.scope == BBK_SCOPE_PERSONAL)
		return 0;
	bbk_err_set(err, BBK_E_PERMISSION, "an access key logs in as 'git', "
		    "and this URL says '%s'", user);
	return bbk_err_hint(err, "use the URL with git@, or a key of that "
				 "account: --scope personal");
}

static int detect_project(struct bbk_setup *setup, struct bbk_err *err)
{
	bool on_record = false;
	int rc = 1;

	if (find_record(setup, &on_record, err) < 0)
		return -1;
	if (on_record)
		return find_release(setup, err);
	if (bbk_setup_look_first(setup, err) < 0)
		return -1;
	if (setup->own || setup->unasked)
		return 0;
	if (choose_purpose(setup, err) < 0 || check_user(setup, err) < 0)
		return -1;
	if (!setup->wish->unasked && bbk_setup_may_hurry(setup))
		rc = detect_early(setup, err);
	if (rc < 0)
		return go_without_token(setup, err);
	return rc ? detect_online(setup, err) : 0;
}

/* Options first, then bbkey.<base>.*, then the defaults. */
static int settle_wish(struct bbk_setup *setup, struct bbk_err *err)
{
	const struct bbk_wish *wish = setup->wish;
	const struct bbk_instance *instance = &setup->found.instance;
	struct bbk_defaults defaults;

	if (bbk_instance_defaults(instance, setup->env, &defaults, err) < 0)
		return -1;
	setup->terms.target.scope = wish->has_scope ? wish->scope :
						      defaults.scope;
	setup->key_wish.type = wish->has_key_type ? wish->key_type :
						    defaults.key_type;
	note_url(setup);
	if (bbk_choice_to_push(setup, err) < 0)
		return -1;
	settle_terms(setup, &defaults);
	if (setup->terms.target.scope == BBK_SCOPE_REPO &&
	    bbk_address_owner(&setup->found.address) &&
	    !setup->found.address.repo)
		return bbk_err_set(err, BBK_E_USAGE, "--scope repo needs the "
						     "URL of a repository");
	if (!bbk_address_owner(&setup->found.address))
		return 0;
	return bbk_terms_check(&setup->terms, instance->edition, err);
}

/* What cannot work is refused before anything is asked or changed. */
static int check_wish(const struct bbk_setup *setup, struct bbk_err *err)
{
	const struct bbk_wish *wish = setup->wish;

	if (wish->clone && !setup->found.address.repo)
		return bbk_err_set(err, BBK_E_USAGE,
				   "this URL names no repository to clone");
	if (wish->ssh_config && !bbk_address_owner(&setup->found.address))
		return bbk_err_set(err, BBK_E_USAGE,
				   "--ssh-config needs the URL of a project "
				   "or repository: it is about its key");
	if (wish->passphrase && !wish->dry_run &&
	    !setup->env->term->can_ask(setup->env->term))
		return bbk_err_set(err, BBK_E_USAGE,
				   "--passphrase needs a terminal");
	return 0;
}

static int detect(struct bbk_setup *setup, struct bbk_err *err)
{
	const struct bbk_wish *wish = setup->wish;
	struct bbk_detect_wish *how = &setup->how;
	struct bbk_detected *found = &setup->found;

	if (!wish->url && read_remote(setup, err) < 0)
		return -1;
	how->base = wish->base;
	how->token_file = wish->token_file;
	how->url = wish->url ? wish->url :
		   setup->remote_url ? setup->remote_url : wish->base;
	how->from_person = !setup->remote_url;
	how->pinned = wish->host_keys.len > 0;
	if (bbk_detect_instance(found, setup->env, how, err) < 0 ||
	    check_wish(setup, err) < 0 || settle_wish(setup, err) < 0)
		return -1;
	bbk_setup_begin(setup, BBK_STEP_DETECT);
	if (detect_project(setup, err) < 0)
		return -1;
	setup->wanted.access = bbk_address_owner(&found->address) != NULL;
	setup->wanted.keep_remote = wish->keep_remote;
	setup->wanted.clone = wish->clone;
	setup->plan.action[BBK_STEP_DETECT] = BBK_ACTION_DONE;
	bbk_setup_end(setup, BBK_STEP_DETECT);
	return 0;
}

static int run_locked(struct bbk_setup *setup, struct bbk_err *err)
{
	bool done = false;

	if (detect(setup, err) < 0 || bbk_setup_lock(setup, err) < 0)
		return -1;
	if (setup->hurry && bbk_setup_beside(setup, &done, err) < 0)
		return -1;
	if (done)
		return 0;
	if (bbk_setup_observe(setup, err) < 0)
		return -1;
	setup->plan = bbk_plan_make(&setup->observed, &setup->wanted);
	if (setup->wish->dry_run) {
		for (int i = BBK_STEP_KEY; i < BBK_STEP_CLONE; i++)
			bbk_setup_end(setup, (enum bbk_step)i);
		return 0;
	}
	return bbk_setup_apply(setup, err);
}

int bbk_setup_run(struct bbk_setup *setup, struct bbk_err *err)
{
	int rc = run_locked(setup, err);

	bbk_lock_release(&setup->lock);
	/* without the lock, which a git-bbkey below that git may want */
	if (rc < 0 && setup->cloning.let_go) {
		bbk_setup_end_clone(setup);
		bbk_setup_begin(setup, BBK_STEP_AUTOMATIC);
	}
	return rc;
}
