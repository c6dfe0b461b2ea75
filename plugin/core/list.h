/*
 * What `list` shows: the keys here, and those that are registered somewhere.
 */
#ifndef CORE_LIST_H
#define CORE_LIST_H

#include "bitbucket/listing.h"
#include "core/machine_keys.h"
#include "core/where.h"

struct bbk_list_wish {
	struct bbk_where_wish where;
	bool here;		/* no place was named: this machine alone */
	bool offline;		/* only the keys here, for that place */
	const char *token_file;
};

struct bbk_list {
	struct bbk_machine_keys keys;
	struct bbk_where where;	/* unless `here` */
	struct bbk_listings listings;
	struct bbk_key_facts *facts; /* of their keys: bbk_list_facts() */
	size_t facts_len;
};

#define BBK_LIST_INIT \
	{ BBK_MACHINE_KEYS_INIT, BBK_WHERE_INIT, BBK_LISTINGS_INIT, NULL, 0 }

void bbk_list_release(struct bbk_list *list);

/*
 * told as for bbk_listings_all().  -1 where nothing could be asked at all;
 * what only some places refused is in list->listings.
 */
int bbk_list_get(struct bbk_list *list, struct bbk_env *env,
		 const struct bbk_list_wish *wish,
		 void (*told)(void *arg, size_t done, size_t known),
		 void *arg, struct bbk_err *err) BBK_MUST_CHECK;

/* Does this key open the place that the list is about, by our records? */
bool bbk_list_is_about(const struct bbk_list *list,
		       const struct bbk_machine_key *key);

/*
 * The fingerprint, bits and type word of each key of the i-th listing, in its
 * order: borrowed; as bbk_keygen_describe_all() gives them.
 */
const struct bbk_key_facts *bbk_list_facts(const struct bbk_list *list,
					   size_t i);

#endif
