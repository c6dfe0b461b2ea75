#include "core/steps.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/above.h"
#include "base/process.h"
#include "base/realssh.h"
#include "base/text.h"
#include "bitbucket/datacenter.h"
#include "git/config.h"
#include "git/repo.h"

#define SOCKET_MIN 10 /* out of the way of BBK_ABOVE_FD */
#define PATIENCE_MS 2000 /* beyond the eight seconds of core/meeting.c */

/* --- may it? ---------------------------------------------------------- */

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value;
}

/* Would git run another ssh than ours, or one that has no gate? */
static bool has_another_ssh(const struct bbk_env *env)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(realssh) ssh = BBK_REALSSH_INIT;
	const char *automatic = getenv("BBKEY_AUTO");
	char *command = NULL;
	bool found = is_set("GIT_SSH") || is_set("GIT_SSH_COMMAND") ||
		     is_set("GIT_SSH_VARIANT") ||
		     (automatic && !strcmp(automatic, "never"));

	if (!found)
		found = bbk_config_ssh_command(env->config, &command,
					       &ignored) < 0 || command ||
			bbk_realssh_find(&ssh, env->paths.config,
					 &ignored) < 0 || ssh.chained;
	/* what they hold for the new folder is not known before it is there */
	for (size_t i = 0; i < env->config->keys.len && !found; i++)
		found = bbk_begins(env->config->keys.v[i],
				   "includeif.gitdir");
	free(command);
	return found;
}

bool bbk_setup_may_hurry(const struct bbk_setup *setup)
{
	const struct bbk_wish *wish = setup->wish;

	/* git's own options may change how it gets there, and what it gets */
	return wish->clone && !wish->git_options->len && !wish->dry_run &&
	       !wish->passphrase && !wish->wait && !has_another_ssh(setup->env);
}

/* url.<base>.insteadOf: would git go elsewhere than this URL says? */
static bool is_rewritten(const struct bbk_config *config, const char *url)
{
	for (size_t i = 0; i < config->keys.len; i++)
		if (bbk_begins(config->keys.v[i], "url.") &&
		    bbk_ends(config->keys.v[i], ".insteadof") &&
		    bbk_begins(url, config->values.v[i]))
			return true;
	return false;
}

/* Without a record git-bbkey-ssh asks us. */
static bool can_go_beside(const struct bbk_setup *setup)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(record) record = BBK_RECORD_INIT;
	struct bbk_place place = bbk_detected_place(&setup->found);

	return bbk_access_can_meet(&setup->access) && !setup->key.agent &&
	       !bbk_setup_may_try_own(setup) &&
	       !is_rewritten(setup->env->config, setup->ssh_url) &&
	       bbk_record_find(&record, setup->env->paths.state, &place,
			       &ignored) == 1;
}

/* --- git -------------------------------------------------------------- */

static int open_talk(struct bbk_talk *talk, int *theirs, struct bbk_err *err)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		return bbk_err_set(err, BBK_E_LOCAL, "cannot make a socket");
	talk->in = talk->out = fcntl(ends[0], F_DUPFD_CLOEXEC, SOCKET_MIN);
	*theirs = fcntl(ends[1], F_DUPFD_CLOEXEC, SOCKET_MIN);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return talk->in < 0 || *theirs < 0 ?
		bbk_err_set(err, BBK_E_LOCAL, "cannot make a socket") : 0;
}

static void close_talk(struct bbk_talk *talk)
{
	if (talk->in >= 0)
		(void)close(talk->in);
	talk->in = talk->out = -1;
}

static int start_git(struct bbk_setup *setup, bool beside,
		     struct bbk_err *err)
{
	struct bbk_talk *talk = &setup->cloning.talk;
	struct bbk_git_clone clone = {
		.url = setup->ssh_url, .dir = setup->wish->dir,
		.options = setup->wish->git_options,
		.quiet = setup->env->quiet,
	};
	char *program = bbk_strf("%s/git-bbkey-ssh", setup->env->program_dir);
	char *quoted = bbk_shell_quoted(program); /* a shell runs it */
	struct bbk_place to = bbk_detected_place(&setup->found);
	char *place = bbk_above_place(to.host, to.port, to.project, to.repo);
	int rc = 0;

	if (beside) { /* what would say so in the configuration comes later */
		clone.ssh_command = quoted;
		clone.above_place = place;
		rc = open_talk(talk, &clone.above, err);
	}
	if (!rc)
		rc = bbk_git_clone_start(&clone, &talk->git, err);
	if (clone.above > 0)
		(void)close(clone.above);
	if (rc < 0)
		close_talk(talk);
	free(program);
	free(quoted);
	free(place);
	return rc;
}

void bbk_setup_end_clone(struct bbk_setup *setup)
{
	struct bbk_talk *talk = &setup->cloning.talk;

	close_talk(talk);
	if (talk->git)
		talk->status = bbk_process_wait(talk->git);
	talk->git = 0;
}

static bool has_git_ended(struct bbk_talk *talk)
{
	if (talk->git && bbk_process_ended(talk->git, &talk->status))
		talk->git = 0;
	return !talk->git;
}

/*
 * The signal first: git takes its folder away again, and has nothing to say of
 * a git-bbkey-ssh that then ends.
 */
void bbk_setup_stop_clone(struct bbk_setup *setup)
{
	struct bbk_talk *talk = &setup->cloning.talk;

	if (talk->git)
		(void)kill(talk->git, SIGTERM);
	if (talk->out >= 0)
		bbk_talk_say(talk, "stop 1");
	bbk_setup_end_clone(setup);
}

/* --- meanwhile -------------------------------------------------------- */

/* -1 with the step that failed begun, for the screen. */
static int failed_at(struct bbk_setup *setup, enum bbk_step step)
{
	bbk_setup_begin(setup, step);
	return -1;
}

static int find_release(struct bbk_setup *setup, struct bbk_err *err)
{
	struct bbk_instance *instance = &setup->found.instance;
	char **release = &instance->facts.release;

	return *release || instance->edition->is_cloud ? 0 :
	       bbk_dc_release(&instance->rest, release, err);
}

/* What there was no time for.  1: the repository is not what it seemed. */
static int catch_up(struct bbk_setup *setup, struct bbk_err *err)
{
	int rc = find_release(setup, err);

	if (!rc)
		rc = bbk_detect_confirm(&setup->found, &setup->how, err);
	bbk_setup_aim(setup);
	return rc < 0 ? failed_at(setup, BBK_STEP_DETECT) : rc;
}

/* The same, where the usual way is the right one. */
static int look_closer(struct bbk_setup *setup, struct bbk_err *err)
{
	int rc = find_release(setup, err);

	if (!rc)
		rc = bbk_detect_online(&setup->found, setup->env, &setup->how,
				       err);
	bbk_lock_release(&setup->lock);
	if (!rc)
		rc = bbk_setup_look_first(setup, err);
	if (!rc)
		rc = bbk_setup_lock(setup, err);
	return rc < 0 ? failed_at(setup, BBK_STEP_DETECT) : 0;
}

static void make_offer(struct bbk_setup *setup)
{
	struct bbk_record record = {
		.key = setup->key.path, .agent = setup->key.agent,
		.known_hosts = setup->access.known_hosts,
	};

	setup->cloning.talk.offer.make(&setup->cloning.talk.offer, &record,
				       &setup->access.pins);
}

/*
 * Only now: an ssh that started without it offers it with its signature, and
 * does not ask first whether it may, which is a round trip less.
 */
static int make_key(struct bbk_setup *setup, struct bbk_err *err)
{
	return setup->key_wish.path ||
	       bbk_key_make(&setup->key, setup->env, &setup->key_wish,
			    err) == 0 ? 0 : failed_at(setup, BBK_STEP_KEY);
}

/* --- at the gate ------------------------------------------------------ */

static int enlist(void *arg, struct bbk_err *err)
{
	static const enum bbk_action actions[] = {
		[BBK_GRANT_WAS_THERE] = BBK_ACTION_NONE,
		[BBK_GRANT_MADE] = BBK_ACTION_CREATED,
		[BBK_GRANT_UPGRADED] = BBK_ACTION_UPGRADED,
	};
	struct bbk_setup *setup = arg;
	enum bbk_granted done = BBK_GRANT_MADE;
	int rc = bbk_grant_ensure(&setup->found.instance, setup->env,
				  &setup->terms, &setup->key_wish, &setup->key,
				  &setup->grant, &done, err);

	setup->plan.action[BBK_STEP_REGISTER] = actions[done];
	return rc;
}

/* ssh is gone before there was a host key, or was content without us. */
static int met_nobody(struct bbk_setup *setup, struct bbk_err *err)
{
	const char *said = setup->cloning.talk.offer.said;

	bbk_err_release(err);
	return said && bbk_access_judge(&setup->access, said, err) < 0 ?
		failed_at(setup, BBK_STEP_HOSTKEY) : 1;
}

/* The usual way to see a host key, which tries the server's other ones. */
static int met_another(struct bbk_setup *setup, struct bbk_err *err)
{
	bbk_err_release(err);
	bbk_setup_begin(setup, BBK_STEP_HOSTKEY);
	if (bbk_setup_visit(setup, false, err) < 0)
		return -1;
	setup->cloning.sent = true;
	return enlist(setup, err);
}

static int met_too_late(struct bbk_setup *setup, struct bbk_err *err)
{
	bbk_err_release(err);
	bbk_setup_begin(setup, BBK_STEP_HOSTKEY);
	return bbk_err_set(err, BBK_E_NETWORK, "%s port %u does not answer as "
			   "an ssh server would", setup->found.ssh_host,
			   setup->found.ssh_port);
}

/*
 * The host key and the record are there before an ssh that has to run again
 * could look for them: a record without its host key would let nobody in.  Then
 * git goes on, and the screen is its own until it ends.
 */
static int let_go(struct bbk_setup *setup, const struct bbk_meeting *meeting,
		  struct bbk_err *err)
{
	struct bbk_cloning *cloning = &setup->cloning;
	enum bbk_action *hostkey = &setup->plan.action[BBK_STEP_HOSTKEY];

	bbk_setup_end(setup, BBK_STEP_REGISTER);
	if ((meeting->met == BBK_MET_PINNED &&
	     bbk_access_note_pinned(&setup->access, setup->env, &meeting->seen,
				    err) < 0) ||
	    bbk_setup_remember(setup, err) < 0)
		return -1;
	*hostkey = setup->access.saved ? BBK_ACTION_DONE : BBK_ACTION_NONE;
	cloning->let_go = true;
	cloning->talk.offer.go(&cloning->talk.offer);
	return bbk_setup_enrol(setup, err);
}

/* 1: nothing was registered, and this was not the way to do it. */
static int meet(struct bbk_setup *setup, struct bbk_err *err)
{
	BBK_AUTO(meeting) meeting = BBK_MEETING_INIT;
	int rc;

	meeting.offer = &setup->cloning.talk.offer;
	meeting.pins = &setup->access.pins;
	meeting.patience_ms = PATIENCE_MS;
	rc = bbk_meeting_enlist(&meeting, &setup->found.instance.rest, enlist,
				setup, err);
	switch (meeting.met) {
	case BBK_MET_PINNED:
		setup->cloning.sent = true;
		setup->access.source = setup->access.pin_source;
		break;
	case BBK_MET_ANOTHER:
		rc = met_another(setup, err);
		break;
	case BBK_MET_NOBODY:
		return met_nobody(setup, err);
	case BBK_MET_NOT_YET:
		return meeting.late ? met_too_late(setup, err) :
				      failed_at(setup, BBK_STEP_REGISTER);
	}
	if (rc < 0 && !setup->cloning.sent)
		return -1;
	bbk_setup_end(setup, BBK_STEP_KEY);
	bbk_setup_end(setup, BBK_STEP_HOSTKEY);
	return rc < 0 ? failed_at(setup, BBK_STEP_REGISTER) :
			let_go(setup, &meeting, err);
}

/* --- the whole -------------------------------------------------------- */

/* Nothing is registered.  rc as meet() has it. */
static int give_up(struct bbk_setup *setup, int rc, bool *done,
		   struct bbk_err *err)
{
	struct bbk_cloning *cloning = &setup->cloning;

	cloning->over = has_git_ended(&cloning->talk);
	bbk_setup_stop_clone(setup);
	if (cloning->sent)
		return rc;
	bbk_key_discard(&setup->key);
	bbk_key_release(&setup->key);
	if (cloning->over && cloning->talk.status) {
		bbk_err_release(err); /* git has said what there is to say */
		*done = true;
		return 0;
	}
	return rc < 0 ? -1 : look_closer(setup, err);
}

int bbk_setup_beside(struct bbk_setup *setup, bool *done, struct bbk_err *err)
{
	int rc;

	*done = false;
	if (bbk_setup_observe_key(setup, err) < 0 ||
	    bbk_setup_open_access(setup, err) < 0)
		return -1;
	setup->ssh_url = bbk_detected_ssh_url(&setup->found);
	if (!can_go_beside(setup))
		return look_closer(setup, err);
	setup->plan = bbk_plan_make(&setup->observed, &setup->wanted);
	if (start_git(setup, true, err) < 0)
		return -1;
	make_offer(setup);
	rc = catch_up(setup, err);
	if (!rc)
		rc = make_key(setup, err);
	if (!rc) {
		bbk_setup_begin(setup, BBK_STEP_REGISTER);
		rc = meet(setup, err);
	}
	setup->refused = rc < 0 && err->class == BBK_E_PERMISSION;
	if (!setup->cloning.let_go)
		return give_up(setup, rc, done, err);
	close_talk(&setup->cloning.talk); /* all is in its place */
	*done = rc == 0;
	return rc;
}

/* --- afterwards ------------------------------------------------------- */

/* git-bbkey-ssh has said what it knows: did the key open it? */
static int judge_clone(struct bbk_setup *setup, struct bbk_err *err)
{
	BBK_AUTO(err) why = BBK_ERR_INIT;
	int *status = &setup->cloning.talk.status;
	int rc;

	setup->checked = *status == 0;
	rc = *status ? bbk_setup_visit(setup, true, &why) : 0;
	if (rc < 0 && why.class == BBK_E_HOSTKEY) {
		*err = why;
		why = (struct bbk_err)BBK_ERR_INIT;
		return -1;
	}
	if (setup->checked) {
		bbk_setup_end(setup, BBK_STEP_VERIFY);
		bbk_setup_end(setup, BBK_STEP_AUTOMATIC);
	} else if (!rc) {
		*status = bbk_class_status(BBK_E_PROPAGATION);
	}
	return 0;
}

int bbk_setup_clone(struct bbk_setup *setup, int *status, struct bbk_err *err)
{
	struct bbk_cloning *cloning = &setup->cloning;
	int rc = 0;

	if (!cloning->over && !cloning->let_go)
		rc = start_git(setup, false, err);
	if (!rc)
		bbk_setup_end_clone(setup);
	if (!rc && cloning->let_go)
		rc = judge_clone(setup, err);
	*status = cloning->talk.status;
	return rc;
}
