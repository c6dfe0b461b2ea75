#include "core/grant.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "core/grant_policy.h"
#include "core/key_name.h"

static void add_word(struct bbk_str *out, const char *text, const char *ends)
{
	size_t before = out->len;

	for (; *text && !strchr(ends, *text); text++)
		if (bbk_is_alnum(*text) || strchr("._-", *text))
			bbk_str_addc(out, *text);
	if (out->len == before)
		bbk_str_add(out, "unknown");
}

char *bbk_label_default(void)
{
	BBK_AUTO(str) label = BBK_STR_INIT;
	const struct passwd *pw = getpwuid(getuid());
	char host[256] = "";

	if (gethostname(host, sizeof(host) - 1) < 0)
		host[0] = '\0';
	bbk_str_add(&label, "bbkey ");
	add_word(&label, pw ? pw->pw_name : "", "");
	bbk_str_addc(&label, '@');
	add_word(&label, host, ".");
	return bbk_str_take(&label);
}

char *bbk_terms_again(const struct bbk_terms *terms, const char *options)
{
	return bbk_strf("git bbkey init%s%s%s%s%s", options,
			bbk_scope_option(terms->target.scope),
			terms->options ? terms->options : "",
			terms->url ? " " : "", terms->url ? terms->url : "");
}

void bbk_defaults_limit(struct bbk_defaults *defaults,
			const struct bbk_edition *edition,
			enum bbk_scope scope)
{
	if (bbk_edition_can_write(edition, scope))
		return;
	defaults->write = false;
	defaults->expires = 0; /* Cloud's access keys do neither */
}

int bbk_terms_check(const struct bbk_terms *terms,
		    const struct bbk_edition *edition, struct bbk_err *err)
{
	enum bbk_scope scope = terms->target.scope;

	if (terms->write && !bbk_edition_can_write(edition, scope)) {
		bbk_err_set(err, BBK_E_PERMISSION, "an access key of %s can "
			    "only read, and --write was wanted",
			    edition->name);
		return bbk_err_hint(err, "to push, register a key on your "
					 "account: git bbkey init --scope "
					 "personal%s%s", terms->url ? " " : "",
				    terms->url ? terms->url : "");
	}
	if (terms->expires && edition->is_cloud &&
	    scope != BBK_SCOPE_PERSONAL) {
		bbk_err_set(err, BBK_E_PERMISSION, "an access key of %s never "
			    "expires, and --expires was wanted",
			    edition->name);
		return bbk_err_hint(err, "only a key of your account can: "
					 "--scope personal");
	}
	return 0;
}

static int post(struct bbk_instance *instance, const struct bbk_terms *terms,
		const struct bbk_key *key, struct bbk_grant *grant,
		enum bbk_refusal *refusal, struct bbk_err *err)
{
	struct bbk_registration registration = {
		.text = key->line, .label = terms->label,
		.write = terms->write, .expires = terms->expires,
	};

	return instance->edition->grant_add(&instance->rest, &terms->target,
					    &registration, grant, refusal,
					    err);
}

static int belongs_elsewhere(const struct bbk_key *key,
			     const struct bbk_terms *terms, struct bbk_err *err)
{
	char *said = err->what;
	char *again = bbk_terms_again(terms, " --new-key");

	err->what = NULL;
	bbk_err_release(err);
	bbk_err_set(err, BBK_E_CONFLICT,
		    "the key %s belongs to an account or another place "
		    "already: %s", key->facts.fingerprint, said);
	free(said);
	bbk_err_hint(err, "use a key of its own for this: %s", again);
	free(again);
	return -1;
}

/* After a 409 or a lost answer: what does the server have? */
static int look_again(struct bbk_instance *instance,
		      const struct bbk_terms *terms, const struct bbk_key *key,
		      enum bbk_refusal refusal, struct bbk_grant *grant,
		      struct bbk_err *err)
{
	BBK_AUTO(err) why = BBK_ERR_INIT;
	int rc = bbk_grant_find(instance->edition, &instance->rest,
				&terms->target, key->public.blob, grant, &why);

	if (rc < 0 && !err->what) { /* else err says what the POST met */
		*err = why;
		why = (struct bbk_err)BBK_ERR_INIT;
	}
	if (rc < 0)
		return -1;
	if (rc > 0 && refusal == BBK_REFUSAL_EXISTS)
		return belongs_elsewhere(key, terms, err);
	bbk_err_release(err);
	if (rc > 0)
		return post(instance, terms, key, grant, &refusal, err);
	if (terms->write && !grant->write) {
		grant->write = true;
		return instance->edition->grant_set_write(
			&instance->rest, &terms->target, grant->id, err);
	}
	return 0;
}

/* An ed25519 key is not welcome here: RSA 4096 takes its place. */
static int make_rsa(const struct bbk_env *env, struct bbk_key_wish *wish,
		    struct bbk_key *key, struct bbk_err *err)
{
	BBK_AUTO(key) unwanted = BBK_KEY_INIT;
	char *name = bbk_key_name_typed(wish->name, BBK_KEY_RSA);
	int rc;

	bbk_err_release(err);
	unwanted = *key;
	*key = (struct bbk_key)BBK_KEY_INIT;
	wish->type = BBK_KEY_RSA;
	wish->name = name;
	rc = bbk_key_make(key, env, wish, err);
	wish->name = NULL;
	free(name);
	if (!rc && strcmp(unwanted.path, key->path) != 0)
		bbk_key_discard(&unwanted);
	return rc;
}

static void hint_at_account(const struct bbk_instance *instance,
			    const char *shown, const char *page,
			    struct bbk_err *err)
{
	const struct bbk_edition *edition = instance->edition;

	if (edition->is_cloud)
		bbk_err_hint(err, "use an %s with %s (%s); or add what is in "
				  "%s.pub to your account yourself, at %s, "
				  "then run this again", edition->token,
			     edition->token_rights[BBK_SCOPE_PERSONAL],
			     edition->token_page, shown, page);
	else
		bbk_err_hint(err, "add what is in %s.pub to your account "
				  "yourself, at %s, then run this again",
			     shown, page);
}

/*
 * Who may do it, and what else there is.  A hint that is there already names
 * the one thing that is wrong.
 */
static void hint_at_others(const struct bbk_instance *instance,
			   const struct bbk_terms *terms,
			   const struct bbk_env *env, const struct bbk_key *key,
			   struct bbk_err *err)
{
	enum bbk_scope scope = terms->target.scope;
	const char *what = scope == BBK_SCOPE_REPO ? "repository" : "project";
	const struct bbk_edition *edition = instance->edition;
	char *page = edition->keys_page(instance->base, &terms->target);
	char *shown = bbk_path_shown(key->path, env->paths.home);

	if (scope == BBK_SCOPE_PERSONAL)
		hint_at_account(instance, shown, page, err);
	else
		bbk_err_hint(err, "run: %s, and send what it writes to an "
				  "admin of the %s, who adds the key at %s; or "
				  "use an %s of such an admin, with %s; or "
				  "try: git bbkey init --scope %s%s%s%s",
			     terms->request ? terms->request :
					      "git bbkey request",
			     what, page ? page : "its settings",
			     edition->token, edition->token_rights[scope],
			     scope == BBK_SCOPE_PROJECT ? "repo" : "personal",
			     terms->url ? " " : "",
			     terms->url ? terms->url : "",
			     scope == BBK_SCOPE_PROJECT ?
				     " (this repository alone), or with "
				     "--scope personal (your own account)" :
				     " (your own account)");
	free(page);
	free(shown);
}

static int explain(struct bbk_instance *instance,
		   const struct bbk_terms *terms, const struct bbk_env *env,
		   const struct bbk_key *key, struct bbk_err *err)
{
	const struct bbk_target *target = &terms->target;

	if (err->class == BBK_E_PERMISSION && !err->hint)
		hint_at_others(instance, terms, env, key, err);
	if (target->scope == BBK_SCOPE_PERSONAL)
		return bbk_err_wrap(err, "cannot register the key on your "
					 "account");
	if (target->scope == BBK_SCOPE_REPO)
		return bbk_err_wrap(err, "cannot register the key on "
					 "repository '%s/%s'",
				    target->workspace ? target->workspace :
							target->project,
				    target->repo);
	return bbk_err_wrap(err, "cannot register the key on project '%s'",
			    target->project);
}

int bbk_grant_look(struct bbk_instance *instance, const struct bbk_env *env,
		   const struct bbk_terms *terms, const struct bbk_key *key,
		   struct bbk_grant *grant, struct bbk_err *err)
{
	int rc = bbk_grant_find(instance->edition, &instance->rest,
				&terms->target, key->public.blob, grant, err);

	return rc < 0 ? explain(instance, terms, env, key, err) : rc;
}

int bbk_grant_make(struct bbk_instance *instance, const struct bbk_env *env,
		   const struct bbk_terms *terms, struct bbk_key_wish *wish,
		   struct bbk_key *key, struct bbk_grant *grant,
		   struct bbk_err *err)
{
	enum bbk_refusal refusal = BBK_REFUSAL_OTHER;
	struct bbk_terms limited;
	int rc = post(instance, terms, key, grant, &refusal, err);

	if (rc < 0 && refusal == BBK_REFUSAL_KEY_TYPE && !wish->path &&
	    wish->type != BBK_KEY_RSA) {
		rc = make_rsa(env, wish, key, err);
		if (!rc && key->fresh)
			rc = post(instance, terms, key, grant, &refusal, err);
		else if (!rc) /* it may be there, with more than we want */
			rc = look_again(instance, terms, key,
					BBK_REFUSAL_UNSURE, grant, err);
	}
	if (rc < 0 &&
	    bbk_grant_limit(instance, terms, refusal, &limited, err)) {
		terms = &limited;
		rc = post(instance, terms, key, grant, &refusal, err);
	}
	if (rc < 0 && (refusal == BBK_REFUSAL_EXISTS ||
		       refusal == BBK_REFUSAL_UNSURE))
		rc = look_again(instance, terms, key, refusal, grant, err);
	if (rc < 0 && err->class == BBK_E_SERVER && !err->hint &&
	    refusal != BBK_REFUSAL_UNSURE)
		bbk_err_hint(err, "if your admin limits the life of keys, try "
				  "--expires <days>; if their type, "
				  "--key-type <type>");
	return rc < 0 ? explain(instance, terms, env, key, err) : 0;
}

int bbk_grant_ensure(struct bbk_instance *instance, const struct bbk_env *env,
		     const struct bbk_terms *terms, struct bbk_key_wish *wish,
		     struct bbk_key *key, struct bbk_grant *grant,
		     enum bbk_granted *done, struct bbk_err *err)
{
	int rc = 1;

	*done = BBK_GRANT_MADE;
	if (!key->fresh)
		rc = bbk_grant_look(instance, env, terms, key, grant, err);
	if (rc > 0)
		return bbk_grant_make(instance, env, terms, wish, key, grant,
				      err);
	if (rc < 0)
		return -1;
	*done = BBK_GRANT_WAS_THERE;
	if (!terms->write || grant->write)
		return 0;
	*done = BBK_GRANT_UPGRADED;
	rc = instance->edition->grant_set_write(&instance->rest,
						&terms->target, grant->id,
						err);
	grant->write = rc == 0;
	return rc;
}
