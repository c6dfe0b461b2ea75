#include "store/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cloud.h"
#include "base/file.h"
#include "base/str.h"
#include "store/fields.h"

void bbk_record_release(struct bbk_record *record)
{
	free(record->base);
	free(record->workspace);
	free(record->project);
	free(record->repo);
	free(record->key);
	free(record->fingerprint);
	free(record->who);
	free(record->id);
	free(record->label);
	free(record->expires);
	free(record->known_hosts);
	*record = (struct bbk_record)BBK_RECORD_INIT;
}

struct bbk_place bbk_place_canonical(struct bbk_place place)
{
	bbk_cloud_canonical(&place.host, &place.port);
	if (place.user && !strcmp(place.user, "git"))
		place.user = NULL;
	return place;
}

static enum bbk_level level_of(enum bbk_scope scope)
{
	static const enum bbk_level levels[] = {
		[BBK_SCOPE_PROJECT] = BBK_LEVEL_OWNER,
		[BBK_SCOPE_REPO] = BBK_LEVEL_REPO,
		[BBK_SCOPE_PERSONAL] = BBK_LEVEL_INSTANCE,
	};

	return levels[scope];
}

static enum bbk_scope scope_of(enum bbk_level level)
{
	return level == BBK_LEVEL_REPO ? BBK_SCOPE_REPO :
	       level == BBK_LEVEL_OWNER ? BBK_SCOPE_PROJECT :
					  BBK_SCOPE_PERSONAL;
}

static char *path_of(const char *state, const struct bbk_place *place,
		     enum bbk_level level)
{
	BBK_AUTO(str) path = BBK_STR_INIT;

	bbk_str_addf(&path, "%s/records/%s%s%s:%u/", state,
		     place->user ? place->user : "", place->user ? "@" : "",
		     place->host, place->port);
	if (level != BBK_LEVEL_INSTANCE) {
		for (const char *c = place->project; *c; c++)
			bbk_str_addc(&path, (char)bbk_lower(*c));
		bbk_str_addc(&path, '/');
	}
	bbk_str_add(&path, level == BBK_LEVEL_REPO ? place->repo :
			   level == BBK_LEVEL_OWNER ? "@project" :
						      "@instance");
	return bbk_str_take(&path);
}

static int from_fields(struct bbk_record *record,
		       const struct bbk_fields *fields, enum bbk_level level)
{
	const char *scope = bbk_fields_get(fields, "scope");
	const char *permission = bbk_fields_get(fields, "permission");
	const char *version = bbk_fields_get(fields, "version");

	if (!version || strcmp(version, "1") != 0 || !permission ||
	    (strcmp(permission, "read") != 0 &&
	     strcmp(permission, "write") != 0))
		return -1;
	record->scope = scope_of(level);
	if (scope && bbk_scope_parse(&record->scope, scope) < 0)
		return -1;
	record->level = level;
	record->write = !strcmp(permission, "write");
	record->agent = bbk_fields_get(fields, "agent") != NULL;
	record->own_push = bbk_fields_get(fields, "own_push") != NULL;
	record->own = bbk_fields_get(fields, "own") != NULL;
	bbk_replace(&record->base, bbk_fields_get(fields, "base"));
	bbk_replace(&record->workspace, bbk_fields_get(fields, "workspace"));
	bbk_replace(&record->project, bbk_fields_get(fields, "project"));
	bbk_replace(&record->repo, bbk_fields_get(fields, "repo"));
	bbk_replace(&record->key, bbk_fields_get(fields, "key"));
	bbk_replace(&record->fingerprint,
		    bbk_fields_get(fields, "fingerprint"));
	bbk_replace(&record->who, bbk_fields_get(fields, "who"));
	bbk_replace(&record->id, bbk_fields_get(fields, "id"));
	bbk_replace(&record->label, bbk_fields_get(fields, "label"));
	bbk_replace(&record->expires, bbk_fields_get(fields, "expires"));
	bbk_replace(&record->known_hosts,
		    bbk_fields_get(fields, "known_hosts"));
	return 0;
}

static int read_one(struct bbk_record *record, const char *state,
		    const struct bbk_place *place, enum bbk_level level,
		    struct bbk_err *err)
{
	BBK_AUTO(fields) fields = BBK_FIELDS_INIT;
	char *path = path_of(state, place, level);
	int rc = bbk_fields_read(&fields, path, err);

	if (!rc && from_fields(record, &fields, level) < 0)
		rc = 1;
	free(path);
	return rc;
}

static int find_narrowest(struct bbk_record *found, const char *state,
			  const struct bbk_place *place, struct bbk_err *err)
{
	int rc = 1;

	if (place->repo)
		rc = read_one(found, state, place, BBK_LEVEL_REPO, err);
	if (rc > 0 && place->project)
		rc = read_one(found, state, place, BBK_LEVEL_OWNER, err);
	if (rc > 0)
		rc = read_one(found, state, place, BBK_LEVEL_INSTANCE, err);
	return rc;
}

int bbk_record_find(struct bbk_record *record, const char *state,
		    const struct bbk_place *place, struct bbk_err *err)
{
	BBK_AUTO(record) found = BBK_RECORD_INIT;
	struct bbk_place anybody = *place;
	int rc = 1;

	anybody.user = NULL;
	if (place->user) {
		rc = find_narrowest(&found, state, place, err);
		found.of_user = rc == 0;
	}
	if (rc > 0) {
		rc = find_narrowest(&found, state, &anybody, err);
		if (!rc && place->user && found.workspace)
			rc = 1;
	}
	if (rc)
		return rc;
	bbk_record_release(record);
	*record = found;
	found = (struct bbk_record)BBK_RECORD_INIT;
	return 0;
}

static char *folder_of(const char *state, const char *host, unsigned port)
{
	return bbk_strf("%s/records/%s:%u", state, host, port);
}

bool bbk_record_has_host(const char *state, const char *host, unsigned port)
{
	char *folder = folder_of(state, host, port);
	bool has = bbk_file_kind_at(AT_FDCWD, folder) == BBK_FILE_DIR;

	free(folder);
	return has;
}

int bbk_record_add_host(const char *state, const char *host, unsigned port,
			struct bbk_err *err)
{
	char *folder = folder_of(state, host, port);
	int rc = bbk_make_dirs(folder, err);

	free(folder);
	return rc;
}

static void remove_one(const char *state, const struct bbk_place *place,
		       enum bbk_level level)
{
	char *path = path_of(state, place, level);

	(void)unlink(path);
	free(path);
}

static void fill(struct bbk_fields *fields, const struct bbk_record *record)
{
	bbk_fields_add(fields, "version", "1");
	bbk_fields_add(fields, "base", record->base);
	bbk_fields_add(fields, "scope", bbk_scope_word(record->scope));
	bbk_fields_add(fields, "workspace", record->workspace);
	bbk_fields_add(fields, "project", record->project);
	bbk_fields_add(fields, "repo", record->repo);
	bbk_fields_add(fields, "key", record->key);
	bbk_fields_add(fields, "own", record->own ? "yes" : NULL);
	bbk_fields_add(fields, "fingerprint", record->fingerprint);
	bbk_fields_add(fields, "who", record->who);
	bbk_fields_add(fields, "agent", record->agent ? "yes" : NULL);
	bbk_fields_add(fields, "permission",
		       record->write ? "write" : "read");
	bbk_fields_add(fields, "own_push", record->own_push ? "yes" : NULL);
	bbk_fields_add(fields, "id", record->id);
	bbk_fields_add(fields, "label", record->label);
	bbk_fields_add(fields, "expires", record->expires);
	bbk_fields_add(fields, "known_hosts", record->known_hosts);
}

int bbk_record_save(const struct bbk_record *record, const char *state,
		    const struct bbk_place *place, struct bbk_err *err)
{
	BBK_AUTO(fields) fields = BBK_FIELDS_INIT;
	enum bbk_level level = record->level != BBK_LEVEL_SCOPES ?
		record->level : level_of(record->scope);
	char *path = path_of(state, place, level);
	int rc;

	fill(&fields, record);
	rc = bbk_fields_write(&fields, path, err);
	free(path);
	if (!rc && level > BBK_LEVEL_REPO && place->repo)
		remove_one(state, place, BBK_LEVEL_REPO);
	if (!rc && level > BBK_LEVEL_OWNER && place->project)
		remove_one(state, place, BBK_LEVEL_OWNER);
	return rc;
}

int bbk_record_remove(const struct bbk_record *record, const char *state,
		      const struct bbk_place *place, struct bbk_err *err)
{
	struct bbk_place own = *place;
	char *path;
	int rc;

	if (!record->of_user)
		own.user = NULL;
	path = path_of(state, &own, record->level);
	rc = unlink(path) < 0 && errno != ENOENT ?
		bbk_file_failed(err, errno, "remove", path) : 0;
	free(path);
	return rc;
}
