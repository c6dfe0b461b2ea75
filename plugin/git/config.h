/*
 * git's configuration, read and written by the git program itself.
 *
 * Reading sees protected configuration only: system, global, `git -c` and the
 * environment.  A repository's own is never opened (GIT_DIR points nowhere),
 * so nothing in a clone can say where a token goes or which key is used.
 */
#ifndef GIT_CONFIG_H
#define GIT_CONFIG_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

struct bbk_config {
	struct bbk_strv keys;	/* as git prints them: section and name lower */
	struct bbk_strv values;
};

#define BBK_CONFIG_INIT { BBK_STRV_INIT, BBK_STRV_INIT }

void bbk_config_release(struct bbk_config *config);
int bbk_config_load(struct bbk_config *config, struct bbk_err *err)
	BBK_MUST_CHECK;

/* The last value, as git would take it; NULL: not set.  Borrowed. */
const char *bbk_config_get(const struct bbk_config *config, const char *key);

/*
 * core.sshCommand as somebody set it in the system's or the global
 * configuration, for every remote; *command is NULL where nobody did, or where
 * it is ssh itself, or ours.  The caller frees.
 */
int bbk_config_ssh_command(const struct bbk_config *config, char **command,
			   struct bbk_err *err) BBK_MUST_CHECK;

/* The subsections of "bbkey.<base>.<name>", each once, in their order. */
void bbk_config_bases(const struct bbk_config *config, struct bbk_strv *bases);
/*
 * The last value / every value, each once, of bbkey.<base>.<name>; name in
 * lower case.
 */
const char *bbk_config_base(const struct bbk_config *config, const char *base,
			    const char *name);
void bbk_config_base_all(const struct bbk_config *config, const char *base,
			 const char *name, struct bbk_strv *values);

/*
 * http.<url>.<name> by git's own matching rules, from protected configuration;
 * *value is NULL where it is not set; the caller frees.
 */
int bbk_config_http(const struct bbk_config *config, const char *url,
		    const char *name, char **value, struct bbk_err *err)
	BBK_MUST_CHECK;

/* Every value of key in that file, in order.  No file: none. */
int bbk_config_file_get(const char *file, const char *key,
			struct bbk_strv *values, struct bbk_err *err)
	BBK_MUST_CHECK;
/* All of one file, as bbk_config_load() reads it.  No file: nothing. */
int bbk_config_file_load(struct bbk_config *config, const char *file,
			 struct bbk_err *err) BBK_MUST_CHECK;
/*
 * Adds these values of key to file; for a key that has none there.  A value
 * with a control character is refused, class local.
 */
int bbk_config_file_add(const char *file, const char *key,
			const struct bbk_strv *values, struct bbk_err *err)
	BBK_MUST_CHECK;
/*
 * Makes these the only values of key in file; true in *changed where they
 * were not.  A value with a control character is refused, class local.
 */
int bbk_config_file_set(const char *file, const char *key,
			const struct bbk_strv *values, bool *changed,
			struct bbk_err *err) BBK_MUST_CHECK;

/* This one value in the place of the last that was there. */
int bbk_config_file_replace(const char *file, const char *key,
			    const char *value, struct bbk_err *err)
	BBK_MUST_CHECK;
/* Takes this value of key away, which is there; others stay. */
int bbk_config_file_drop(const char *file, const char *key,
			 const char *value, struct bbk_err *err)
	BBK_MUST_CHECK;

/* Does the global configuration include this file already? */
int bbk_config_is_included(const char *file, bool *included,
			   struct bbk_err *err) BBK_MUST_CHECK;
/* Adds the one line that includes it. */
int bbk_config_include(const char *file, struct bbk_err *err) BBK_MUST_CHECK;

/* The repository's own settings that would count, did they count.  For -v. */
void bbk_config_repository_meddles(struct bbk_strv *keys);

#endif
