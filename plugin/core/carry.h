/*
 * Which URLs git carries over to an instance's ssh, by insteadOf: https ones,
 * but for those that were left alone, and those of the place that Cloud's ssh
 * has left.
 */
#ifndef CORE_CARRY_H
#define CORE_CARRY_H

#include "core/instance.h"
#include "core/ourfiles.h"

/* What becomes of https; strings are borrowed. */
struct bbk_carrying {
	bool https; /* false: it stays */
	const char *user; /* that stands in the person's https URLs; or NULL */
	/*
	 * Carried over again, where they were left alone: the URLs of this
	 * project or workspace, "" for all, NULL for none; and where repo is
	 * not NULL, those of this repository alone.
	 */
	const char *again_owner;
	const char *again_repo;
};

/* Parts of core/ourfiles.h's `write`.  ssh: where to. */
int bbk_carry_https(struct bbk_ourfiles *files,
		    const struct bbk_instance *instance,
		    const struct bbk_url *ssh,
		    const struct bbk_carrying *carrying) BBK_MUST_CHECK;
int bbk_carry_old_name(struct bbk_ourfiles *files,
		       const struct bbk_instance *instance,
		       const struct bbk_url *ssh) BBK_MUST_CHECK;

/* The latter alone, for whoever has enrolled nothing. */
int bbk_carry_old_names(struct bbk_env *env, bool dry_run, bool *changed,
			struct bbk_err *err) BBK_MUST_CHECK;

/*
 * Leaves one https URL of the instance alone, by whatever beginning it came to
 * be carried over.  path is what it has behind the base, made of validated
 * parts: "/scm/proj/app.git".  (No name that anybody else chose gets into the
 * configuration: a URL out of .gitmodules is never one of these.)  1: nothing
 * was to be written.
 */
int bbk_carry_leave_alone(const struct bbk_instance *instance,
			  const struct bbk_env *env, const char *path,
			  struct bbk_err *err) BBK_MUST_CHECK;
/*
 * Is that so of this URL?  insteadOf is about beginnings: "/scm/proj/app", left
 * alone without its ".git", is one of "/scm/proj/apple.git", too.
 */
bool bbk_carry_leaves_alone(const struct bbk_env *env, const char *url);

#endif
