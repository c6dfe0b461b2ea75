#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "cmd/list.h"
#include "cmd/setup_options.h"

static void put_date(struct json_t *object, const char *name, bool known,
		     int64_t day)
{
	char *text = known ? bbk_date_text(day) : NULL;

	bbk_json_put_string(object, name, text);
	free(text);
}

static struct json_t *json_place(const struct bbk_record *record)
{
	struct json_t *part = bbk_json_new_object();

	bbk_json_put_string(part, "base_url", record->base);
	bbk_json_put_string(part, "scope", bbk_scope_word(record->scope));
	if (record->workspace)
		bbk_json_put_string(part, "workspace", record->workspace);
	bbk_json_put_string(part, "project", record->project);
	bbk_json_put_string(part, "repo", record->repo);
	bbk_json_put_string(part, "id", record->id);
	bbk_json_put_string(part, "permission",
			    record->write ? "write" : "read");
	return part;
}

static struct json_t *json_key(const struct bbk_machine_key *key)
{
	struct json_t *part = bbk_json_new_object();
	struct json_t *opens = bbk_json_new_array();
	char *mode = key->has_file ? bbk_strf("%04o", key->mode) : NULL;
	char *line = key->public.blob ?
		bbk_strf("%s %s", key->public.type, key->public.blob) : NULL;

	bbk_json_put_string(part, "path", key->path);
	bbk_json_put_key(part, &key->public, &key->facts);
	bbk_json_put_string(part, "comment", key->public.comment);
	bbk_json_put_string(part, "mode", mode);
	if (key->passphrase == BBK_KNOWN_NOT)
		bbk_json_put_null(part, "passphrase");
	else
		bbk_json_put_bool(part, "passphrase",
				  key->passphrase == BBK_KNOWN_YES);
	bbk_json_put_bool(part, "agent", key->agent);
	bbk_json_put_bool(part, "ours", key->ours);
	put_date(part, "modified", key->has_file, key->day);
	bbk_json_put_string(part, "public_key", line);
	bbk_json_put_string(part, "problem", key->problem);
	for (size_t i = 0; i < key->places; i++)
		bbk_json_append(opens, json_place(&key->opens[i]));
	bbk_json_put(part, "opens", opens);
	free(mode);
	free(line);
	return part;
}

static struct json_t *new_place(const struct bbk_listing *listing)
{
	struct json_t *part = bbk_json_new_object();

	bbk_json_put_string(part, "scope", bbk_scope_word(listing->scope));
	if (listing->workspace)
		bbk_json_put_string(part, "workspace", listing->workspace);
	bbk_json_put_string(part, "project", listing->project);
	bbk_json_put_string(part, "repo", listing->repo);
	return part;
}

static void add_grants(struct json_t *grants, const struct bbk_list *list,
		       size_t place)
{
	const struct bbk_listing *listing = list->listings.v[place];
	const struct bbk_key_facts *facts = bbk_list_facts(list, place);

	for (size_t i = 0; i < listing->grants.len; i++) {
		const struct bbk_grant *grant = &listing->grants.v[i];
		struct json_t *part = new_place(listing);
		char *type = bbk_strndup(grant->line,
					 strcspn(grant->line, " "));

		bbk_json_put_string(part, "id", grant->id);
		bbk_json_put_string(part, "permission",
				    grant->write ? "write" : "read");
		bbk_json_put_string(part, "label", grant->label);
		bbk_json_put_string(part, "type", type);
		bbk_json_put_string(part, "fingerprint",
				    facts[i].fingerprint);
		bbk_json_put_string(part, "created", grant->created);
		bbk_json_put_string(part, "last_used", grant->last_used);
		bbk_json_put_string(part, "expires", grant->expires);
		bbk_json_put_bool(part, "ours", bbk_machine_key_of(
			&list->keys, grant->line) != NULL);
		bbk_json_put_string(part, "warning", grant->warning);
		bbk_json_append(grants, part);
		free(type);
	}
}

/* What could not be looked into, and why. */
static void add_unseen(struct json_t *unseen,
		       const struct bbk_listing *listing)
{
	struct json_t *part;

	if (!listing->why.class)
		return;
	part = new_place(listing);
	bbk_json_put_string(part, "class",
			    bbk_class_word(listing->why.class));
	bbk_json_put_string(part, "what", listing->why.what);
	bbk_json_append(unseen, part);
}

void bbk_list_print_json(const struct bbk_env *env,
			 const struct bbk_list *list)
{
	BBK_AUTO(json) json = { bbk_json_new_object() };
	struct json_t *keys = bbk_json_new_array();
	struct json_t *grants = bbk_json_new_array();
	struct json_t *unseen = bbk_json_new_array();

	for (size_t i = 0; i < list->keys.len; i++)
		bbk_json_append(keys, json_key(&list->keys.v[i]));
	for (size_t i = 0; i < list->listings.len; i++) {
		add_grants(grants, list, i);
		add_unseen(unseen, list->listings.v[i]);
	}
	bbk_json_put_int(json.root, "version", 1);
	bbk_json_put(json.root, "keys", keys);
	bbk_json_put(json.root, "grants", grants);
	bbk_json_put(json.root, "unseen", unseen);
	bbk_print_json(env->out, &json);
}
