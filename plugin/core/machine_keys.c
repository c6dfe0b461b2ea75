#include "core/machine_keys.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/date.h"
#include "base/file.h"
#include "base/tree.h"
#include "bitbucket/edition.h"
#include "core/key.h"
#include "ssh/client.h"
#include "ssh/survey.h"

#define PUBLIC_MAX 16384
#define KEYS_MAX 500

void bbk_machine_keys_release(struct bbk_machine_keys *keys)
{
	for (size_t i = 0; i < keys->len; i++) {
		struct bbk_machine_key *key = &keys->v[i];

		free(key->path);
		bbk_pubkey_release(&key->public);
		bbk_key_facts_release(&key->facts);
		free(key->problem);
		for (size_t j = 0; j < key->places; j++)
			bbk_record_release(&key->opens[j]);
		free(key->opens);
	}
	free(keys->v);
	*keys = (struct bbk_machine_keys)BBK_MACHINE_KEYS_INIT;
}

static struct bbk_machine_key *add(struct bbk_machine_keys *keys)
{
	keys->v = bbk_realloc(keys->v, (keys->len + 1) * sizeof(*keys->v));
	keys->v[keys->len] = (struct bbk_machine_key){
		.public = BBK_PUBKEY_INIT, .facts = BBK_KEY_FACTS_INIT,
	};
	return &keys->v[keys->len++];
}

/* --- files -------------------------------------------------------------- */

/* What was moved aside is no key any more. */
static bool is_aside(const char *name)
{
	return strstr(name, ".corrupt-") || strstr(name, ".expired-");
}

/* Private keys: those with a public half beside them, and all of ours. */
static void find_files(struct bbk_strv *paths, const struct bbk_env *env)
{
	BBK_AUTO(strv) names = BBK_STRV_INIT;

	bbk_tree_names(env->paths.ssh, &names);
	for (size_t i = 0; i < names.len && paths->len < KEYS_MAX; i++) {
		char *name = names.v[i];
		char *path;

		if (bbk_ends(name, ".pub"))
			name[strlen(name) - strlen(".pub")] = '\0';
		else if (!bbk_begins(name, "bbkey_"))
			continue;
		path = bbk_strf("%s/%s", env->paths.ssh, name);
		if (!is_aside(name) && !bbk_strv_has(paths, path))
			bbk_strv_add(paths, path);
		free(path);
	}
}

static bool set_public(struct bbk_machine_key *key, const struct bbk_str *line)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;

	return bbk_pubkey_parse(&key->public, bbk_str_get(line), line->len,
				&ignored) == 0 &&
	       bbk_keygen_describe(bbk_str_get(line), &key->facts,
				   &ignored) == 0;
}

/* The private half, as ssh sees it; its public half into *line. */
static void look_inside(struct bbk_machine_key *key, struct bbk_str *line)
{
	BBK_AUTO(err) why = BBK_ERR_INIT;
	struct stat st;
	int rc;

	if (lstat(key->path, &st) < 0)
		return;
	key->has_file = true;
	key->mode = st.st_mode & 07777;
	key->day = bbk_date_of_seconds(st.st_mtime);
	if (stat(key->path, &st) < 0 || !S_ISREG(st.st_mode)) {
		key->problem = bbk_strdup("is not a file");
		return;
	}
	rc = bbk_keygen_public(key->path, line, &why);
	if (rc >= 0)
		key->passphrase = rc ? BBK_KNOWN_YES : BBK_KNOWN_NO;
	else
		key->problem = bbk_strdup(st.st_mode & 077 ?
			"can be read by other users, so ssh will not use it" :
			"is not a private key that ssh can use");
}

static void add_file(struct bbk_machine_keys *keys, const struct bbk_env *env,
		     const char *path)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(str) derived = BBK_STR_INIT;
	BBK_AUTO(str) beside = BBK_STR_INIT;
	struct bbk_machine_key *key = add(keys);
	char *public = bbk_strf("%s.pub", path);

	key->path = bbk_strdup(path);
	key->ours = bbk_key_our_name(env, path) != NULL;
	look_inside(key, &derived);
	/* the comment is in the public half, the truth in the private one */
	if (bbk_file_read(&beside, public, PUBLIC_MAX, &ignored) != 0 ||
	    !set_public(key, &beside))
		(void)set_public(key, &derived);
	free(public);
	if (!key->public.blob && !key->ours) { /* no key at all */
		free(key->path);
		free(key->problem);
		keys->len--;
	}
}

/* --- the agent ---------------------------------------------------------- */

static struct bbk_machine_key *with_blob(const struct bbk_machine_keys *keys,
					 const char *blob, size_t len)
{
	for (size_t i = 0; i < keys->len; i++) {
		BBK_AUTO(str) bytes = BBK_STR_INIT;

		if (!keys->v[i].public.blob)
			continue;
		bbk_pubkey_blob(&keys->v[i].public, &bytes);
		if (bytes.len == len && !memcmp(bytes.s, blob, len))
			return &keys->v[i];
	}
	return NULL;
}

static void add_agent_key(struct bbk_machine_keys *keys,
			  const struct bbk_survey_key *found)
{
	BBK_AUTO(str) line = BBK_STR_INIT;
	struct bbk_machine_key *key =
		with_blob(keys, found->blob.s, found->blob.len);
	char *bare;

	if (key) {
		key->agent = true;
		return;
	}
	bare = bbk_survey_key_line(found);
	bbk_str_addf(&line, "%s %s", bare, found->comment);
	free(bare);
	key = add(keys);
	key->agent = true;
	if (!set_public(key, &line)) {
		bbk_pubkey_release(&key->public);
		keys->len--;
	}
}

static void ask_agent(struct bbk_machine_keys *keys, const struct bbk_env *env)
{
	BBK_AUTO(str) said = BBK_STR_INIT;
	BBK_AUTO(survey) survey = BBK_SURVEY_INIT;

	env->ssh->agent_keys(env->ssh, &said);
	bbk_survey_add_agent(&survey, &said);
	for (size_t i = 0; i < survey.len; i++)
		add_agent_key(keys, &survey.keys[i]);
}

/* --- records ------------------------------------------------------------ */

static bool same_place(const struct bbk_record *a, const struct bbk_record *b)
{
	return a->scope == b->scope && bbk_same(a->base, b->base) &&
	       bbk_same(a->workspace, b->workspace) &&
	       bbk_same(a->project, b->project) && bbk_same(a->repo, b->repo);
}

static void copy_record(struct bbk_record *to, const struct bbk_record *from)
{
	*to = (struct bbk_record)BBK_RECORD_INIT;
	to->scope = from->scope;
	to->write = from->write;
	bbk_replace(&to->base, from->base);
	bbk_replace(&to->workspace, from->workspace);
	bbk_replace(&to->project, from->project);
	bbk_replace(&to->repo, from->repo);
	bbk_replace(&to->id, from->id);
}

static void add_place(struct bbk_machine_key *key,
		      const struct bbk_record *record)
{
	for (size_t i = 0; i < key->places; i++)
		if (same_place(&key->opens[i], record))
			return;
	key->opens = bbk_realloc(key->opens,
				 (key->places + 1) * sizeof(*key->opens));
	copy_record(&key->opens[key->places++], record);
}

struct reading {
	struct bbk_machine_keys *keys;
	const struct bbk_env *env;
	struct bbk_strv *paths; /* that were looked at */
};

static int look_at_record(void *arg, const struct bbk_record *record,
			  const struct bbk_place *place, struct bbk_err *err)
{
	const struct reading *reading = arg;
	struct bbk_machine_keys *keys = reading->keys;

	(void)place;
	(void)err;
	if (!record->key)
		return 0;
	if (!bbk_strv_has(reading->paths, record->key)) {
		bbk_strv_add(reading->paths, record->key);
		add_file(keys, reading->env, record->key);
	}
	for (size_t i = 0; i < keys->len; i++)
		if (bbk_same(keys->v[i].path, record->key))
			add_place(&keys->v[i], record);
	return 0;
}

/* --- all of it ---------------------------------------------------------- */

static int rank(const struct bbk_machine_key *key)
{
	return key->ours ? 0 : key->path ? 1 : 2;
}

static int by_path(const void *a, const void *b)
{
	const struct bbk_machine_key *x = a, *y = b;

	if (rank(x) != rank(y))
		return rank(x) - rank(y);
	return x->path && y->path ? strcmp(x->path, y->path) : 0;
}

int bbk_machine_keys_find(struct bbk_machine_keys *keys,
			  const struct bbk_env *env, struct bbk_err *err)
{
	BBK_AUTO(strv) paths = BBK_STRV_INIT;
	struct reading reading = { keys, env, &paths };

	find_files(&paths, env);
	for (size_t i = 0; i < paths.len; i++)
		add_file(keys, env, paths.v[i]);
	if (bbk_record_each(env->paths.state, look_at_record, &reading,
			    err) < 0)
		return -1;
	ask_agent(keys, env);
	if (keys->len)
		qsort(keys->v, keys->len, sizeof(*keys->v), by_path);
	return 0;
}

const struct bbk_machine_key *
bbk_machine_key_of(const struct bbk_machine_keys *keys, const char *line)
{
	for (size_t i = 0; line && i < keys->len; i++)
		if (keys->v[i].public.blob &&
		    bbk_key_has_blob(line, keys->v[i].public.blob))
			return &keys->v[i];
	return NULL;
}
