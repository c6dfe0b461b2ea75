#include "core/steps.h"

#include <stdlib.h>

#include "base/text.h"
#include "core/token.h"

#define WAIT_MS (60 * 60 * 1000)
#define PAUSE_FIRST_MS 2000
#define PAUSE_MAX_MS 15000

static char *command_for(const struct bbk_setup *setup, bool push)
{
	return bbk_access_command(setup->found.instance.edition,
				  bbk_detected_owner(&setup->found),
				  setup->found.sample, push);
}

/* --- the person's own keys ---------------------------------------------- */

/* What a person says of a key is about one that is to be registered. */
static bool is_about_a_key(const struct bbk_wish *wish)
{
	return wish->has_scope || wish->key || wish->new_key ||
	       wish->has_key_type || wish->passphrase || wish->label ||
	       wish->expires || wish->ssh_config;
}

bool bbk_setup_may_try_own(const struct bbk_setup *setup)
{
	return !setup->tried_own && !is_about_a_key(setup->wish) &&
	       !setup->record.key && setup->found.repo &&
	       bbk_access_has_own_keys(&setup->access, setup->env);
}

static int try_own(struct bbk_setup *setup, struct bbk_err *err)
{
	char *command = command_for(setup, setup->wanted.write);
	struct bbk_visit visit = { .auth = BBK_SSH_OWN, .command = command };
	int rc = bbk_access_visit(&setup->access, setup->env, &visit,
				  &setup->answer, err);

	free(command);
	setup->own = rc == 0 && setup->answer.outcome == BBK_SSH_OK;
	return rc;
}

/* --- a key of ours that somebody else registered ------------------------- */

static bool has_no_token(struct bbk_setup *setup)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;

	return !setup->wish->token_file &&
	       bbk_token_configured(&setup->found.instance, setup->env,
				    &ignored) > 0;
}

bool bbk_setup_may_push(struct bbk_setup *setup)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	/* as the account may, which is another thing in each repository */
	bool any = setup->terms.target.scope == BBK_SCOPE_PERSONAL;
	char *command = command_for(setup, true);
	struct bbk_visit visit = {
		.auth = BBK_SSH_KEY, .key = setup->key.path,
		.agent = setup->key.agent, .command = command,
		.fingerprint = setup->key.facts.fingerprint,
	};
	bool may = any || (setup->found.sample &&
			   bbk_access_visit(&setup->access, setup->env, &visit,
					    &setup->answer, &ignored) == 0 &&
			   setup->answer.outcome == BBK_SSH_OK);

	free(command);
	return may;
}

static void try_ours(struct bbk_setup *setup)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;

	if (!setup->found.sample)
		return; /* a greeting says nothing of a project */
	setup->unasked = bbk_setup_observe_key(setup, &ignored) == 0 &&
			 setup->observed.key &&
			 bbk_setup_visit(setup, true, &ignored) == 0 &&
			 setup->checked && (!setup->wanted.write ||
					    bbk_setup_may_push(setup));
	setup->checked = false; /* it is looked at again, in its turn */
}

/* --- both --------------------------------------------------------------- */

/* Is an ssh URL's place one that the instance is known by? */
static bool is_known_place(const struct bbk_detected *found)
{
	const struct bbk_url *url = &found->url;

	return found->instance.ssh.len > 0 &&
	       (url->scheme != BBK_SSH ||
		bbk_instance_has_ssh(&found->instance, url->host, url->port));
}

/* Where only a person could judge the host key, REST comes first. */
static bool is_in_reach(struct bbk_setup *setup)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;

	return bbk_address_owner(&setup->found.address) &&
	       is_known_place(&setup->found) &&
	       (setup->found.ssh_host ||
		bbk_detect_offline(&setup->found, &ignored) == 0) &&
	       bbk_setup_open_access(setup, &ignored) == 0 &&
	       setup->access.pins.len;
}

int bbk_setup_look_first(struct bbk_setup *setup, struct bbk_err *err)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	bool own, ours;

	if (!is_in_reach(setup))
		return 0;
	own = bbk_setup_may_try_own(setup);
	/* who waits will see, unless it is there already */
	ours = (!setup->wish->wait || setup->record.key) &&
	       has_no_token(setup) &&
	       !bbk_secret_is_set(&setup->found.instance.rest.token);
	if (!own && !ours)
		return 0;
	if (!setup->found.instance.facts.fingerprints.len)
		bbk_detect_host_keys(&setup->found, setup->env, &setup->how);
	if (bbk_setup_open_access(setup, &ignored) < 0)
		return 0;
	if (bbk_setup_lock(setup, err) < 0)
		return -1;
	setup->tried_own = setup->tried_own || own;
	if ((!own || try_own(setup, &ignored) < 0 || !setup->own) && ours)
		try_ours(setup);
	bbk_lock_release(&setup->lock);
	return 0;
}

/* --- until it is there --------------------------------------------------- */

/* Where only its passphrase is missing, it is registered, too. */
static bool is_let_in(struct bbk_setup *setup)
{
	if (setup->checked)
		return !setup->wanted.write || bbk_setup_may_push(setup);
	return setup->key.agent && setup->answer.known &&
	       setup->answer.outcome == BBK_SSH_DENIED;
}

static int nobody_came(const struct bbk_setup *setup, struct bbk_err *err)
{
	BBK_AUTO(str) options = BBK_STR_INIT;
	char *again;

	bbk_str_add(&options, " --wait");
	bbk_shell_add_option(&options, "key", setup->wish->key);
	again = bbk_terms_again(&setup->terms, bbk_str_get(&options));
	bbk_err_set(err, BBK_E_DENIED, "nobody has registered the key %s "
		    "within an hour", setup->key.facts.fingerprint);
	bbk_err_hint(err, "go on whenever they have: %s", again);
	free(again);
	return -1;
}

static int watch(struct bbk_setup *setup, struct bbk_err *err)
{
	struct bbk_clock *clock = setup->env->clock;
	int64_t start = clock->now(clock);
	int64_t pause = PAUSE_FIRST_MS;

	for (;;) {
		int rc = bbk_setup_visit(setup, true, err);

		if (rc < 0 && err->class != BBK_E_NETWORK)
			return -1;
		bbk_err_release(err); /* an hour is long: it may come back */
		if (rc == 0 && is_let_in(setup))
			return 0;
		setup->waited_ms = clock->now(clock) - start;
		if (setup->waited_ms >= WAIT_MS)
			return nobody_came(setup, err);
		bbk_setup_begin(setup, BBK_STEP_VERIFY);
		clock->sleep(clock, pause);
		pause = pause < PAUSE_MAX_MS ? pause + PAUSE_FIRST_MS :
					       PAUSE_MAX_MS;
	}
}

int bbk_setup_wait(struct bbk_setup *setup, struct bbk_err *err)
{
	int rc;

	if (!setup->found.sample)
		return bbk_err_set(err, BBK_E_USAGE, "--wait needs the URL of "
						     "a repository");
	setup->waiting = true;
	setup->waited_ms = 0;
	bbk_setup_begin(setup, BBK_STEP_VERIFY);
	bbk_lock_release(&setup->lock);
	rc = watch(setup, err);
	setup->waiting = rc < 0;
	return rc < 0 ? -1 : bbk_setup_lock(setup, err);
}
