/*
 * Folders as a whole: copied, removed.
 *
 * Symbolic links are copied as links and never followed.  Errors are class
 * local and name the path.
 */
#ifndef BASE_TREE_H
#define BASE_TREE_H

#include "base/err.h"
#include "base/str.h"

#define BBK_TREE_DEPTH 8		   /* folders in folders */
#define BBK_TREE_FILE_MAX ((size_t)16 << 20) /* bytes of one file */

/* The names in a folder, sorted, without "." and ".."; none: no folder. */
void bbk_tree_names(const char *folder, struct bbk_strv *names);

/*
 * Copies what is in the folder `from` into `to`, which is made where it is
 * missing: files with their modes, links, folders.  What is neither is left
 * out.  A file of that name in `to` is replaced.
 */
int bbk_tree_copy(const char *from, const char *to, struct bbk_err *err)
	BBK_MUST_CHECK;

/* Removes a file, a link, or a folder with all that is in it; none is fine. */
int bbk_tree_remove(const char *path, struct bbk_err *err) BBK_MUST_CHECK;

#endif
