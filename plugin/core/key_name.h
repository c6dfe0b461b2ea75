/*
 * What `--new-key` calls a key.
 */
#ifndef CORE_KEY_NAME_H
#define CORE_KEY_NAME_H

#include "base/address.h"
#include "base/scope.h"

/*
 * What the key is for, by what the URL alone says: "proj"; "proj_app" for one
 * repository; on Cloud, where no URL names the project of a repository,
 * "acme_app" for either.  The caller frees.
 */
char *bbk_key_place(const struct bbk_address *address, enum bbk_scope scope);

/*
 * name is what bbk_key_name() gives the project; recorded, the path of the key
 * on record, or NULL.  Where that is no key of this name: name.  Where it is:
 * the recorded one again, so that a second run changes nothing; but once it
 * is about to expire (store/expiry.h), name_2, name_3, ..: the old one must
 * go on working until the new one does.  The caller frees.
 */
char *bbk_key_name_next(const char *name, const char *recorded,
			const char *expires);

/* The one behind the key at path, where that is one of this name; else name. */
char *bbk_key_name_after(const char *name, const char *path);

#endif
