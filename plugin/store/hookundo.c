#include "store/hookundo.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/tree.h"
#include "store/fields.h"

#define LINES_MAX ((size_t)1 << 20)

void bbk_hookundo_release(struct bbk_hookundo *undo)
{
	free(undo->way);
	free(undo->file);
	free(undo->key);
	free(undo->value);
	free(undo->theirs);
	bbk_strv_release(&undo->old);
	bbk_splice_release(&undo->splice);
	*undo = (struct bbk_hookundo)BBK_HOOKUNDO_INIT;
}

static char *path_of(const char *config, const char *name)
{
	return bbk_strf("%s/hooks-undo/%s", config, name);
}

bool bbk_hookundo_is_there(const char *config)
{
	char *path = path_of(config, "what");
	bool is = bbk_file_kind_at(AT_FDCWD, path) == BBK_FILE_REGULAR;

	free(path);
	return is;
}

static int read_lines(struct bbk_str *lines, const char *config,
		      const char *name, struct bbk_err *err)
{
	char *path = path_of(config, name);
	int rc = bbk_file_read(lines, path, LINES_MAX, err);

	free(path);
	return rc < 0 ? rc : 0;
}

static int write_lines(const struct bbk_str *lines, const char *config,
		       const char *name, struct bbk_err *err)
{
	char *path = path_of(config, name);
	int rc = bbk_file_write(path, bbk_str_get(lines), lines->len, 0600,
				err);

	free(path);
	return rc;
}

static void take(struct bbk_hookundo *undo, const struct bbk_fields *fields)
{
	bbk_replace(&undo->way, bbk_fields_get(fields, "way"));
	bbk_replace(&undo->file, bbk_fields_get(fields, "file"));
	bbk_replace(&undo->key, bbk_fields_get(fields, "key"));
	bbk_replace(&undo->value, bbk_fields_get(fields, "value"));
	bbk_replace(&undo->theirs, bbk_fields_get(fields, "theirs"));
	undo->made_file = bbk_fields_get(fields, "made_file") != NULL;
	for (size_t i = 0; i < fields->names.len; i++)
		if (!strcmp(fields->names.v[i], "old"))
			bbk_strv_add(&undo->old, fields->values.v[i]);
}

int bbk_hookundo_read(struct bbk_hookundo *undo, const char *config,
		      struct bbk_err *err)
{
	BBK_AUTO(fields) fields = BBK_FIELDS_INIT;
	char *path = path_of(config, "what");
	int rc = bbk_fields_read(&fields, path, err);

	free(path);
	if (rc)
		return rc;
	bbk_hookundo_release(undo);
	take(undo, &fields);
	if (!undo->way || !undo->file || !undo->key || !undo->value)
		return 1;
	if (read_lines(&undo->splice.was, config, "was", err) < 0)
		return -1;
	return read_lines(&undo->splice.now, config, "now", err);
}

int bbk_hookundo_save(const struct bbk_hookundo *undo, const char *config,
		      struct bbk_err *err)
{
	BBK_AUTO(fields) fields = BBK_FIELDS_INIT;
	char *path = path_of(config, "what");
	int rc;

	bbk_fields_add(&fields, "way", undo->way);
	bbk_fields_add(&fields, "file", undo->file);
	bbk_fields_add(&fields, "made_file", undo->made_file ? "yes" : NULL);
	bbk_fields_add(&fields, "key", undo->key);
	bbk_fields_add(&fields, "value", undo->value);
	bbk_fields_add(&fields, "theirs", undo->theirs);
	for (size_t i = 0; i < undo->old.len; i++)
		bbk_fields_add(&fields, "old", undo->old.v[i]);
	rc = bbk_fields_write(&fields, path, err);
	free(path);
	if (!rc)
		rc = write_lines(&undo->splice.was, config, "was", err);
	return rc ? rc : write_lines(&undo->splice.now, config, "now", err);
}

int bbk_hookundo_remove(const char *config, struct bbk_err *err)
{
	char *path = bbk_strf("%s/hooks-undo", config);
	int rc = bbk_tree_remove(path, err);

	free(path);
	return rc;
}
