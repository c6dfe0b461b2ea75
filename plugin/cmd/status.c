#include "core/status.h"

#include <stdlib.h>
#include <string.h>

#include "base/cloud.h"
#include "base/file.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/lfs.h"
#include "cmd/screen.h"
#include "cmd/setup_options.h"
#include "cmd/usage.h"
#include "store/expiry.h"

struct arguments {
	const char *remote;
	bool offline;
	bool exit_code;
};

#define FIELD(name) offsetof(struct arguments, name)

static const struct bbk_option status_options[] = {
	{ "remote", BBK_OPTION_STRING, FIELD(remote), "<name>",
	  "the remote to look at (default: origin)", NULL },
	{ "offline", BBK_OPTION_FLAG, FIELD(offline), NULL,
	  "make no connection at all", NULL },
	{ "exit-code", BBK_OPTION_FLAG, FIELD(exit_code), NULL,
	  "end with 1 when this is not ready", NULL },
	{ .name = NULL },
};

#undef FIELD

/* The transport picks by repository, then by what it is in, then at all. */
static const char *level_word(const struct bbk_record *record)
{
	switch (record->level) {
	case BBK_LEVEL_REPO:
		return "repository";
	case BBK_LEVEL_OWNER:
		return record->workspace ? "workspace" : "project";
	default:
		return "instance";
	}
}

/* --- JSON, as the contract has it --------------------------------------- */

static struct json_t *json_remote(const struct bbk_status *status)
{
	struct json_t *part = bbk_json_new_object();

	bbk_json_put_string(part, "name", status->remote);
	bbk_json_put_string(part, "url", status->remote_url);
	return part;
}

static struct json_t *json_instance(const struct bbk_status *status)
{
	const struct bbk_instance *instance = &status->found.instance;
	struct json_t *part = bbk_json_new_object();

	bbk_json_put_string(part, "base_url", instance->base);
	bbk_json_put_string(part, "edition",
			    status->enrolled ? instance->edition->word : NULL);
	bbk_json_put_string(part, "release", instance->facts.release);
	return part;
}

static struct json_t *json_target(const struct bbk_status *status)
{
	const struct bbk_detected *found = &status->found;
	struct json_t *part = bbk_json_new_object();

	if (found->address.workspace)
		bbk_json_put_string(part, "workspace",
				    found->address.workspace);
	bbk_json_put_string(part, "project", found->project ?
			    found->project : found->address.project);
	bbk_json_put_string(part, "repo", found->address.repo);
	return part;
}

static struct json_t *json_key(const struct bbk_status *status)
{
	const struct bbk_key *key = &status->key;
	struct json_t *part = bbk_json_new_object();

	bbk_json_put_string(part, "path", status->record.key);
	bbk_json_put_key(part, &key->public, &key->facts);
	bbk_json_put_string(part, "expires", status->record.expires);
	return part;
}

static struct json_t *json_grants(const struct bbk_status *status)
{
	const struct bbk_record *record = &status->record;
	struct json_t *grants = bbk_json_new_array();
	struct json_t *part;

	if (!status->on_record || !record->key)
		return grants;
	part = bbk_json_new_object();
	bbk_json_put_string(part, "scope", bbk_scope_word(record->scope));
	bbk_json_put_string(part, "id", record->id);
	bbk_json_put_string(part, "permission",
			    record->write ? "write" : "read");
	bbk_json_put_string(part, "label", record->label);
	bbk_json_put_string(part, "expires", record->expires);
	bbk_json_put_string(part, "chosen_by", level_word(record));
	bbk_json_append(grants, part);
	return grants;
}

static struct json_t *json_host_key(const struct bbk_status *status)
{
	const struct bbk_access *access = &status->access;
	struct json_t *part = bbk_json_new_object();

	bbk_json_put_string(part, "state",
			    bbk_hostkey_state_word(access->hostkey));
	bbk_json_put_string(part, "fingerprint", access->fingerprint);
	bbk_json_put_string(part, "source", access->source);
	return part;
}

static struct json_t *json_ssh(const struct bbk_status *status)
{
	struct json_t *part = bbk_json_new_object();

	bbk_json_put_string(part, "state", bbk_ssh_state_word(status->ssh));
	bbk_json_put_string(part, "access", status->ssh_access);
	if (status->ssh == BBK_SSH_STATE_SKIPPED)
		bbk_json_put_null(part, "milliseconds");
	else
		bbk_json_put_int(part, "milliseconds", status->milliseconds);
	return part;
}

static struct json_t *json_known_keys(const struct bbk_status *status)
{
	struct json_t *keys = bbk_json_new_array();

	for (size_t i = 0; i < status->known.len; i++) {
		const struct bbk_known_key *key = &status->known.keys[i];
		struct json_t *part = bbk_json_new_object();

		bbk_json_put_string(part, "path", key->path);
		bbk_json_put_string(part, "fingerprint", key->fingerprint);
		bbk_json_put_bool(part, "agent", key->agent);
		bbk_json_append(keys, part);
	}
	return keys;
}

static void print_json(const struct bbk_env *env,
		       const struct bbk_status *status)
{
	BBK_AUTO(json) json = BBK_JSON_INIT;

	json.root = bbk_json_new_object();
	bbk_json_put_int(json.root, "version", 1);
	bbk_json_put_bool(json.root, "ready", status->ready);
	bbk_json_put(json.root, "remote", json_remote(status));
	bbk_json_put_bool(json.root, "moved", status->moved);
	bbk_json_put(json.root, "instance", json_instance(status));
	bbk_json_put(json.root, "target", json_target(status));
	bbk_json_put(json.root, "key", json_key(status));
	bbk_json_put(json.root, "grants", json_grants(status));
	bbk_json_put(json.root, "host_key", json_host_key(status));
	bbk_json_put(json.root, "ssh", json_ssh(status));
	bbk_lfs_put_json(json.root, &status->lfs);
	if (status->known.asked)
		bbk_json_put(json.root, "known_keys", json_known_keys(status));
	else if (env->verbose)
		bbk_json_put_null(json.root, "known_keys");
	bbk_print_json(env->out, &json);
}

/* --- for people --------------------------------------------------------- */

static void line(const struct bbk_env *env, bool good, struct bbk_str *text)
{
	bbk_screen_line(env->out, env, env->out_color,
			good ? BBK_MARK_DONE : BBK_MARK_FAILED,
			bbk_str_get(text));
	bbk_str_reset(text);
}

static void print_remote(const struct bbk_env *env,
			 const struct bbk_status *status, struct bbk_str *text)
{
	char *url = bbk_scrubbed(status->remote_url);

	bbk_str_addf(text, "Remote '%s' is %s", status->remote, url);
	if (status->found.url.scheme != BBK_SSH && status->enrolled)
		bbk_str_add(text, status->over_ssh ? ", carried over ssh" :
			    status->left_alone ? ", and stays there: over ssh "
						 "it was tried in vain" :
						 ", not over ssh");
	if (status->moved)
		bbk_str_addf(text, status->enrolled ? ", carried to %s" :
			     ", where nothing answers since 12 November 2026: "
			     "it is %s now", BBK_CLOUD_SSH_HOST);
	line(env, !status->enrolled ? !status->moved : status->over_ssh, text);
	free(url);
}

static void add_place(struct bbk_str *text, const struct bbk_record *record)
{
	const char *owner = record->workspace ? record->workspace :
						record->project;

	bbk_str_add(text, "Registered on ");
	if (record->scope == BBK_SCOPE_PERSONAL)
		bbk_str_add(text, "your account");
	else if (record->scope == BBK_SCOPE_REPO)
		bbk_str_addf(text, "repository %s/%s", owner, record->repo);
	else if (record->project)
		bbk_str_addf(text, "project %s", record->project);
	else
		bbk_str_addf(text, "the project of this repository in %s",
			     owner);
}

/* true: it is over */
static bool add_expiry(struct bbk_str *text, const char *expires)
{
	int64_t days = 0;

	if (bbk_expiry_is_near(expires, &days)) {
		bbk_str_add(text, ", ");
		bbk_expiry_describe(text, expires, days);
	} else if (expires) {
		bbk_str_addf(text, ", until %s", expires);
	}
	return days < 0;
}

static void print_key(const struct bbk_env *env,
		      const struct bbk_status *status, struct bbk_str *text)
{
	const struct bbk_record *record = &status->record;
	char *path;

	if (!record->key) {
		bbk_str_add(text, "Your own SSH keys open it");
		line(env, true, text);
		return;
	}
	path = bbk_path_shown(record->key, env->paths.home);
	if (status->key_problem)
		bbk_str_addf(text, "Key %s cannot be used: %s", path,
			     status->key_problem);
	else
		bbk_str_addf(text, "Key %s (%s %s), on record for this %s",
			     path, status->key.facts.word,
			     status->key.facts.fingerprint,
			     level_word(record));
	line(env, !status->key_problem, text);
	free(path);
	if (!record->label) /* nobody registered it for us */
		return;
	add_place(text, record);
	bbk_str_addf(text, ", %s",
		     bbk_access_words(record->scope, record->write));
	if (record->id) /* else it is what was asked for, and no more */
		bbk_str_addf(text, ", as \"%s\"", record->label);
	line(env, !add_expiry(text, record->expires) &&
		  status->ssh != BBK_SSH_STATE_DENIED, text);
}

static void print_host_key(const struct bbk_env *env,
			   const struct bbk_status *status,
			   struct bbk_str *text)
{
	const struct bbk_access *access = &status->access;

	bbk_str_addf(text, "Host key of %s is %s", status->found.ssh_host,
		     bbk_hostkey_state_word(access->hostkey));
	if (access->source && (!strcmp(access->source, "rest") ||
			       !strcmp(access->source, "site")))
		bbk_str_add(text, ": the one that the server publishes");
	line(env, access->hostkey == BBK_HOSTKEY_VERIFIED ||
		  access->hostkey == BBK_HOSTKEY_KNOWN, text);
}

static void print_ssh(const struct bbk_env *env,
		      const struct bbk_status *status, struct bbk_str *text)
{
	switch (status->ssh) {
	case BBK_SSH_STATE_OK:
		bbk_str_addf(text, "SSH answers (%lld ms)",
			     (long long)status->milliseconds);
		if (status->ssh_access)
			bbk_str_addf(text, ", and lets you read%s",
				     !strcmp(status->ssh_access, "write") ?
					     " and push" : "");
		break;
	case BBK_SSH_STATE_SKIPPED:
		return;
	case BBK_SSH_STATE_NO_ACCESS:
		bbk_str_add(text, "SSH lets you in, but not to this "
				  "repository");
		break;
	case BBK_SSH_STATE_DENIED:
		bbk_str_add(text, "SSH does not let you in");
		break;
	default:
		bbk_str_add(text, status->access.hostkey ==
				  BBK_HOSTKEY_CHANGED ? "SSH is not used" :
							"SSH does not answer");
		break;
	}
	if (status->ssh != BBK_SSH_STATE_OK && status->ssh_said)
		bbk_str_addf(text, ": %s", status->ssh_said);
	line(env, status->ssh == BBK_SSH_STATE_OK, text);
}

static void print_known(const struct bbk_env *env,
			const struct bbk_status *status, struct bbk_str *text)
{
	for (size_t i = 0; i < status->known.len; i++) {
		const struct bbk_known_key *key = &status->known.keys[i];
		char *path = key->path ? bbk_path_shown(key->path,
							env->paths.home) :
					 NULL;

		if (path)
			bbk_str_addf(text, "The server knows %s", path);
		else
			bbk_str_addf(text, "The server knows the key \"%s\" "
				     "in your agent", *key->comment ?
				     key->comment : key->fingerprint ?
				     key->fingerprint : "");
		line(env, true, text);
		free(path);
	}
}

static void add_instance(struct bbk_str *text, const struct bbk_status *status)
{
	const struct bbk_detected *found = &status->found;
	const struct bbk_instance *instance = &found->instance;

	bbk_str_add(text, instance->edition->name);
	if (instance->facts.release)
		bbk_str_addf(text, " %s", instance->facts.release);
	bbk_str_addf(text, " at %s", instance->base);
	if (found->workspace)
		bbk_str_addf(text, ", workspace %s", found->workspace);
	if (found->project)
		bbk_str_addf(text, ", project %s", found->project);
}

/* What is left to do, where it works as it is. */
static void offer_new_name(const struct bbk_env *env,
			   const struct bbk_status *status)
{
	if (status->moved && status->enrolled && env->hints)
		fprintf(env->out, "Bitbucket moved its SSH on 12 November "
				  "2026. To write the new address into\nthis "
				  "remote: git bbkey init; into all: git bbkey "
				  "init --all <folder>\n");
}

static void print_next(const struct bbk_env *env,
		       const struct bbk_status *status)
{
	BBK_AUTO(str) folded = BBK_STR_INIT;
	char *next = bbk_status_next(status, env->paths.home);

	if (next) {
		bbk_fold(&folded, next, 0);
		fprintf(env->out, "%s\n", bbk_str_get(&folded));
	}
	free(next);
}

static void print_human(const struct bbk_env *env,
			const struct bbk_status *status)
{
	BBK_AUTO(str) text = BBK_STR_INIT;

	print_remote(env, status, &text);
	if (!status->enrolled) {
		bbk_str_addf(&text, "No Bitbucket instance is set up for %s",
			     status->found.url.host);
		line(env, false, &text);
	} else {
		add_instance(&text, status);
		line(env, true, &text);
		if (status->on_record)
			print_key(env, status, &text);
		print_host_key(env, status, &text);
		print_ssh(env, status, &text);
		print_known(env, status, &text);
		bbk_lfs_print(env->out, env, env->out_color, &status->lfs);
	}
	offer_new_name(env, status);
	if (status->ready)
		fprintf(env->out, "Ready.\n");
	print_next(env, status);
}

static int status(struct bbk_env *env, int argc, char **argv,
		  struct bbk_err *err)
{
	BBK_AUTO(strv) args = BBK_STRV_INIT;
	BBK_AUTO(status) status = BBK_STATUS_INIT;
	struct bbk_common common = { 0 };
	struct arguments given = { NULL, false, false };

	if (bbk_options_parse(status_options, &given, &common, env, argc, argv,
			      &args, 0, NULL, err) < 0)
		return -1;
	if (common.help)
		return bbk_usage(env->out, &bbk_cmd_status);
	if (bbk_status_get(&status, env, given.remote, given.offline, err) < 0)
		return -1;
	if (common.json)
		print_json(env, &status);
	else if (!env->quiet)
		print_human(env, &status);
	return given.exit_code && !status.ready ?
		bbk_class_status(BBK_E_NOT_READY) : 0;
}

const struct bbk_cmd bbk_cmd_status = {
	.name = "status",
	.usage = "git bbkey status [--remote <name>] [--offline] "
		 "[--exit-code]",
	.summary = "what is set up for this repository, and whether it works",
	.options = status_options,
	.run = status,
};
