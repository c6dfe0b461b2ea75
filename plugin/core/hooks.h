/*
 * git's hooks made to come to us, in the way that this git and this person's
 * settings leave open, and taken away again:
 *
 *	config		git 2.54 and newer: hook.bbkey-<name>.event and .command
 *			in our own file, beside every other hook
 *	path		a global core.hooksPath is there: a folder of ours takes
 *			its place and hands everything on to theirs
 *	template	init.templateDir: a copy of theirs with our hooks in it
 *
 * A global core.hooksPath is never brought in where there was none: it would
 * hide every repository's own hooks.
 */
#ifndef CORE_HOOKS_H
#define CORE_HOOKS_H

#include "base/env.h"
#include "git/global.h"
#include "store/hookdir.h"

#include <stdbool.h>

enum bbk_hooks_way {
	BBK_HOOKS_CONFIG,
	BBK_HOOKS_PATH,
	BBK_HOOKS_TEMPLATE,
};

const char *bbk_hooks_way_word(enum bbk_hooks_way way); /* as in --json */
/* The one setting in the global configuration that it takes. */
const char *bbk_hooks_way_key(enum bbk_hooks_way way);
/* hooks_path: the global core.hooksPath, not ours; or NULL.  Pure. */
enum bbk_hooks_way bbk_hooks_way(const struct bbk_git_version *version,
				 const char *hooks_path);

struct bbk_hooks {
	bool enabled;
	bool changed;		/* by enable or disable */
	enum bbk_hooks_way way; /* where enabled, or would be */
	char *folder;		/* ours */
	char *theirs;		/* what ours hand on to; NULL, "": nothing */
	char *kept;		/* disable: a value, not ours, that stays */
	const char *hidden_by;	/* NULL: in force for new clones */

	/* status; repo_folder NULL: not inside a repository */
	char *repo_folder;	/* where git takes hooks from */
	char *repo_hooks_path;	/* the core.hooksPath that says so, or NULL */
	enum bbk_hook_file repo_file[2]; /* as bbk_hook_names */
	const char *repo_hidden_by;	 /* NULL: ours are in force */
};

#define BBK_HOOKS_INIT { .way = BBK_HOOKS_TEMPLATE }

void bbk_hooks_release(struct bbk_hooks *hooks);

/* Cheap: for a hook that is still in some clone after they were disabled. */
bool bbk_hooks_are_enabled(const struct bbk_env *env);

/*
 * Running it again brings a copy of the person's template up to date and
 * changes nothing else.  Class local where a setting of theirs leaves no way.
 */
int bbk_hooks_enable(struct bbk_hooks *hooks, const struct bbk_env *env,
		     bool dry_run, struct bbk_err *err) BBK_MUST_CHECK;
/* What the person has changed in the meantime stays: hooks->kept. */
int bbk_hooks_disable(struct bbk_hooks *hooks, const struct bbk_env *env,
		      bool dry_run, struct bbk_err *err) BBK_MUST_CHECK;
/* Changes nothing, runs no hook. */
int bbk_hooks_status(struct bbk_hooks *hooks, const struct bbk_env *env,
		     struct bbk_err *err) BBK_MUST_CHECK;

#endif
