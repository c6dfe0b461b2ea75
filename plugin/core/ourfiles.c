#include "core/ourfiles.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/carried.h"
#include "base/file.h"

/* As git prints a key: the section and the name in lower case. */
static char *printed(const char *key)
{
	char *text = bbk_strdup(key);

	for (char *c = text; *c && *c != '.'; c++)
		*c = (char)bbk_lower(*c);
	for (char *c = strrchr(text, '.'); c && *c; c++)
		*c = (char)bbk_lower(*c);
	return text;
}

void bbk_ourfile_values(const struct bbk_ourfile *file, const char *key,
			struct bbk_strv *values)
{
	const struct bbk_config *held = &file->held;
	char *name = printed(key);

	for (size_t i = 0; i < held->keys.len; i++)
		if (!strcmp(held->keys.v[i], name))
			bbk_strv_add(values, held->values.v[i]);
	free(name);
}

int bbk_ourfiles_set_list(struct bbk_ourfiles *files,
			  const struct bbk_ourfile *file, const char *key,
			  const struct bbk_strv *values)
{
	BBK_AUTO(strv) now = BBK_STRV_INIT;

	bbk_ourfile_values(file, key, &now);
	if (bbk_strv_same(&now, values))
		return 0;
	*files->changed = true;
	if (files->dry_run)
		return 0;
	return now.len ?
		       bbk_config_file_set(file->path, key, values,
					   files->changed, files->err) :
		       bbk_config_file_add(file->path, key, values, files->err);
}

int bbk_ourfiles_set(struct bbk_ourfiles *files, const struct bbk_ourfile *file,
		     const char *key, const char *value)
{
	BBK_AUTO(strv) values = BBK_STRV_INIT;

	if (value)
		bbk_strv_add(&values, value);
	return bbk_ourfiles_set_list(files, file, key, &values);
}

static int include(struct bbk_ourfiles *files)
{
	bool included;

	if (bbk_config_is_included(files->config.path, &included, files->err) <
	    0)
		return -1;
	if (included)
		return 0;
	*files->changed = true;
	return files->dry_run ?
		       0 :
		       bbk_config_include(files->config.path, files->err);
}

/*
 * A git that was killed leaves its lock behind.  We hold our own lock, and
 * nobody else writes these files.
 */
static void remove_stale_lock(const char *file)
{
	char *lock = bbk_strf("%s.lock", file);

	(void)unlink(lock);
	free(lock);
}

static int open_file(struct bbk_ourfiles *files, struct bbk_ourfile *file,
		     const struct bbk_env *env, const char *name)
{
	file->path = bbk_strf("%s/%s", env->paths.config, name);
	return bbk_config_file_load(&file->held, file->path, files->err);
}

static void close_file(struct bbk_ourfile *file)
{
	bbk_config_release(&file->held);
	free(file->path);
}

static int make_ready(struct bbk_ourfiles *files)
{
	int rc = bbk_make_parents(files->carried.path, files->err);

	remove_stale_lock(files->config.path);
	remove_stale_lock(files->transport.path);
	remove_stale_lock(files->carried.path);
	return rc;
}

int bbk_ourfiles_write(struct bbk_ourfiles *files, const struct bbk_env *env,
		       int (*write)(struct bbk_ourfiles *files,
				    const void *arg),
		       const void *arg)
{
	int rc = 0;

	*files->changed = false;
	if (open_file(files, &files->config, env, "config") < 0 ||
	    open_file(files, &files->transport, env, "transport") < 0 ||
	    open_file(files, &files->carried, env,
		      BBK_CARRIED_FOLDER "/config") < 0 ||
	    (!files->dry_run && make_ready(files) < 0) ||
	    write(files, arg) < 0 || include(files) < 0)
		rc = -1;
	close_file(&files->config);
	close_file(&files->transport);
	close_file(&files->carried);
	return rc;
}
