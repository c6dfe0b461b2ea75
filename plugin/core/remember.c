#include "core/remember.h"

#include <stdlib.h>
#include <string.h>

/* What is kept at this level itself, or above it.  1: nothing. */
static int find_above(struct bbk_record *found, const char *state,
		      const struct bbk_place *place, enum bbk_level level,
		      struct bbk_err *err)
{
	struct bbk_place above = *place;

	above.repo = NULL;
	if (level == BBK_LEVEL_INSTANCE)
		above.project = NULL;
	return bbk_record_find(found, state, &above, err);
}

/*
 * Another account than the one that the instance has already?  Another key of
 * the same person takes the first one's place.
 */
static bool is_second_account(const struct bbk_record *record,
			      const char *state, const struct bbk_place *place)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(record) first = BBK_RECORD_INIT;

	return record->scope == BBK_SCOPE_PERSONAL && place->project &&
	       find_above(&first, state, place, BBK_LEVEL_INSTANCE,
			  &ignored) == 0 &&
	       first.key && record->key &&
	       strcmp(first.key, record->key) != 0 &&
	       !(first.who && bbk_same(first.who, record->who));
}

static int save_at(const struct bbk_record *record, enum bbk_level level,
		   const char *state, const struct bbk_place *place,
		   struct bbk_err *err)
{
	struct bbk_record copy = *record;

	copy.level = level;
	if (record->scope == BBK_SCOPE_PERSONAL)
		copy.project = NULL;
	return bbk_record_save(&copy, state, place, err);
}

/* Is nothing kept above the repository yet, or but what this one renews? */
static bool may_keep_above(const struct bbk_record *record, const char *state,
			   const struct bbk_place *place)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(record) had = BBK_RECORD_INIT;

	if (find_above(&had, state, place, BBK_LEVEL_OWNER, &ignored) != 0)
		return true;
	return had.level == BBK_LEVEL_OWNER && had.scope == record->scope &&
	       bbk_same(had.project, record->project);
}

/* The workspace first: saving that removes what is kept for the repository. */
static int save_of_cloud(const struct bbk_record *record, const char *state,
			 const struct bbk_place *place, struct bbk_err *err)
{
	if (may_keep_above(record, state, place) &&
	    save_at(record, BBK_LEVEL_OWNER, state, place, err) < 0)
		return -1;
	return place->repo ? save_at(record, BBK_LEVEL_REPO, state, place,
				     err) : 0;
}

int bbk_remember(const struct bbk_record *record,
		 const struct bbk_instance *instance, const char *state,
		 const struct bbk_place *place, struct bbk_err *err)
{
	if (is_second_account(record, state, place))
		return save_at(record, BBK_LEVEL_OWNER, state, place, err);
	if (instance->edition->is_cloud && record->scope == BBK_SCOPE_PROJECT)
		return save_of_cloud(record, state, place, err);
	return save_at(record, BBK_LEVEL_SCOPES, state, place, err);
}

void bbk_record_forget_own(struct bbk_record *record)
{
	if (!record->own)
		return;
	free(record->key);
	record->key = NULL;
	record->own = record->agent = false;
}
