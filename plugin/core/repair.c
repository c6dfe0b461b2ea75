#include "core/ensure_parts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "core/token.h"

/* What a workspace has on record is tried first for each of its projects. */
static bool was_but_a_try(const struct bbk_ensuring *e)
{
	return e->workspace && e->record.level == BBK_LEVEL_OWNER;
}

/* Does the server mean it?  ssh's words alone may be anybody's. */
static int ask_server(struct bbk_ensuring *e, enum bbk_ssh_outcome *outcome,
		      struct bbk_err *err)
{
	BBK_AUTO(ssh_answer) answer = BBK_SSH_ANSWER_INIT;
	char *command = bbk_ensuring_command(e, false);
	struct bbk_visit visit = {
		.auth = BBK_SSH_KEY, .key = e->record.key,
		.agent = e->record.agent, .command = command,
	};
	int rc = bbk_access_visit(&e->access, e->env, &visit, &answer, err);

	free(command);
	*outcome = answer.outcome;
	e->old_rsa = answer.outcome == BBK_SSH_DENIED && answer.old_rsa;
	/* a wreck looks the same to ssh, which has its public half */
	if (!rc && answer.outcome == BBK_SSH_DENIED && answer.known &&
	    e->key.agent)
		e->own_is_locked = true; /* a passphrase is all it wants */
	return rc;
}

/* The command that registers a key where the one on record is. */
static int hint_at_init(const struct bbk_ensuring *e, const char *why,
			struct bbk_err *err)
{
	char *again = bbk_terms_again(&e->terms, "");

	bbk_err_hint(err, "%s: %s", why, again);
	free(again);
	return -1;
}

static int not_allowed(struct bbk_ensuring *e, bool denied,
		       struct bbk_err *err)
{
	char *place;

	if (e->wish->submodule)
		return 0;
	if (!denied) {
		bbk_err_set(err, BBK_E_DENIED, "the key of this machine opens "
			    "no repository '%s' in %s '%s'",
			    e->wish->repo, e->workspace ? "workspace" :
			    "project", bbk_ensuring_owner(e));
		if (!e->workspace)
			return hint_at_init(e, "check the URL: git remote -v; "
					    "if it is right, the key has lost "
					    "its place", err);
		return bbk_err_hint(err, "check the URL; if it is right, it is "
				    "in a project that the key is not "
				    "registered on: git bbkey init %s, or git "
				    "bbkey request %s", e->terms.url,
				    e->terms.url);
	}
	place = bbk_ensuring_place(e);
	bbk_err_set(err, BBK_E_DENIED, "Bitbucket no longer accepts the key of "
		    "this machine for %s", place);
	free(place);
	return hint_at_init(e, "it was revoked, or has expired; to register "
			    "it again, run here", err);
}

/* 1: no leave. */
static int get_leave(struct bbk_ensuring *e, struct bbk_err *err)
{
	char *place = bbk_ensuring_place(e);
	char *question = was_but_a_try(e) ?
		bbk_strf("git-bbkey: set up SSH access to %s?", place) :
		bbk_strf("git-bbkey: Bitbucket no longer accepts the key of "
			 "this machine\nfor %s.  Register it again?", place);
	int rc = bbk_ensuring_get_leave(e, question, err);

	free(question);
	free(place);
	return rc;
}

/* "Repository not found" is what is said of a typing error, too. */
static int check_repository(struct bbk_ensuring *e, struct bbk_err *err)
{
	BBK_AUTO(repository) repo = BBK_REPOSITORY_INIT;

	if (e->instance.edition->repository(&e->instance.rest,
					    bbk_ensuring_owner(e),
					    e->wish->repo, &repo, err) == 0) {
		bbk_replace(&e->project, repo.project);
		e->terms.target.project = e->project;
		return 0;
	}
	if (err->class != BBK_E_PERMISSION)
		return -1;
	bbk_err_release(err);
	bbk_err_set(err, BBK_E_DENIED, "there is no repository '%s' in %s "
		    "'%s', or you may not see it", e->wish->repo,
		    e->workspace ? "workspace" : "project",
		    bbk_ensuring_owner(e));
	return bbk_err_hint(err, "check the URL; in a clone, 'git remote -v' "
			    "shows it");
}

int bbk_ensuring_doubt(struct bbk_ensuring *e, struct bbk_err *err)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;

	e->result = BBK_ENSURED_READY;
	if (e->instance.automatic == BBK_AUTO_NEVER ||
	    bbk_token_get(&e->instance, e->env, NULL, false, &ignored) < 0 ||
	    check_repository(e, err) == 0)
		return 0;
	if (err->class == BBK_E_DENIED) {
		e->result = BBK_ENSURED_OVER;
		return -1;
	}
	bbk_err_release(err); /* who knows */
	return 0;
}

/* Its last hour is not known: a key that is refused on its last day is over. */
static bool is_over(const char *date)
{
	int64_t days;

	return bbk_date_left(date, &days) == 0 && days <= 0;
}

/*
 * The key on record; none, where its files are gone, or a wreck of ours.  One
 * that ssh did not even read is not the server's fault, nor for it to mend.
 */
static int find_key(struct bbk_ensuring *e, struct bbk_err *err)
{
	struct bbk_key_wish recorded = e->key_wish;

	bbk_key_wish_recorded(&recorded, e->env, e->record.key);
	if (recorded.path && access(recorded.path, F_OK) < 0)
		return 0;
	return bbk_key_find(&e->key, e->env, &recorded, err) < 0 ? -1 : 0;
}

static enum bbk_key_type type_of(const struct bbk_key *key)
{
	static const enum bbk_key_type types[] = { BBK_KEY_ECDSA, BBK_KEY_RSA,
						   BBK_KEY_ED25519_SK };

	for (size_t i = 0; i < BBK_ARRAY_LEN(types); i++)
		if (bbk_same_nocase(bbk_key_type_word(types[i]),
				    key->facts.word))
			return types[i];
	return BBK_KEY_ED25519;
}

/*
 * A key whose time is over: another one takes its name, so that each record
 * that points there comes to it by itself.
 */
static int replace_key(struct bbk_ensuring *e, struct bbk_err *err)
{
	BBK_AUTO(grant) old = BBK_GRANT_INIT;
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	int rc;

	if (bbk_key_retire(&e->key, e->env, err) < 0)
		return -1;
	bbk_replace(&e->key_name, strrchr(e->key.path, '/') + 1);
	e->key_wish.name = e->key_name;
	e->key_wish.type = type_of(&e->key);
	old = e->grant;
	e->grant = (struct bbk_grant)BBK_GRANT_INIT;
	bbk_key_release(&e->key);
	rc = bbk_ensuring_find_or_make_key(e, err);
	if (!rc)
		rc = bbk_ensuring_register(e, err);
	if (!rc) /* best effort: it opens nothing any more */
		(void)!bbk_grant_remove(e->instance.edition, &e->instance.rest,
					&e->terms.target, old.id, &ignored);
	return rc;
}

static int still_refused(struct bbk_ensuring *e, bool denied,
			 struct bbk_err *err)
{
	char *place = bbk_ensuring_place(e);
	char *again = bbk_terms_again(&e->terms, " --new-key");

	bbk_err_set(err, BBK_E_DENIED, "the key of this machine is registered "
		    "on %s, and is %s all the same", place,
		    denied ? "not accepted" : "not let in");
	free(place);
	bbk_err_hint(err, "a new key may help: %s; else ask your Bitbucket "
			  "admin", again);
	free(again);
	return -1;
}

static void say_again(struct bbk_ensuring *e, bool replaced)
{
	char *place;

	if (was_but_a_try(e) && !replaced) {
		bbk_ensuring_say_registered(e);
		return;
	}
	place = bbk_ensuring_place(e);

	e->talk = replaced ?
		bbk_strf("git-bbkey: the key had expired; a new one is "
			 "registered on %s", place) :
		bbk_strf("git-bbkey: the key was no longer registered on %s; "
			 "now it is again", place);
	free(place);
}

static int register_again(struct bbk_ensuring *e, bool denied,
			  struct bbk_err *err)
{
	bool expired = false;
	int rc;

	if ((!e->key.line && bbk_ensuring_find_or_make_key(e, err) < 0) ||
	    bbk_ensuring_aim(e, err) < 0)
		return -1;
	rc = e->key.fresh ? 1 :
	     bbk_grant_look(&e->instance, e->env, &e->terms, &e->key,
			    &e->grant, err);
	if (rc == 0) {
		expired = denied && is_over(e->grant.expires);
		if (!expired)
			return still_refused(e, denied, err);
		rc = replace_key(e, err);
	} else if (rc > 0) {
		rc = bbk_grant_make(&e->instance, e->env, &e->terms,
				    &e->key_wish, &e->key, &e->grant, err);
	}
	if (rc < 0 || bbk_ensuring_remember(e, false, err) < 0)
		return -1;
	say_again(e, expired);
	e->result = BBK_ENSURED_FRESH;
	return 0;
}

int bbk_ensuring_repair(struct bbk_ensuring *e, struct bbk_err *err)
{
	enum bbk_ssh_outcome outcome;
	bool denied;
	int rc;

	/* the person's own keys did it, and do no more */
	if (!e->record.key || e->record.own)
		return bbk_ensuring_first(e, err);
	if (find_key(e, err) < 0 || ask_server(e, &outcome, err) < 0)
		return -1;
	if (e->old_rsa)
		return bbk_access_refuse_rsa(&e->access, err);
	if (e->own_is_locked)
		return 0;
	if (outcome == BBK_SSH_OK) {
		e->result = BBK_ENSURED_READY;
		return 0;
	}
	denied = outcome == BBK_SSH_DENIED;
	rc = get_leave(e, err);
	if (rc)
		return rc < 0 ? -1 : not_allowed(e, denied, err);
	if (!denied && check_repository(e, err) < 0)
		return -1;
	return register_again(e, denied, err);
}
