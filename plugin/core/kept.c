#include "core/kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/cloud.h"
#include "git/credential.h"
#include "store/login.h"

/* Data Center has no such name: it serves there as well as any. */
#define NOBODY BBK_CLOUD_ACCESS_TOKEN_USER
#define FOR_GIT BBK_CLOUD_API_TOKEN_USER

/* One credential that the helpers have. */
struct kept {
	struct bbk_url url;
	char *name;
	char *user; /* for REST */
	struct bbk_secret secret;
};

#define KEPT_INIT { BBK_URL_INIT, NULL, NULL, BBK_SECRET_INIT }

static void kept_release(struct kept *kept)
{
	bbk_url_release(&kept->url);
	free(kept->name);
	free(kept->user);
	bbk_secret_release(&kept->secret);
}

#define AUTO_KEPT __attribute__((cleanup(kept_release))) struct kept

void bbk_forgotten_release(struct bbk_forgotten *forgotten)
{
	free(forgotten->name);
	free(forgotten->other);
	*forgotten = (struct bbk_forgotten)BBK_FORGOTTEN_INIT;
}

static void set_place(struct bbk_url *place, const struct bbk_url *base,
		      bool apart)
{
	char *host;

	bbk_url_copy(place, base);
	if (!apart)
		return;
	host = bbk_strf("%s.bbkey.invalid", base->host);
	bbk_replace(&place->host, host);
	free(host);
}

static bool has_mark(const struct bbk_secret *secret, const char *mark)
{
	char *own = bbk_secret_mark(secret);
	bool same = !strcmp(own, mark);

	free(own);
	return same;
}

/* --- finding ------------------------------------------------------------ */

/* Fills secret and name.  1: there is none, in this place and of this name. */
static int look(struct kept *kept, const char *name, struct bbk_err *err)
{
	char *found = NULL;
	int rc = bbk_credential_fill(&kept->url, name, &kept->secret, &found,
				     err);

	if (!rc) {
		free(kept->name);
		kept->name = found && *found ? found : NULL;
		found = NULL;
	}
	free(found);
	return rc;
}

/* What login stored and nobody has replaced since.  1: nothing is. */
static int look_for_noted(struct kept *kept,
			  const struct bbk_instance *instance,
			  const struct bbk_env *env, struct bbk_err *err)
{
	BBK_AUTO(login_note) note = BBK_LOGIN_NOTE_INIT;
	int rc = bbk_login_note_read(&note, env->paths.state, &instance->url,
				     err);

	if (rc)
		return rc;
	set_place(&kept->url, &instance->url, note.apart);
	rc = look(kept, note.name, err);
	if (!rc && !has_mark(&kept->secret, note.mark)) {
		bbk_secret_release(&kept->secret);
		rc = 1;
	}
	if (!rc)
		bbk_replace(&kept->user, note.user);
	return rc;
}

static bool is_mail(const char *user)
{
	return user && strchr(user, '@');
}

/* What git itself keeps for Cloud: for git alone, or an app password. */
static bool is_for_git(const struct bbk_rest *rest, const char *name)
{
	return rest->cloud && name && !is_mail(name) &&
	       strcmp(name, NOBODY) != 0;
}

/*
 * What somebody else put there: with the name it is kept under.  An API token
 * that is kept for git does, too, where it is known whose it is.
 */
static int look_for_any(struct kept *kept, struct bbk_instance *instance,
			struct bbk_err *err)
{
	const struct bbk_rest *rest = &instance->rest;
	int rc;

	set_place(&kept->url, &instance->url, false);
	rc = look(kept, rest->user, err);
	if (!rc)
		bbk_replace(&kept->user, kept->name ? kept->name : rest->user);
	if (rc > 0 && rest->cloud && is_mail(rest->user)) {
		rc = look(kept, FOR_GIT, err);
		if (!rc)
			bbk_replace(&kept->user, rest->user);
	}
	if (!rc && is_for_git(rest, kept->user)) {
		bbk_secret_release(&kept->secret);
		instance->has_git_token = true;
		rc = 1;
	}
	if (!rc && bbk_same(kept->user, NOBODY))
		bbk_replace(&kept->user, NULL);
	return rc;
}

static int find(struct kept *kept, struct bbk_instance *instance,
		const struct bbk_env *env, struct bbk_err *err)
{
	int rc = look_for_noted(kept, instance, env, err);

	return rc > 0 ? look_for_any(kept, instance, err) : rc;
}

int bbk_kept_find(struct bbk_instance *instance, const struct bbk_env *env,
		  struct bbk_err *err)
{
	AUTO_KEPT kept = KEPT_INIT;
	struct bbk_rest *rest = &instance->rest;
	int rc = find(&kept, instance, env, err);

	if (rc)
		return rc;
	bbk_secret_move(&rest->token, &kept.secret);
	bbk_replace(&rest->user, kept.user);
	bbk_replace(&rest->token_source, "git's credential helper");
	return 0;
}

/* --- storing ------------------------------------------------------------ */

static void describe(struct bbk_login_note *note,
		     const struct bbk_instance *instance, const char *account)
{
	const struct bbk_rest *rest = &instance->rest;

	note->mark = bbk_secret_mark(&rest->token);
	note->user = rest->user ? bbk_strdup(rest->user) : NULL;
	if (rest->cloud)
		note->name = bbk_strdup(rest->user ? FOR_GIT : NOBODY);
	else if (rest->user || account)
		note->name = bbk_strdup(rest->user ? rest->user : account);
	else
		note->name = bbk_strdup(NOBODY);
	note->apart = !rest->cloud && !rest->user && !account;
}

/* The one before, where it is kept under another name: nobody would find it. */
static int reject_older(const struct bbk_login_note *note,
			const struct bbk_instance *instance,
			const struct bbk_env *env, struct bbk_err *err)
{
	BBK_AUTO(login_note) older = BBK_LOGIN_NOTE_INIT;
	AUTO_KEPT kept = KEPT_INIT;
	int rc = bbk_login_note_read(&older, env->paths.state, &instance->url,
				     err);

	if (rc || (!strcmp(older.name, note->name) &&
		   older.apart == note->apart))
		return rc < 0 ? -1 : 0;
	rc = look_for_noted(&kept, instance, env, err);
	if (rc)
		return rc < 0 ? -1 : 0;
	return bbk_credential_reject(&kept.url, older.name, err);
}

static bool is_same(const struct bbk_secret *a, const struct bbk_secret *b)
{
	return !strcmp(bbk_secret_bytes(a), bbk_secret_bytes(b));
}

/* Is another one there, which somebody else has put there? */
static int is_taken(struct kept *there, const struct bbk_login_note *note,
		    const struct bbk_instance *instance,
		    const struct bbk_env *env, struct bbk_err *err)
{
	BBK_AUTO(login_note) older = BBK_LOGIN_NOTE_INIT;
	int rc = look(there, note->name, err);

	if (rc)
		return rc < 0 ? -1 : 0;
	if (bbk_login_note_read(&older, env->paths.state, &instance->url,
				err) < 0)
		return -1;
	return !is_same(&there->secret, &instance->rest.token) &&
	       !(older.mark && has_mark(&there->secret, older.mark));
}

int bbk_kept_store(struct bbk_instance *instance, const struct bbk_env *env,
		   const char *account, struct bbk_stored *stored,
		   struct bbk_err *err)
{
	BBK_AUTO(login_note) note = BBK_LOGIN_NOTE_INIT;
	AUTO_KEPT kept = KEPT_INIT;
	int taken, rc;

	describe(&note, instance, account);
	set_place(&kept.url, &instance->url, note.apart);
	taken = is_taken(&kept, &note, instance, env, err);
	if (taken < 0 ||
	    bbk_credential_approve(&kept.url, note.name,
				   &instance->rest.token, err) < 0)
		return -1;
	rc = look(&kept, note.name, err);
	if (!rc && !is_same(&kept.secret, &instance->rest.token))
		rc = 1;
	if (rc)
		return rc;
	if (reject_older(&note, instance, env, err) < 0 ||
	    bbk_login_note_save(&note, env->paths.state, &instance->url,
				err) < 0)
		return -1;
	stored->apart = note.apart;
	stored->replaced = taken;
	return 0;
}

/* --- forgetting --------------------------------------------------------- */

static int reject(const struct kept *kept, struct bbk_err *err)
{
	AUTO_KEPT left = KEPT_INIT;
	int rc = bbk_credential_reject(&kept->url, kept->name, err);

	if (rc < 0)
		return -1;
	bbk_url_copy(&left.url, &kept->url);
	rc = look(&left, kept->name, err);
	if (rc)
		return rc < 0 ? -1 : 0;
	bbk_err_set(err, BBK_E_LOCAL, "one of git's credential helpers has "
		    "the token still: it does not forget what it is told to");
	return bbk_err_hint(err, "take it out by hand: git config --get-all "
				 "credential.helper says which ones there are");
}

int bbk_kept_forget(struct bbk_instance *instance, const struct bbk_env *env,
		    bool dry_run, struct bbk_forgotten *forgotten,
		    struct bbk_err *err)
{
	AUTO_KEPT kept = KEPT_INIT;
	AUTO_KEPT other = KEPT_INIT;
	int rc;

	bbk_replace(&instance->rest.user,
		    bbk_instance_setting(instance, env, "user"));
	rc = find(&kept, instance, env, err);
	if (!rc && !dry_run)
		rc = reject(&kept, err);
	if (rc < 0)
		return -1;
	if (!rc)
		bbk_replace(&forgotten->name, kept.name);
	if (!dry_run) {
		bbk_login_note_forget(env->paths.state, &instance->url);
		bbk_instance_user_forget(env->paths.state, &instance->url);
		set_place(&other.url, &instance->url, false);
		rc = look(&other, NULL, err);
	}
	if (!dry_run && !rc)
		bbk_replace(&forgotten->other, other.name);
	return rc < 0 ? -1 : 0;
}

void bbk_kept_refused(struct bbk_instance *instance, const struct bbk_env *env)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	AUTO_KEPT kept = KEPT_INIT;
	const struct bbk_rest *rest = &instance->rest;

	if (find(&kept, instance, env, &ignored) != 0 ||
	    !bbk_same(kept.user, rest->user) ||
	    !is_same(&kept.secret, &rest->token) ||
	    bbk_credential_reject(&kept.url, kept.name, &ignored) < 0)
		return;
	bbk_login_note_forget(env->paths.state, &instance->url);
	bbk_instance_user_forget(env->paths.state, &instance->url);
}
