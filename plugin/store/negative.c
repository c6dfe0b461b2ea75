#include "store/negative.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "store/fields.h"

#define HOLDS_S 60

static char *path_of(const struct bbk_negative *negative, const char *state,
		     const char *project)
{
	BBK_AUTO(str) path = BBK_STR_INIT;

	bbk_str_addf(&path, "%s/refused/%s:%u/", state, negative->place.host,
		     negative->place.port);
	if (!project)
		bbk_str_add(&path, "@host");
	for (const char *c = project; c && *c; c++)
		bbk_str_addc(&path, (char)bbk_lower(*c));
	if (negative->submodule)
		bbk_str_add(&path, "@submodules");
	return bbk_str_take(&path);
}

/* Seconds since it was written; -1 where there is none, or from the future. */
static time_t age_of(const char *path, struct stat *st)
{
	time_t now = time(NULL);

	if (stat(path, st) < 0 || st->st_mtime > now)
		return -1;
	return now - st->st_mtime;
}

static bool holds(const struct bbk_negative *negative, const char *state,
		  const char *project)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(fields) fields = BBK_FIELDS_INIT;
	char *path = path_of(negative, state, project);
	struct stat st;
	time_t age = age_of(path, &st);
	const char *group;
	long number = 0;

	if (age < 0 || age >= HOLDS_S ||
	    bbk_fields_read(&fields, path, &ignored) != 0) {
		free(path);
		return false;
	}
	free(path);
	group = bbk_fields_get(&fields, "group");
	return group && bbk_parse_number(group, 0, INT32_MAX, &number) == 0 &&
	       number == getpgrp() &&
	       negative->token == (bbk_fields_get(&fields, "token") != NULL);
}

bool bbk_negative_holds(const struct bbk_negative *negative, const char *state)
{
	return holds(negative, state, NULL) ||
	       holds(negative, state, negative->place.project);
}

void bbk_negative_note(const struct bbk_negative *negative, const char *state)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(fields) fields = BBK_FIELDS_INIT;
	char *path = path_of(negative, state, negative->place.project);
	char *group = bbk_strf("%ld", (long)getpgrp());
	int rc;

	bbk_fields_add(&fields, "group", group);
	bbk_fields_add(&fields, "token", negative->token ? "yes" : NULL);
	rc = bbk_fields_write(&fields, path, &ignored);
	(void)rc;
	free(group);
	free(path);
}

/* --- what the configuration does not have ------------------------------ */

static const struct {
	const char *name;
	time_t holds_s;
} lacks[] = {
	[BBK_LACKS_INSTANCE] = { "@nobody", 24 * 60 * 60 },
	[BBK_LACKS_TOKEN] = { "@no-token", 10 * 60 },
};

static char *lack_path(enum bbk_lack lack, const char *state, const char *host,
		       unsigned port)
{
	return bbk_strf("%s/refused/%s:%u/%s", state, host, port,
			lacks[lack].name);
}

/* Was it changed since?  A file that is not there was not. */
static bool is_newer(const char *folder, const char *name,
		     const struct stat *than)
{
	char *path = bbk_strf("%s%s", folder, name);
	struct stat st;
	bool newer = stat(path, &st) == 0 && st.st_mtime >= than->st_mtime;

	free(path);
	return newer;
}

/* Configuration that no file has. */
static bool is_in_environment(void)
{
	static const char *const names[] = {
		"GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT",
		"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "BBKEY_TOKEN",
	};

	for (size_t i = 0; i < BBK_ARRAY_LEN(names); i++)
		if (getenv(names[i]))
			return true;
	return false;
}

bool bbk_negative_lacks(enum bbk_lack lack, const struct bbk_paths *paths,
			const char *host, unsigned port)
{
	char *path = lack_path(lack, paths->state, host, port);
	struct stat st;
	time_t age = age_of(path, &st);

	free(path);
	return age >= 0 && age < lacks[lack].holds_s &&
	       !(lack == BBK_LACKS_TOKEN && is_in_environment()) &&
	       !is_newer(paths->config, "/config", &st) &&
	       !is_newer(paths->config, "/../git/config", &st) &&
	       !is_newer(paths->home, "/.gitconfig", &st) &&
	       !is_newer(paths->home, "/.ssh/config", &st) &&
	       !is_newer("", "/etc/gitconfig", &st) &&
	       !is_newer("", "/etc/ssh/ssh_config", &st);
}

void bbk_negative_note_lack(enum bbk_lack lack, const char *state,
			    const char *host, unsigned port)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(fields) fields = BBK_FIELDS_INIT;
	char *path;
	int rc;

	if (access(state, X_OK) < 0) /* nothing of ours was ever set up */
		return;
	path = lack_path(lack, state, host, port);
	bbk_fields_add(&fields, "version", "1");
	rc = bbk_fields_write(&fields, path, &ignored);
	(void)rc;
	free(path);
}
