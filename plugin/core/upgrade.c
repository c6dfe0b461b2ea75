#include "core/ensure_parts.h"

#include <stdlib.h>

#include "core/token.h"

/* 1: the person's own keys may push. */
static int try_own_keys(struct bbk_ensuring *e, struct bbk_err *err)
{
	BBK_AUTO(ssh_answer) answer = BBK_SSH_ANSWER_INIT;
	char *command = bbk_ensuring_command(e, true);
	struct bbk_visit visit = { .auth = BBK_SSH_OWN, .command = command };
	int rc = 0;

	if (bbk_access_has_own_keys(&e->access, e->env)) {
		rc = bbk_access_visit(&e->access, e->env, &visit, &answer, err);
		if (!rc)
			rc = answer.outcome == BBK_SSH_OK;
	}
	free(command);
	return rc;
}

static bool can_upgrade(const struct bbk_ensuring *e)
{
	return bbk_edition_can_write(e->instance.edition, e->record.scope);
}

static int refuse(struct bbk_ensuring *e, struct bbk_err *err)
{
	char *place = bbk_ensuring_place(e);

	bbk_err_set(err, BBK_E_PERMISSION, "the key of this machine may read "
		    "%s, but not push to it", place);
	free(place);
	if (!can_upgrade(e))
		return bbk_err_hint(err, "an access key of %s can only read; "
				    "to push, have a key on your account: git "
				    "bbkey init --scope personal",
				    e->instance.edition->name);
	return bbk_err_hint(err, "to let it push, run here: git bbkey init "
				 "%s--write",
			    e->record.scope == BBK_SCOPE_REPO ?
				    "--scope repo " : "");
}

/* Configured, or asked for.  1: no. */
static int get_leave(struct bbk_ensuring *e, struct bbk_err *err)
{
	char *place, *question;
	bool configured = e->terms.write && !e->wish->submodule &&
			  e->instance.automatic != BBK_AUTO_NEVER;
	int rc;

	if (configured)
		return bbk_token_get(&e->instance, e->env, NULL,
				     !e->wish->batch, err);
	place = bbk_ensuring_place(e);
	question = bbk_strf("git-bbkey: the key of this machine may only read "
			    "%s.\nLet it push, too?", place);
	rc = bbk_ensuring_ask(e, question, err);
	free(question);
	free(place);
	if (rc <= 0)
		return rc < 0 ? -1 : 1;
	return bbk_token_get(&e->instance, e->env, NULL, true, err);
}

static int let_it_write(struct bbk_ensuring *e, struct bbk_err *err)
{
	struct bbk_key_wish recorded = { .path = e->record.key };
	char *place;

	e->terms.write = true;
	bbk_ensuring_name_request(e);
	if (bbk_key_find(&e->key, e->env, &recorded, err) < 0 ||
	    bbk_ensuring_register(e, err) < 0 ||
	    bbk_ensuring_remember(e, false, err) < 0)
		return -1;
	place = bbk_ensuring_place(e);
	e->talk = bbk_strf("git-bbkey: the key may push to %s now", place);
	free(place);
	return 0;
}

static int upgrade(struct bbk_ensuring *e, struct bbk_err *err)
{
	int rc = try_own_keys(e, err);

	if (rc < 0)
		return -1;
	if (rc > 0) {
		e->record.own_push = true;
		return bbk_record_save(&e->record, e->env->paths.state,
				       &e->place, err);
	}
	if (e->record.own_push) { /* they do no more */
		e->record.own_push = false;
		if (bbk_record_save(&e->record, e->env->paths.state,
				    &e->place, err) < 0)
			return -1;
	}
	rc = can_upgrade(e) ? get_leave(e, err) : 1;
	if (rc)
		return rc < 0 ? -1 : refuse(e, err);
	return let_it_write(e, err);
}

int bbk_ensuring_upgrade(struct bbk_ensuring *e, struct bbk_err *err)
{
	if (!e->record.key || e->record.write) {
		e->result = BBK_ENSURED_READY; /* somebody was faster */
		return 0;
	}
	if (upgrade(e, err) < 0) {
		e->result = BBK_ENSURED_STOP;
		return -1;
	}
	e->result = BBK_ENSURED_READY;
	return 0;
}
