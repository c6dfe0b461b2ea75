/*
 * What is said of Git LFS, by `init`, `clone` and `status` alike.
 */
#ifndef CMD_LFS_H
#define CMD_LFS_H

#include "base/env.h"
#include "base/json.h"
#include "core/lfs.h"

/* One line, where a key that was registered may not open LFS files. */
void bbk_lfs_print(FILE *out, const struct bbk_env *env, bool color,
		   const struct bbk_lfs *lfs);
/* "lfs": {"used": true, "served": null}; null where nothing was looked at. */
void bbk_lfs_put_json(struct json_t *object, const struct bbk_lfs *lfs);

#endif
