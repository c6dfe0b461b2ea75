#include "core/steps.h"

#include <stdlib.h>
#include <string.h>

#include "bitbucket/datacenter.h"
#include "core/remote.h"
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

struct bbk_place bbk_setup_place(const struct bbk_setup *setup)
{
	return (struct bbk_place){
		.host = setup->found.ssh_host, .port = setup->found.ssh_port,
		.project = setup->found.project, .repo = setup->found.repo,
	};
}

bool bbk_setup_record_will_do(const struct bbk_setup *setup)
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
		place = bbk_setup_place(setup);
		if (bbk_record_find(&setup->record, setup->env->paths.state,
				    &place, err) < 0)
			return -1;
		if (setup->record.write && !setup->wish->has_permission)
			setup->wanted.write = true;
		if (bbk_setup_record_will_do(setup)) {
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
	struct bbk_defaults defaults;

	if (bbk_instance_defaults(instance, setup->env, &defaults, err) < 0)
		return -1;
	setup->terms.target.scope = wish->has_scope ? wish->scope :
						      defaults.scope;
	setup->wanted.write = wish->has_permission ? wish->write :
						     defaults.write;
	setup->key_wish.type = wish->has_key_type ? wish->key_type :
						    defaults.key_type;
	setup->terms.expires = wish->expires ? wish->expires :
					       defaults.expires;
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
	if (wish->ssh_config && !setup->found.address.project)
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
	bbk_setup_begin(setup, BBK_STEP_DETECT);
	if (bbk_dc_release(&found->instance.rest,
			   &found->instance.facts.release, err) < 0 ||
	    detect_project(setup, &how, err) < 0)
		return -1;
	setup->wanted.access = found->project != NULL;
	setup->wanted.keep_remote = wish->keep_remote;
	setup->wanted.clone = wish->clone;
	setup->plan.action[BBK_STEP_DETECT] = BBK_ACTION_DONE;
	bbk_setup_end(setup, BBK_STEP_DETECT);
	return 0;
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
