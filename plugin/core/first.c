#include "core/ensure_parts.h"

#include <stdlib.h>
#include <string.h>

#include "bitbucket/datacenter.h"
#include "core/token.h"
#include "store/first.h"

/*
 * One connection: the host key, and whether the person's own keys do.
 * 1: they do.
 */
static int meet_server(struct bbk_ensuring *e, struct bbk_err *err)
{
	BBK_AUTO(ssh_answer) answer = BBK_SSH_ANSWER_INIT;
	bool own = bbk_access_has_own_keys(&e->access, e->env);
	char *command = bbk_ensuring_command(e, false);
	struct bbk_visit visit = {
		.auth = own ? BBK_SSH_OWN : BBK_SSH_NOBODY,
		.command = own ? command : NULL,
		.may_ask = !e->wish->submodule && !e->wish->batch,
	};
	int rc = bbk_access_visit(&e->access, e->env, &visit, &answer, err);

	free(command);
	if (rc < 0)
		return -1;
	e->old_rsa = own && answer.outcome == BBK_SSH_DENIED && answer.old_rsa;
	e->own_is_locked = own && answer.outcome == BBK_SSH_DENIED &&
			   answer.known;
	return own && answer.outcome == BBK_SSH_OK;
}

static int get_leave(struct bbk_ensuring *e, struct bbk_err *err)
{
	char *question = e->workspace ?
		bbk_strf("git-bbkey: set up SSH access to %s/%s on %s?",
			 e->workspace, e->wish->repo, e->instance.url.host) :
		bbk_strf("git-bbkey: set up SSH access to project %s on %s?",
			 e->project, e->instance.url.host);
	int rc = bbk_ensuring_get_leave(e, question, err);

	free(question);
	return rc;
}

/* The published fingerprint, where no enrolment on this machine read it. */
static int fetch_pins(struct bbk_ensuring *e, struct bbk_err *err)
{
	BBK_AUTO(dc_settings) settings = BBK_DC_SETTINGS_INIT;

	if (e->instance.edition->is_cloud)
		return 0; /* a stand-in that published none */
	if (bbk_dc_settings(&e->instance.rest, &settings, err) < 0)
		return -1;
	bbk_access_pin_published(&e->access, settings.algorithm,
				 settings.fingerprint);
	return 0;
}

void bbk_ensuring_say_registered(struct bbk_ensuring *e)
{
	char *place = bbk_ensuring_place(e);

	if (e->terms.target.scope == BBK_SCOPE_PERSONAL)
		e->talk = bbk_strf("git-bbkey: key registered on %s", place);
	else
		e->talk = bbk_strf("git-bbkey: %skey registered on %s, %s "
				   "access", e->old_rsa ? "your RSA key is of "
				   "no use there (it takes only SHA-1); new "
				   : "", place,
				   e->grant.write ? "write" : "read");
	free(place);
}

/* "alice@bitbucket.org" is for keys of that account: reference, pains 8. */
static bool is_for_account(const struct bbk_ensuring *e)
{
	return e->place.user && e->instance.edition->is_cloud &&
	       e->terms.target.scope != BBK_SCOPE_PERSONAL;
}

/* --- one after the other ---------------------------------------------- */

static int meet_and_register(struct bbk_ensuring *e, struct bbk_err *err)
{
	int rc = meet_server(e, err);

	if (rc < 0 && (e->access.hostkey == BBK_HOSTKEY_CHANGED ||
		       e->access.refused))
		e->result = BBK_ENSURED_STOP;
	if (rc < 0)
		return -1;
	if (rc > 0) {
		e->result = BBK_ENSURED_READY;
		return bbk_ensuring_remember(e, true, err);
	}
	if (e->own_is_locked || is_for_account(e))
		return 0; /* ssh will ask for it: plain is right */
	rc = get_leave(e, err);
	if (rc)
		return rc < 0 ? -1 : 0;
	if (bbk_ensuring_find_or_make_key(e, err) < 0 ||
	    bbk_ensuring_register(e, err) < 0 ||
	    bbk_ensuring_remember(e, false, err) < 0)
		return -1;
	bbk_ensuring_say_registered(e);
	e->result = BBK_ENSURED_FRESH;
	return 0;
}

/* --- side by side with git's own ssh ---------------------------------- */

static int enlist(void *arg, struct bbk_err *err)
{
	return bbk_ensuring_register(arg, err);
}

static void make_offer(struct bbk_ensuring *e)
{
	struct bbk_record record = { .key = e->key.path,
				     .agent = e->key.agent,
				     .known_hosts = e->access.known_hosts };

	e->wish->offer->make(e->wish->offer, &record, &e->access.pins);
}

static int finish_offer(struct bbk_ensuring *e,
			const struct bbk_meeting *meeting,
			struct bbk_err *err)
{
	e->wish->offer->go(e->wish->offer);
	e->result = BBK_ENSURED_GONE;
	bbk_ensuring_say_registered(e);
	if (bbk_access_note_pinned(&e->access, e->env, &meeting->seen,
				   err) < 0 ||
	    bbk_ensuring_remember(e, false, err) < 0)
		return -1;
	bbk_access_prepare_first(&e->access, e->env, &e->instance, &e->key);
	return 0;
}

/* Nothing was sent: no trace of it stays behind. */
static void forget_key(struct bbk_ensuring *e)
{
	bbk_key_discard(&e->key);
	bbk_key_release(&e->key);
}

static int register_beside(struct bbk_ensuring *e, struct bbk_err *err)
{
	BBK_AUTO(meeting) meeting = BBK_MEETING_INIT;
	int rc = get_leave(e, err);

	meeting.offer = e->wish->offer;
	meeting.pins = &e->access.pins;
	if (rc)
		return rc < 0 ? -1 : 0;
	if (bbk_ensuring_find_or_make_key(e, err) < 0)
		return -1;
	make_offer(e);
	rc = bbk_meeting_enlist(&meeting, &e->instance.rest, enlist, e, err);
	if (meeting.met == BBK_MET_PINNED) {
		if (!rc)
			rc = finish_offer(e, &meeting, err);
	} else if (meeting.met == BBK_MET_ANOTHER) {
		bbk_err_release(err); /* it says no more than that */
		forget_key(e);
		rc = meet_and_register(e, err);
	} else if (meeting.met == BBK_MET_NOBODY) {
		bbk_err_release(err);
		forget_key(e);
		e->result = BBK_ENSURED_GONE;
		rc = meeting.offer->said ?
			bbk_access_judge(&e->access, meeting.offer->said, err) :
			0;
	} else {
		forget_key(e);
	}
	return rc;
}

/* Only the host key is to be seen, and git's ssh can see to that. */
static bool can_go_beside(const struct bbk_ensuring *e)
{
	return e->wish->offer && bbk_access_can_meet(&e->access) &&
	       !bbk_access_has_own_keys(&e->access, e->env);
}

int bbk_ensuring_first(struct bbk_ensuring *e, struct bbk_err *err)
{
	int rc;

	if (!e->access.pins.len) {
		rc = get_leave(e, err);
		if (rc || (rc = fetch_pins(e, err)))
			return rc < 0 ? -1 : 0;
	}
	if (can_go_beside(e) && !is_for_account(e))
		return register_beside(e, err);
	bbk_first_forget(e->env->paths.state, e->place.host, e->place.port);
	return meet_and_register(e, err);
}
