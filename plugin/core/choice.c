#include "core/choice.h"

#include <stdlib.h>

#include "base/text.h"

/* --- without a terminal ------------------------------------------------- */

char *bbk_choice_options(const struct bbk_setup *setup)
{
	BBK_AUTO(str) out = BBK_STR_INIT;
	const struct bbk_wish *wish = setup->wish;

	if (wish->has_permission && wish->write)
		bbk_str_add(&out, " --write");
	bbk_shell_add_option(&out, "label", wish->label);
	if (wish->expires)
		bbk_str_addf(&out, " --expires %ld", wish->expires);
	bbk_shell_add_option(&out, "remote", wish->remote);
	bbk_shell_add_option(&out, "base", wish->base);
	return bbk_str_take(&out);
}

static void add_key(struct bbk_str *out, const struct bbk_wish *wish)
{
	bbk_shell_add_option(out, "key", wish->key);
	if (wish->has_key_type)
		bbk_shell_add_option(out, "key-type",
				     bbk_key_type_word(wish->key_type));
	if (wish->new_key)
		bbk_str_add(out, " --new-key");
}

char *bbk_choice_request(const struct bbk_setup *setup)
{
	BBK_AUTO(str) out = BBK_STR_INIT;
	const struct bbk_wish *wish = setup->wish;
	enum bbk_scope scope = setup->terms.target.scope;
	char *options = bbk_choice_options(setup);

	bbk_str_add(&out, "git bbkey request");
	if (wish->has_scope || scope != BBK_SCOPE_PROJECT)
		bbk_str_addf(&out, " --scope %s", bbk_scope_word(scope));
	add_key(&out, wish);
	bbk_str_addf(&out, "%s%s", setup->wanted.write &&
				   !(wish->has_permission && wish->write) ?
			     " --write" : "", options);
	free(options);
	if (wish->url) {
		bbk_str_addc(&out, ' ');
		bbk_url_add_user(&out, &setup->found.url);
	}
	return bbk_str_take(&out);
}

/*
 * What to run when the key is there.  Only a token, or the person, can say
 * where the ssh of a Data Center is: a remote's URL says it for nobody.
 */
static char *next_command(const struct bbk_setup *setup)
{
	const struct bbk_detected *found = &setup->found;
	BBK_AUTO(str) out = BBK_STR_INIT;
	bool ssh = found->url.scheme == BBK_SSH;

	if (found->instance.edition->is_cloud || found->instance.ssh.len ||
	    (ssh && setup->how.from_person))
		return bbk_strdup("this again");
	bbk_str_addf(&out, "git bbkey init --scope %s --base %s ",
		     bbk_scope_word(setup->terms.target.scope),
		     found->instance.base);
	if (ssh)
		bbk_url_add_user(&out, &found->url);
	else
		bbk_str_add(&out, "<the SSH URL that Bitbucket shows under "
				  "Clone>");
	if (!ssh && setup->remote) {
		char *remote = bbk_shell_quoted(setup->remote);

		bbk_str_addf(&out, " and git remote set-url %s <that URL>",
			     remote);
		free(remote);
	}
	return bbk_str_take(&out);
}

int bbk_choice_hint(const struct bbk_setup *setup, struct bbk_err *err)
{
	const struct bbk_instance *instance = &setup->found.instance;
	const struct bbk_edition *edition = instance->edition;
	enum bbk_scope scope = setup->terms.target.scope;
	char *request = bbk_choice_request(setup);
	char *again = next_command(setup);

	bbk_err_hint(err, "without a token, run: %s; %s, then run %s; with one "
			  "(an %s with %s: %s), run: git bbkey login %s, or "
			  "give it in BBKEY_TOKEN, with BBKEY_URL=%s%s, or by "
			  "--token-file <file>",
		     request, scope == BBK_SCOPE_PERSONAL ?
			     "add the key to your account as it says" :
			     "send what it writes to an admin", again,
		     edition->token, edition->token_rights[scope],
		     edition->token_page, instance->base, instance->base,
		     edition->is_cloud ?
			     " and BBKEY_USER=<e-mail>" : "");
	free(again);
	free(request);
	return -1;
}

/* --- afterwards --------------------------------------------------------- */

/* "project PROJ", "repository acme/app" */
static char *place_of(const struct bbk_setup *setup, enum bbk_scope scope)
{
	const struct bbk_detected *found = &setup->found;

	if (scope == BBK_SCOPE_PROJECT && found->project)
		return bbk_strf("project %s", found->project);
	if (scope == BBK_SCOPE_PERSONAL)
		return bbk_strdup("your account");
	if (!found->repo)
		return bbk_strdup("the project");
	return bbk_strf("%s %s/%s", scope == BBK_SCOPE_REPO ? "repository" :
				    "the project of",
			bbk_detected_owner(found), found->repo);
}

size_t bbk_choices_after(const struct bbk_setup *setup,
			const struct bbk_err *err,
			enum bbk_choice left[BBK_CHOICES_MAX])
{
	enum bbk_scope scope = setup->terms.target.scope;
	bool no_token = setup->found.instance.no_token;
	size_t n = 0;

	if (!bbk_address_owner(&setup->found.address) ||
	    !setup->found.ssh_host ||
	    !setup->found.sample || /* nothing to wait for */
	    !(setup->refused || (err->class == BBK_E_AUTH && no_token)))
		return 0;
	if (scope != BBK_SCOPE_PERSONAL)
		left[n++] = BBK_CHOICE_REQUEST;
	if (!no_token && scope == BBK_SCOPE_PROJECT && setup->found.repo)
		left[n++] = BBK_CHOICE_REPO;
	if (!no_token && scope != BBK_SCOPE_PERSONAL)
		left[n++] = BBK_CHOICE_PERSONAL;
	else
		left[n++] = BBK_CHOICE_PASTE;
	left[n++] = BBK_CHOICE_STOP;
	return n;
}

static void add_choice(struct bbk_strv *choices, enum bbk_choice choice,
		       const struct bbk_setup *setup)
{
	char *repo = place_of(setup, BBK_SCOPE_REPO);

	switch (choice) {
	case BBK_CHOICE_REQUEST:
		bbk_strv_add(choices, "write a request for an admin, and wait "
				      "until it is done");
		break;
	case BBK_CHOICE_REPO:
		bbk_strv_addf(choices, "try %s alone (for its admins)", repo);
		break;
	case BBK_CHOICE_PERSONAL:
		bbk_strv_add(choices, "register it on your own account: it "
				      "may do what you may");
		break;
	case BBK_CHOICE_PASTE:
		bbk_strv_add(choices, "add it to your own account on a web "
				      "page, and wait for that");
		break;
	case BBK_CHOICE_STOP:
		bbk_strv_add(choices, "stop here");
		break;
	}
	free(repo);
}

int bbk_choice_ask(const struct bbk_setup *setup, const struct bbk_err *why,
		     enum bbk_choice *chosen, struct bbk_err *err)
{
	BBK_AUTO(strv) choices = BBK_STRV_INIT;
	struct bbk_term *term = setup->env->term;
	enum bbk_choice left[BBK_CHOICES_MAX];
	size_t n = bbk_choices_after(setup, why, left), i = 0;
	char *place = place_of(setup, setup->terms.target.scope);
	char *question = bbk_strf(setup->found.instance.no_token ?
		"Without a token no key can be put on %s from here. What now?" :
		"You may not put this machine's key on %s. What now?", place);
	BBK_AUTO(str) folded = BBK_STR_INIT;
	int rc = 0;

	*chosen = BBK_CHOICE_STOP;
	for (size_t k = 0; k < n; k++)
		add_choice(&choices, left[k], setup);
	if (n && term->can_ask(term)) {
		bbk_fold(&folded, question, 0);
		rc = term->choose(term, bbk_str_get(&folded), &choices, &i,
				  err);
		*chosen = rc < 0 ? BBK_CHOICE_STOP : left[i];
	}
	free(question);
	free(place);
	return rc;
}

/* --- before ------------------------------------------------------------- */

static bool has_said(const struct bbk_setup *setup)
{
	const struct bbk_wish *wish = setup->wish;

	return wish->has_scope || wish->has_permission || wish->dry_run ||
	       setup->record.key ||
	       bbk_instance_setting(&setup->found.instance, setup->env,
				    "scope");
}

int bbk_choice_to_push(struct bbk_setup *setup, struct bbk_err *err)
{
	const struct bbk_edition *edition = setup->found.instance.edition;
	const struct bbk_wish *wish = setup->wish;
	struct bbk_term *term = setup->env->term;
	char *question;
	int yes;

	if (!wish->write || wish->has_scope || wish->dry_run ||
	    !bbk_address_owner(&setup->found.address) ||
	    bbk_edition_can_write(edition, setup->terms.target.scope) ||
	    !term->can_ask(term))
		return 0;
	question = bbk_strf("An access key of %s can only read.\n"
			    "Register a key on your own account instead, which "
			    "may do what you may?", edition->name);
	yes = term->confirm(term, question, true, err);
	free(question);
	if (yes > 0)
		setup->terms.target.scope = BBK_SCOPE_PERSONAL;
	return yes < 0 ? -1 : 0;
}

int bbk_choice_of_purpose(struct bbk_setup *setup, struct bbk_err *err)
{
	static const enum bbk_scope scopes[] = {
		BBK_SCOPE_PROJECT, BBK_SCOPE_REPO, BBK_SCOPE_PERSONAL };
	BBK_AUTO(strv) choices = BBK_STRV_INIT;
	struct bbk_term *term = setup->env->term;
	const struct bbk_address *address = &setup->found.address;
	size_t chosen = 0;
	char *question;
	int rc;

	if (!address->workspace || !address->repo || has_said(setup) ||
	    !term->can_ask(term))
		return 0;
	question = bbk_strf("What is this machine to do with %s/%s?",
			    address->workspace, address->repo);
	bbk_strv_addl(&choices,
		      "read it, and the rest of its project: an access key "
		      "(no Git LFS)",
		      "read it alone: an access key of the repository (no Git "
		      "LFS)",
		      "read and push, as you: a key of your account", NULL);
	rc = term->choose(term, question, &choices, &chosen, err);
	free(question);
	if (rc < 0)
		return -1;
	setup->terms.target.scope = scopes[chosen];
	return 0;
}
