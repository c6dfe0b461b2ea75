#include "core/survey.h"

#include <stdlib.h>

#include "ssh/keygen.h"
#include "ssh/survey.h"

void bbk_known_keys_release(struct bbk_known_keys *known)
{
	for (size_t i = 0; i < known->len; i++) {
		free(known->keys[i].path);
		free(known->keys[i].comment);
		free(known->keys[i].fingerprint);
	}
	free(known->keys);
	*known = (struct bbk_known_keys)BBK_KNOWN_KEYS_INIT;
}

/* IdentityFile names a private key, or, for one in the agent, the public. */
static void add_identity(struct bbk_survey *survey, const char *path)
{
	char *public = bbk_ends(path, ".pub") ? bbk_strdup(path) :
						bbk_strf("%s.pub", path);

	bbk_survey_add_file(survey, public);
	free(public);
}

/* A server hears of so many only: those that ssh would offer come first. */
static void collect(struct bbk_survey *survey, const struct bbk_access *access,
		    const struct bbk_env *env)
{
	BBK_AUTO(strv) files = BBK_STRV_INIT;
	BBK_AUTO(str) keys = BBK_STR_INIT;

	for (size_t i = 0; i < access->identities.len; i++)
		add_identity(survey, access->identities.v[i]);
	env->ssh->agent_keys(env->ssh, &keys);
	bbk_survey_add_agent(survey, &keys);
	bbk_public_keys(env->paths.ssh, &files);
	for (size_t i = 0; i < files.len; i++)
		bbk_survey_add_file(survey, files.v[i]);
}

static char *fingerprint_of(const struct bbk_survey_key *key)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(key_facts) facts = BBK_KEY_FACTS_INIT;
	char *line = bbk_survey_key_line(key);
	char *fingerprint = NULL;

	if (bbk_keygen_describe(line, &facts, &ignored) == 0)
		bbk_replace(&fingerprint, facts.fingerprint);
	free(line);
	return fingerprint;
}

static void keep_known(struct bbk_known_keys *known,
		       const struct bbk_survey *survey)
{
	known->asked = true;
	known->keys = bbk_alloc((survey->len + 1) * sizeof(*known->keys));
	for (size_t i = 0; i < survey->len; i++) {
		const struct bbk_survey_key *key = &survey->keys[i];
		struct bbk_known_key *kept = &known->keys[known->len];

		if (!key->known)
			continue;
		bbk_replace(&kept->path, key->path);
		bbk_replace(&kept->comment, key->comment ? key->comment : "");
		kept->fingerprint = fingerprint_of(key);
		kept->agent = key->comment != NULL;
		known->len++;
	}
}

int bbk_known_keys_find(struct bbk_known_keys *known,
			const struct bbk_access *access, unsigned port,
			const struct bbk_env *env, struct bbk_err *err)
{
	BBK_AUTO(survey) survey = BBK_SURVEY_INIT;
	struct bbk_survey_host host = {
		.host = access->host, .port = port, .user = access->user,
		.fingerprint = access->fingerprint, .pins = &access->pins,
	};

	if (access->hostkey != BBK_HOSTKEY_VERIFIED || !access->host ||
	    !host.fingerprint || !bbk_begins(host.fingerprint, "SHA256:"))
		return bbk_err_set(err, BBK_E_HOSTKEY,
				   "the host key is not verified");
	collect(&survey, access, env);
	if (bbk_survey_run(&survey, &host, err) < 0)
		return -1;
	bbk_known_keys_release(known);
	keep_known(known, &survey);
	return 0;
}
