#include "cmd/lfs.h"

#include "cmd/screen.h"

void bbk_lfs_print(FILE *out, const struct bbk_env *env, bool color,
		   const struct bbk_lfs *lfs)
{
	static const char *const texts[] = {
		[BBK_LFS_UNKNOWN] = "Git LFS is used here: this key may not "
				    "open its files, a token does",
		[BBK_LFS_NO] = "Git LFS is used here: this key does not open "
			       "its files, a token does",
	};

	if (lfs->used && lfs->served != BBK_LFS_YES)
		bbk_screen_line(out, env, color, BBK_MARK_PLANNED,
				texts[lfs->served]);
}

void bbk_lfs_put_json(struct json_t *object, const struct bbk_lfs *lfs)
{
	struct json_t *part;

	if (!lfs->looked) {
		bbk_json_put_null(object, "lfs");
		return;
	}
	part = bbk_json_new_object();
	bbk_json_put_bool(part, "used", lfs->used);
	if (lfs->served == BBK_LFS_UNKNOWN)
		bbk_json_put_null(part, "served");
	else
		bbk_json_put_bool(part, "served", lfs->served == BBK_LFS_YES);
	bbk_json_put(object, "lfs", part);
}
