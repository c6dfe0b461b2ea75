#include "core/hooks_undo.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "git/config.h"

#define FILE_MAX ((size_t)4 << 20)

int bbk_hooks_remember(struct bbk_hookundo *undo, const struct bbk_env *env,
		       struct bbk_str *before, struct bbk_err *err)
{
	int rc = bbk_file_read(before, undo->file, FILE_MAX, err);

	undo->made_file = rc > 0;
	if (rc < 0 ||
	    bbk_config_file_get(undo->file, undo->key, &undo->old, err) < 0)
		return -1;
	return bbk_hookundo_save(undo, env->paths.config, err);
}

int bbk_hooks_settle(struct bbk_hookundo *undo, const struct bbk_env *env,
		     const struct bbk_str *before, struct bbk_err *err)
{
	BBK_AUTO(str) after = BBK_STR_INIT;

	if (bbk_file_read(&after, undo->file, FILE_MAX, err) < 0)
		return -1;
	bbk_splice_find(&undo->splice, before, &after);
	return bbk_hookundo_save(undo, env->paths.config, err);
}

/* git's own sign that it is about to write the file. */
static int check_lock(const char *file, struct bbk_err *err)
{
	char *lock = bbk_strf("%s.lock", file);
	bool locked = bbk_file_kind_at(AT_FDCWD, lock) != BBK_FILE_NONE;
	char *shown = bbk_scrubbed(lock);

	if (locked) {
		bbk_err_set(err, BBK_E_LOCAL, "cannot change the global git "
			    "configuration: '%s' is there", shown);
		bbk_err_hint(err, "another git is at work, or was killed; then "
				  "remove that file");
	}
	free(lock);
	free(shown);
	return locked ? -1 : 0;
}

/* As git does it: beside the file that a link leads to, its mode kept. */
static int write_through(const char *file, const struct bbk_str *text,
			 struct bbk_err *err)
{
	char *real = realpath(file, NULL);
	struct stat st;
	int rc = -1;

	if (!real || stat(real, &st) < 0)
		bbk_err_set(err, BBK_E_LOCAL, "cannot find the global git "
			    "configuration");
	else if (check_lock(real, err) == 0)
		rc = bbk_file_write(real, bbk_str_get(text), text->len,
				    st.st_mode & 07777, err);
	free(real);
	return rc;
}

/* By value: the person's lines have changed since. */
static int put_back_value(const struct bbk_hookundo *undo,
			  const struct bbk_strv *now, struct bbk_err *err)
{
	bool several = !strcmp(undo->key, "include.path"), changed;

	if (!several && now->len == 1 && undo->old.len == 1)
		return bbk_config_file_replace(undo->file, undo->key,
					       undo->old.v[0], err);
	if (bbk_config_file_drop(undo->file, undo->key, undo->value, err) < 0)
		return -1;
	return several || now->len > 1 ? 0 :
		bbk_config_file_set(undo->file, undo->key, &undo->old, &changed,
				    err);
}

static int remove_if_empty(const struct bbk_hookundo *undo,
			   struct bbk_err *err)
{
	BBK_AUTO(str) text = BBK_STR_INIT;
	int rc = undo->made_file ?
		bbk_file_read(&text, undo->file, FILE_MAX, err) : 1;

	if (!rc && !text.len)
		(void)unlink(undo->file);
	return rc < 0 ? -1 : 0;
}

static bool same_values(const struct bbk_strv *a, const struct bbk_strv *b)
{
	for (size_t i = 0; i < a->len && i < b->len; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return a->len == b->len;
}

int bbk_hooks_put_back(const struct bbk_hookundo *undo, char **kept,
		       struct bbk_err *err)
{
	BBK_AUTO(strv) now = BBK_STRV_INIT;
	BBK_AUTO(str) text = BBK_STR_INIT;
	BBK_AUTO(str) undone = BBK_STR_INIT;
	int rc;

	if (bbk_strv_has(&undo->old, undo->value))
		return 0; /* it was there before us */
	if (bbk_config_file_get(undo->file, undo->key, &now, err) < 0)
		return -1;
	if (now.len && strcmp(now.v[now.len - 1], undo->value) != 0 &&
	    strcmp(undo->key, "include.path") != 0 &&
	    !same_values(&now, &undo->old))
		bbk_replace(kept, now.v[now.len - 1]);
	if (!bbk_strv_has(&now, undo->value))
		return 0;
	rc = bbk_file_read(&text, undo->file, FILE_MAX, err);
	if (rc)
		return rc < 0 ? -1 : 0;
	if (bbk_splice_undo(&undo->splice, &text, &undone))
		rc = write_through(undo->file, &undone, err);
	else
		rc = put_back_value(undo, &now, err);
	return rc < 0 ? rc : remove_if_empty(undo, err);
}
