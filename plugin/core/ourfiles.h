/*
 * Our own files in git's configuration, held and written as one.
 *
 * git itself reads and writes them (git/config.h); what each is for, and how
 * they come into force: core/automatic.h.
 */
#ifndef CORE_OURFILES_H
#define CORE_OURFILES_H

#include "base/env.h"
#include "git/config.h"

struct bbk_ourfile {
	char *path;
	struct bbk_config held; /* what it held when it was loaded */
};

struct bbk_ourfiles {
	struct bbk_ourfile config;    /* <config>/config */
	struct bbk_ourfile transport; /* <config>/transport */
	struct bbk_ourfile carried;   /* <config>/https/config */
	bool dry_run;		      /* nothing is written */
	bool *changed;		      /* something was, or would be */
	struct bbk_err *err;	      /* borrowed, both */
};

/*
 * Loads them, lets `write` do its work, and includes the first from the global
 * configuration: last, so that a half-written one is never in force.  But for a
 * dry run, our lock is held (store/lock.h).
 */
int bbk_ourfiles_write(struct bbk_ourfiles *files, const struct bbk_env *env,
		       int (*write)(struct bbk_ourfiles *files,
				    const void *arg),
		       const void *arg) BBK_MUST_CHECK;

/* For `write`.  The values that key had, added to values. */
void bbk_ourfile_values(const struct bbk_ourfile *file, const char *key,
			struct bbk_strv *values);
/* These, and no others; where they are what it had, nothing is done. */
int bbk_ourfiles_set_list(struct bbk_ourfiles *files,
			  const struct bbk_ourfile *file, const char *key,
			  const struct bbk_strv *values) BBK_MUST_CHECK;
/* The same for one value; NULL: none. */
int bbk_ourfiles_set(struct bbk_ourfiles *files,
		     const struct bbk_ourfile *file, const char *key,
		     const char *value) BBK_MUST_CHECK;

#endif
