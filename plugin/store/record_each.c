#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/tree.h"
#include "base/url.h"
#include "store/record.h"

struct walk {
	const char *state;
	int (*look)(void *arg, const struct bbk_record *record,
		    const struct bbk_place *place, struct bbk_err *err);
	void *arg;
};

/* One file: the record that counts for this place, if it is that very one. */
static int look_at(const struct walk *walk, const struct bbk_place *place,
		   enum bbk_level level, struct bbk_err *err)
{
	BBK_AUTO(record) record = BBK_RECORD_INIT;
	int rc = bbk_record_find(&record, walk->state, place, err);

	if (rc < 0)
		return -1;
	if (rc > 0 || record.level != level ||
	    record.of_user != (place->user != NULL))
		return 0;
	return walk->look(walk->arg, &record, place, err);
}

static int walk_owner(const struct walk *walk, const char *folder,
		      const struct bbk_place *host, const char *owner,
		      struct bbk_err *err)
{
	BBK_AUTO(strv) names = BBK_STRV_INIT;
	struct bbk_place place = *host;
	char *path = bbk_strf("%s/%s", folder, owner);
	int rc = 0;

	place.project = owner;
	bbk_tree_names(path, &names);
	for (size_t i = 0; !rc && i < names.len; i++) {
		bool all = !strcmp(names.v[i], "@project");

		if (!all && !bbk_repo_is_valid(names.v[i]))
			continue;
		place.repo = all ? NULL : names.v[i];
		rc = look_at(walk, &place, all ? BBK_LEVEL_OWNER :
						 BBK_LEVEL_REPO, err);
	}
	free(path);
	return rc;
}

/* "[<user>@]<host>:<port>" */
static int walk_host(const struct walk *walk, const char *folder, char *name,
		     struct bbk_err *err)
{
	BBK_AUTO(strv) owners = BBK_STRV_INIT;
	char *path = bbk_strf("%s/%s", folder, name);
	char *at = strrchr(name, '@'), *colon = strrchr(name, ':');
	struct bbk_place place = { .host = at ? at + 1 : name };
	long port = 0;
	int rc = 0;

	if (colon && bbk_parse_number(colon + 1, 1, 65535, &port) == 0) {
		*colon = '\0';
		place.port = (unsigned)port;
		if (at) {
			*at = '\0';
			place.user = name;
		}
		bbk_tree_names(path, &owners);
		rc = look_at(walk, &place, BBK_LEVEL_INSTANCE, err);
	}
	for (size_t i = 0; !rc && i < owners.len; i++)
		if (bbk_project_is_valid(owners.v[i]))
			rc = walk_owner(walk, path, &place, owners.v[i], err);
	free(path);
	return rc;
}

int bbk_record_each(const char *state,
		    int (*look)(void *, const struct bbk_record *,
				const struct bbk_place *, struct bbk_err *),
		    void *arg, struct bbk_err *err)
{
	BBK_AUTO(strv) hosts = BBK_STRV_INIT;
	struct walk walk = { state, look, arg };
	char *folder = bbk_strf("%s/records", state);
	int rc = 0;

	bbk_tree_names(folder, &hosts);
	for (size_t i = 0; !rc && i < hosts.len; i++)
		rc = walk_host(&walk, folder, hosts.v[i], err);
	free(folder);
	return rc;
}
