#include "core/helper.h"

#include <stdlib.h>
#include <string.h>

#include "base/cloud.h"
#include "bitbucket/account.h"
#include "core/instance.h"
#include "core/token.h"
#include "git/credential.h"
#include "store/negative.h"

void bbk_answer_release(struct bbk_answer *answer)
{
	bbk_secret_release(&answer->token);
	free(answer->user);
	answer->user = NULL;
}

/* The instance that the request is about.  1: none of ours. */
static int find(struct bbk_instance *instance, struct bbk_env *env,
		const struct bbk_request *request, struct bbk_err *err)
{
	BBK_AUTO(url) url = BBK_URL_INIT;

	if (!bbk_request_url(request, &url))
		return 1;
	return url.path[0] ? bbk_instance_of_https(instance, env, &url, err) :
			     bbk_instance_of_origin(instance, env, &url, err);
}

/*
 * The server's name for the token, NULL if it has none.  A server that cannot
 * be asked is no fault of the token: git will say what is wrong there.
 */
static int ask_server(struct bbk_instance *instance, struct bbk_env *env,
		      struct bbk_instance_user *known, struct bbk_err *err)
{
	BBK_AUTO(err) failure = BBK_ERR_INIT;
	char *name = NULL;

	if (bbk_account_of_token(&instance->rest, &name, &failure) < 0) {
		if (failure.class != BBK_E_AUTH)
			return 1;
		*err = failure;
		failure = (struct bbk_err)BBK_ERR_INIT;
		return -1;
	}
	free(known->name);
	known->name = name;
	if (bbk_instance_user_save(known, env->paths.state, &instance->url,
				   &failure) < 0)
		bbk_err_release(&failure); /* the next one asks again */
	return 0;
}

/* 0: *user is the name of the token's account; 1: it has none. */
static int find_user(struct bbk_instance *instance, struct bbk_env *env,
		     char **user, struct bbk_err *err)
{
	BBK_AUTO(instance_user) known = BBK_INSTANCE_USER_INIT;
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	char *mark = bbk_secret_mark(&instance->rest.token);
	int rc = bbk_instance_user_read(&known, env->paths.state,
					&instance->url, &ignored);

	if (rc || strcmp(known.mark, mark) != 0) {
		bbk_replace(&known.mark, mark);
		rc = ask_server(instance, env, &known, err);
	}
	free(mark);
	if (rc)
		return rc;
	*user = known.name;
	known.name = NULL;
	return *user ? 0 : 1;
}

static int check_user(const struct bbk_instance *instance, const char *user,
		      struct bbk_err *err)
{
	for (const char *c = user; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return bbk_err_set(err, BBK_E_AUTH,
					   "the user name for %s has a control "
					   "character", instance->base);
	return 0;
}

/*
 * What git says over https is not what REST takes: an API token goes with the
 * Bitbucket user name, or a literal, and never with the e-mail address; an
 * access token with another literal (reference 2.4).
 */
static int choose_user_of_cloud(const struct bbk_rest *rest,
				const struct bbk_request *request, char **user)
{
	const char *wanted = request->username && *request->username &&
			     !strchr(request->username, '@') ?
		request->username : NULL;

	if (rest->user) {
		bbk_replace(user, wanted ? wanted :
					   BBK_CLOUD_API_TOKEN_USER);
		return 0;
	}
	bbk_replace(user, BBK_CLOUD_ACCESS_TOKEN_USER);
	return wanted && strcmp(wanted, *user) != 0;
}

static int choose_user(struct bbk_instance *instance, struct bbk_env *env,
		       const struct bbk_request *request, char **user,
		       struct bbk_err *err)
{
	const char *given = instance->rest.user;
	int rc;

	if (instance->edition->is_cloud)
		return choose_user_of_cloud(&instance->rest, request, user);

	if (given) {
		bbk_replace(user, given);
		return check_user(instance, given, err);
	}
	if (request->authtype)
		return 0;
	rc = find_user(instance, env, user, err);
	if (!rc && request->username && *request->username &&
	    !bbk_same_nocase(request->username, *user))
		return 1;
	return rc;
}

/* So that the next time not even this program is started. */
static void note_no_token(struct bbk_env *env,
			  const struct bbk_instance *instance)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(instance) only = BBK_INSTANCE_INIT;

	/* another one of that host may have a token */
	if (bbk_instance_of_origin(&only, env, &instance->url, &ignored) == 0)
		bbk_negative_note_lack(BBK_LACKS_TOKEN, env->paths.state,
				       instance->url.host, instance->url.port);
}

int bbk_helper_get(struct bbk_env *env, const struct bbk_request *request,
		   struct bbk_answer *answer, struct bbk_err *err)
{
	BBK_AUTO(instance) instance = BBK_INSTANCE_INIT;
	char *user = NULL;
	int rc = find(&instance, env, request, err);

	if (!rc) {
		rc = bbk_token_configured(&instance, env, err);
		if (rc > 0)
			note_no_token(env, &instance);
	}
	if (!rc)
		rc = choose_user(&instance, env, request, &user, err);
	if (rc) {
		free(user);
		return rc < 0 ? rc : 0;
	}
	bbk_secret_move(&answer->token, &instance.rest.token);
	free(answer->user);
	answer->user = user;
	return 0;
}

static bool is_token(const struct bbk_instance *instance, const char *text)
{
	return text && bbk_secret_is_set(&instance->rest.token) &&
	       !strcmp(bbk_secret_bytes(&instance->rest.token), text);
}

/* 1: not for others to know. */
static int find_foreign(struct bbk_instance *instance, struct bbk_env *env,
			const struct bbk_request *request, struct bbk_err *err)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	int rc = find(instance, env, request, err);

	if (rc)
		return rc;
	if (bbk_token_configured(instance, env, &ignored) != 0)
		return 0; /* `get` has said what is wrong with it */
	return is_token(instance, request->password) ||
	       is_token(instance, request->credential);
}

int bbk_helper_store(struct bbk_env *env, const struct bbk_request *request,
		     struct bbk_err *err)
{
	BBK_AUTO(instance) instance = BBK_INSTANCE_INIT;
	int rc = find_foreign(&instance, env, request, err);

	if (rc)
		return rc < 0 ? rc : 0;
	return bbk_credential_pass_on("approve", request->text, err);
}

int bbk_helper_erase(struct bbk_env *env, const struct bbk_request *request,
		     struct bbk_err *err)
{
	BBK_AUTO(instance) instance = BBK_INSTANCE_INIT;
	int rc = find_foreign(&instance, env, request, err);

	if (rc >= 0 && instance.base)
		bbk_instance_user_forget(env->paths.state, &instance.url);
	if (rc)
		return rc < 0 ? rc : 0;
	return bbk_credential_pass_on("reject", request->text, err);
}
