/*
 * What enabling the hooks changed, so that it can be undone:
 *
 *	<config>/hooks-undo/what	which setting, and what it was
 *	<config>/hooks-undo/was, now	the lines of the person's file
 *
 * As long as the folder is there, the hooks are enabled.
 */
#ifndef STORE_HOOKUNDO_H
#define STORE_HOOKUNDO_H

#include "base/err.h"
#include "store/splice.h"

#include <stdbool.h>

struct bbk_hookundo {
	char *way;	      /* "config", "path" or "template" */
	char *file;	      /* the global configuration */
	bool made_file;	      /* there was none */
	char *key;	      /* the setting in it */
	char *value;	      /* ours */
	struct bbk_strv old;  /* its values before, in that file */
	char *theirs;	      /* the person's own folder; NULL: not set */
	struct bbk_splice splice;
};

#define BBK_HOOKUNDO_INIT \
	{ NULL, NULL, false, NULL, NULL, BBK_STRV_INIT, NULL, BBK_SPLICE_INIT }

void bbk_hookundo_release(struct bbk_hookundo *undo);

bool bbk_hookundo_is_there(const char *config);
/* 1: there is nothing to undo, or it is damaged. */
int bbk_hookundo_read(struct bbk_hookundo *undo, const char *config,
		      struct bbk_err *err) BBK_MUST_CHECK;
int bbk_hookundo_save(const struct bbk_hookundo *undo, const char *config,
		      struct bbk_err *err) BBK_MUST_CHECK;
int bbk_hookundo_remove(const char *config, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
