/*
 * What `--new-key` calls a project's key when it has one already.
 */
#ifndef CORE_KEY_NAME_H
#define CORE_KEY_NAME_H

/*
 * name is what bbk_key_name() gives the project; recorded, the path of the key
 * on record, or NULL.  Where that is no key of this name: name.  Where it is:
 * the recorded one again, so that a second run changes nothing; but once it
 * is about to expire (store/expiry.h), name_2, name_3, ..: the old one must
 * go on working until the new one does.  The caller frees.
 */
char *bbk_key_name_next(const char *name, const char *recorded,
			const char *expires);

#endif
