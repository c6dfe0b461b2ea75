/*
 * What keys of ours are called.
 *
 *	bbkey_<instance>[_account][_<type>]
 *		the shared one; that of an account
 *	bbkey_<instance>[_account]+<place>[++<type>][++<number>]
 *		--new-key
 *
 * No project, repository or workspace has a '+' in its name: two places never
 * come to one name, and so to one key.
 */
#ifndef CORE_KEY_NAME_H
#define CORE_KEY_NAME_H

#include "base/address.h"
#include "core/instance.h"
#include "ssh/keygen.h"

/*
 * place NULL: the shared key.  A key of an account can be no access key, so it
 * has a file of its own.  The caller frees.
 */
char *bbk_key_name(const struct bbk_instance *instance, enum bbk_scope scope,
		   const char *place, enum bbk_key_type type);

/* The same name for a key of another type; the caller frees. */
char *bbk_key_name_typed(const char *name, enum bbk_key_type type);

/*
 * What the key is for, by what the URL alone says: "proj"; "proj+app" for one
 * repository; on Cloud, where no URL names the project of a repository,
 * "acme+app" for either.  The caller frees.
 */
char *bbk_key_place(const struct bbk_address *address, enum bbk_scope scope);

/*
 * name is what bbk_key_name() gives the project; recorded, the path of the key
 * on record, or NULL.  Where that is no key of this name: name.  Where it is:
 * the recorded one again, so that a second run changes nothing; but once it
 * is about to expire (store/expiry.h), name++2, name++3, ..: the old one must
 * go on working until the new one does.  The caller frees.
 */
char *bbk_key_name_next(const char *name, const char *recorded,
			const char *expires);

/* The one behind the key at path, where that is one of this name; else name. */
char *bbk_key_name_after(const char *name, const char *path);

#endif
