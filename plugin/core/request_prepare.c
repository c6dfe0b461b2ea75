#include "core/request_prepare.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/detect_cloud.h"
#include "core/grant.h"
#include "core/key_name.h"
#include "core/remember.h"
#include "core/remote.h"
#include "core/token.h"
#include "store/lock.h"
#include "store/record.h"

#define LOCK_MS 20000
#define LABEL_MAX 255
#define LINE_MAX_CHARS 16384
#define MARK "bbkey "

void bbk_prepared_release(struct bbk_prepared *prepared)
{
	bbk_detected_release(&prepared->found);
	bbk_key_release(&prepared->key);
	bbk_str_release(&prepared->api);
	free(prepared->project);
	free(prepared->label);
	free(prepared->line);
	free(prepared->machine);
	free(prepared->page);
	free(prepared->instead);
	free(prepared->next);
	*prepared = (struct bbk_prepared)BBK_PREPARED_INIT;
}

/* --- which instance, which project --------------------------------------- */

static int nowhere(struct bbk_err *err)
{
	bbk_err_set(err, BBK_E_USAGE,
		    "this is not a git repository, and no URL was given");
	return bbk_err_hint(err, "run: git bbkey request <url of the "
				 "repository or project>");
}

static int detect(struct bbk_prepared *prepared, struct bbk_env *env,
		  const struct bbk_wish *wish, struct bbk_err *err)
{
	struct bbk_detect_wish how = { .url = wish->url, .from_person = true,
				       .base = wish->base };
	char *remote = NULL, *url = NULL;
	int rc = 0;

	if (!how.url) {
		rc = bbk_remote_choose(wish->remote, &remote, &url, err);
		how.from_person = rc > 0;
		prepared->request.here = rc == 0;
		how.url = rc > 0 && !wish->remote ? wish->base : url;
		rc = rc < 0 ? -1 : how.url ? 0 : nowhere(err);
	}
	if (!rc)
		rc = bbk_detect_instance(&prepared->found, env, &how, err);
	free(remote);
	free(url);
	return rc;
}

static int check_target(const struct bbk_prepared *prepared,
			struct bbk_err *err)
{
	const struct bbk_address *address = &prepared->found.address;
	enum bbk_scope scope = prepared->request.scope;

	if (scope == BBK_SCOPE_PERSONAL)
		return 0;
	if (scope == BBK_SCOPE_REPO && !address->repo)
		return bbk_err_set(err, BBK_E_USAGE, "--scope repo needs the "
						     "URL of a repository");
	if (bbk_address_owner(address))
		return 0;
	bbk_err_set(err, BBK_E_USAGE, "this URL names no project to ask for");
	return bbk_err_hint(err, "give the URL of the repository or project");
}

/* Options first, then bbkey.<base>.*, then the defaults. */
static int settle(struct bbk_prepared *prepared, struct bbk_env *env,
		  const struct bbk_wish *wish, enum bbk_key_type *type,
		  struct bbk_err *err)
{
	struct bbk_access_request *request = &prepared->request;
	struct bbk_defaults defaults;

	if (bbk_instance_defaults(&prepared->found.instance, env, &defaults,
				  err) < 0)
		return -1;
	request->scope = wish->has_scope ? wish->scope : defaults.scope;
	bbk_defaults_limit(&defaults, prepared->found.instance.edition,
			   request->scope);
	request->write = wish->has_permission ? wish->write : defaults.write;
	request->expires = wish->expires ? wish->expires : defaults.expires;
	*type = wish->has_key_type ? wish->key_type : defaults.key_type;
	return check_target(prepared, err);
}

/* --- which key ----------------------------------------------------------- */

/* The one that a record of the place says, whatever its name. */
static int find_recorded(struct bbk_prepared *prepared, struct bbk_env *env,
			 struct bbk_record *record, struct bbk_err *err)
{
	struct bbk_detected *found = &prepared->found;
	struct bbk_place place;

	if (!found->instance.ssh.len || !bbk_address_owner(&found->address))
		return 0;
	if (bbk_detect_offline(found, err) < 0)
		return -1;
	place = bbk_detected_place(found);
	if (bbk_record_find(record, env->paths.state, &place, err) < 0)
		return -1;
	bbk_record_forget_own(record);
	return 0;
}

static int find_or_make(struct bbk_prepared *prepared, struct bbk_env *env,
			const struct bbk_key_wish *key_wish, bool dry_run,
			struct bbk_err *err)
{
	BBK_AUTO(lock) lock = BBK_LOCK_INIT;
	int rc = bbk_key_find(&prepared->key, env, key_wish, err);

	if (rc <= 0 || dry_run)
		return rc < 0 ? -1 : 0;
	/* it looks again: another process may have been first */
	return bbk_lock_take(&lock, env->paths.state, env->clock, LOCK_MS,
			     err) < 0 ?
		-1 : bbk_key_make(&prepared->key, env, key_wish, err);
}

static int choose_key(struct bbk_prepared *prepared, struct bbk_env *env,
		      const struct bbk_wish *wish, enum bbk_key_type type,
		      struct bbk_err *err)
{
	BBK_AUTO(record) record = BBK_RECORD_INIT;
	const struct bbk_detected *found = &prepared->found;
	char *place = wish->new_key ?
		bbk_key_place(&found->address, prepared->request.scope) : NULL;
	char *name = bbk_key_name(&found->instance, prepared->request.scope,
				  place, type);
	struct bbk_key_wish key_wish = {
		.path = wish->key, .name = name, .type = type,
		.comment = bbk_begins(prepared->label, MARK) ?
			prepared->label : "bbkey key",
		.passphrase = wish->passphrase,
	};
	int rc = find_recorded(prepared, env, &record, err);

	free(place);
	/* of another scope: an access key cannot be an account's key as well */
	if (record.key && record.scope == prepared->request.scope &&
	    !wish->key && !wish->new_key && !wish->has_key_type)
		bbk_key_wish_recorded(&key_wish, env, record.key);
	if (!rc && wish->new_key) {
		char *next = bbk_key_name_next(name, record.key,
					       record.expires);

		free(name);
		key_wish.name = name = next;
	}
	if (!rc)
		rc = find_or_make(prepared, env, &key_wish, wish->dry_run,
				  err);
	free(name);
	return rc;
}

/* --- what is said -------------------------------------------------------- */

static char *scrubbed(const char *text, size_t max)
{
	BBK_AUTO(str) out = BBK_STR_INIT;

	bbk_scrub(&out, text, strlen(text), max);
	return bbk_str_take(&out);
}

/*
 * As it was given: who has no token may need the ssh place that is in it.  In a
 * repository it is the remote, which is switched over, too.
 */
static void add_place(struct bbk_str *out, const struct bbk_prepared *prepared,
		      const struct bbk_wish *wish)
{
	const struct bbk_url *url = &prepared->found.url;
	bool unknown = prepared->no_ssh;

	if (!prepared->found.instance.enrolled &&
	    (url->scheme == BBK_SSH || prepared->request.here || unknown))
		bbk_shell_add_option(out, "base", prepared->request.base);
	if (wish->remote && !unknown)
		bbk_shell_add_option(out, "remote", wish->remote);
	if (prepared->request.here && !unknown)
		return;
	bbk_str_addc(out, ' ');
	if (unknown && url->scheme != BBK_SSH)
		bbk_str_add(out, "<the SSH URL that Bitbucket shows under "
				 "Clone>");
	else if (prepared->found.address.repo)
		bbk_url_add_user(out, url);
	else /* it is a repository that ssh can be tried with */
		bbk_str_add(out, "<clone URL of a repository in it>");
}

/* The same wish, to be carried out once the key is there. */
static char *next_command(const struct bbk_prepared *prepared,
			  const struct bbk_wish *wish)
{
	BBK_AUTO(str) out = BBK_STR_INIT;

	bbk_str_addf(&out, "git bbkey init --wait --scope %s",
		     bbk_scope_word(prepared->request.scope));
	if (wish->has_permission)
		bbk_str_add(&out, wish->write ? " --write" : " --read");
	if (wish->label)
		bbk_shell_add_option(&out, "label", prepared->label);
	if (wish->expires)
		bbk_str_addf(&out, " --expires %ld", wish->expires);
	if (wish->key)
		bbk_shell_add_option(&out, "key", prepared->key.path);
	if (wish->has_key_type)
		bbk_shell_add_option(&out, "key-type",
				     bbk_key_type_word(wish->key_type));
	if (wish->new_key)
		bbk_str_add(&out, " --new-key");
	add_place(&out, prepared, wish);
	return bbk_str_take(&out);
}

/*
 * Which project a repository of Cloud is in, where a token is at hand that may
 * read it.  Without one the request says "the project of this repository".
 */
static void find_project(struct bbk_prepared *prepared, struct bbk_env *env)
{
	const struct bbk_address *address = &prepared->found.address;

	if (prepared->request.scope == BBK_SCOPE_PROJECT &&
	    address->workspace && !address->project)
		prepared->project = bbk_detect_cloud_project(
			&prepared->found.instance, env, address->workspace,
			address->repo);
}

static void fill_place(struct bbk_prepared *prepared)
{
	struct bbk_access_request *request = &prepared->request;
	const struct bbk_instance *instance = &prepared->found.instance;
	struct bbk_target target = { .scope = request->scope };

	bbk_url_add(&prepared->api, &instance->rest.api);
	request->edition = instance->edition->word;
	request->base = instance->base;
	request->api = bbk_str_get(&prepared->api);
	if (request->scope != BBK_SCOPE_PERSONAL)
		request->workspace = target.workspace =
			prepared->found.address.workspace;
	if (request->scope != BBK_SCOPE_PERSONAL)
		request->project = target.project = prepared->project;
	if (request->scope == BBK_SCOPE_REPO ||
	    (request->workspace && !request->project))
		request->repo = target.repo = prepared->found.address.repo;
	prepared->page = instance->edition->keys_page(instance->base,
						      &target);
	request->page = prepared->page;
	prepared->instead = request->repo && request->workspace ?
		bbk_strf("%s/%s/%s", instance->base, request->workspace,
			 request->repo) : bbk_strdup(instance->base);
	request->instead = prepared->instead;
}

/* A token could ask; else a person has to say it: core/setup.c. */
static bool lacks_ssh(const struct bbk_prepared *prepared, struct bbk_env *env)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(instance) asked = BBK_INSTANCE_INIT;
	const struct bbk_instance *instance = &prepared->found.instance;

	if (instance->edition->is_cloud || instance->ssh.len ||
	    (prepared->found.url.scheme == BBK_SSH && !prepared->request.here))
		return false;
	return bbk_instance_open(&asked, env, &instance->url, &ignored) < 0 ||
	       bbk_token_configured(&asked, env, &ignored) > 0;
}

static void fill_key(struct bbk_prepared *prepared,
		     const struct bbk_wish *wish)
{
	struct bbk_access_request *request = &prepared->request;
	const struct bbk_key *key = &prepared->key;

	if (!key->line)
		return;
	/* the comment of a person's own key may hold anything */
	prepared->line = scrubbed(key->line, LINE_MAX_CHARS);
	prepared->next = next_command(prepared, wish);
	request->line = prepared->line;
	request->fingerprint = key->facts.fingerprint;
	request->key_word = key->facts.word;
	request->next = prepared->next;
}

static void fill_names(struct bbk_prepared *prepared,
		       const struct bbk_wish *wish)
{
	const struct bbk_address *address = &prepared->found.address;
	char *usual = bbk_label_default();

	prepared->project = address->project ?
		bbk_project_key(address->project) : NULL;
	prepared->label = scrubbed(wish->label ? wish->label : usual,
				   LABEL_MAX);
	prepared->machine = bbk_strdup(usual + strlen(MARK));
	prepared->request.label = prepared->label;
	prepared->request.machine = prepared->machine;
	free(usual);
}

int bbk_access_request_prepare(struct bbk_env *env,
			       const struct bbk_wish *wish,
			       struct bbk_prepared *prepared,
			       struct bbk_err *err)
{
	enum bbk_key_type type = BBK_KEY_ED25519;

	if (wish->passphrase && !wish->dry_run &&
	    !env->term->can_ask(env->term))
		return bbk_err_set(err, BBK_E_USAGE,
				   "--passphrase needs a terminal");
	if (detect(prepared, env, wish, err) < 0 ||
	    settle(prepared, env, wish, &type, err) < 0)
		return -1;
	fill_names(prepared, wish);
	find_project(prepared, env);
	fill_place(prepared);
	if (bbk_access_request_check(&prepared->request, err) < 0 ||
	    choose_key(prepared, env, wish, type, err) < 0)
		return -1;
	prepared->no_ssh = lacks_ssh(prepared, env);
	fill_key(prepared, wish);
	return 0;
}
