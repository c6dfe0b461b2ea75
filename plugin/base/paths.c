#include "base/paths.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

void bbk_paths_release(struct bbk_paths *paths)
{
	free(paths->home);
	free(paths->ssh);
	free(paths->config);
	free(paths->state);
	*paths = (struct bbk_paths)BBK_PATHS_INIT;
}

static bool usable_home(const char *home)
{
	struct stat st;

	return home && home[0] == '/' && strspn(home, "/") != strlen(home) &&
	       stat(home, &st) == 0 && S_ISDIR(st.st_mode);
}

static char *without_slash(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return bbk_strndup(path, len);
}

static char *xdg_folder(const char *variable, const char *home,
			const char *fallback)
{
	const char *value = getenv(variable);

	if (value && value[0] == '/' && !strpbrk(value, "\r\n"))
		return bbk_strf("%s/git-bbkey", value);
	return bbk_strf("%s/%s/git-bbkey", home, fallback);
}

int bbk_paths_find(struct bbk_paths *paths, struct bbk_err *err)
{
	const char *home = getenv("HOME");
	const struct passwd *pw;

	if (!usable_home(home)) {
		pw = getpwuid(getuid());
		home = pw ? pw->pw_dir : NULL;
		paths->from_passwd = true;
	}
	if (!usable_home(home)) {
		bbk_err_set(err, BBK_E_LOCAL,
			    "there is no home folder: neither $HOME nor the "
			    "password database names one that exists");
		return bbk_err_hint(err, "set HOME to a folder that this user "
					 "can write to");
	}
	for (const char *c = home; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return bbk_err_set(err, BBK_E_LOCAL,
					   "the home folder's name has a "
					   "control character in it, which no "
					   "configuration can carry");
	paths->home = without_slash(home);
	paths->ssh = bbk_strf("%s/.ssh", paths->home);
	paths->config = xdg_folder("XDG_CONFIG_HOME", paths->home, ".config");
	paths->state = xdg_folder("XDG_STATE_HOME", paths->home,
				  ".local/state");
	return 0;
}

bool bbk_paths_are_ssh(const struct bbk_paths *paths)
{
	const struct passwd *pw = getpwuid(getuid());
	struct stat ours, theirs;

	return pw && pw->pw_dir && stat(paths->home, &ours) == 0 &&
	       stat(pw->pw_dir, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
	       ours.st_ino == theirs.st_ino;
}

char *bbk_program_find(const char *name)
{
	const char *path = getenv("PATH");

	if (!path)
		path = "/usr/local/bin:/opt/homebrew/bin:/usr/bin:/bin";
	while (*path) {
		size_t len = strcspn(path, ":");
		char *full = bbk_strf("%.*s/%s", (int)len, path, name);
		struct stat st;

		if (full[0] == '/' && stat(full, &st) == 0 &&
		    S_ISREG(st.st_mode) && access(full, X_OK) == 0)
			return full;
		free(full);
		path += len + (path[len] == ':');
	}
	return NULL;
}

/* NULL: it is not there. */
static char *beside(const char *program, const char *name)
{
	const char *slash = strrchr(program, '/');
	char *path;

	if (!slash || program[0] != '/')
		return NULL;
	path = bbk_strf("%.*s/%s", (int)(slash - program), program, name);
	if (access(path, X_OK) == 0)
		return path;
	free(path);
	return NULL;
}

char *bbk_program_beside(const char *argv0, const char *name)
{
	char *found = beside(argv0, name);
	char *real = found || argv0[0] != '/' ? NULL : realpath(argv0, NULL);

	if (real)
		found = beside(real, name);
	free(real);
	return found ? found : bbk_program_find(name);
}

int bbk_program_need(char **path, const char *name, struct bbk_err *err)
{
	*path = bbk_program_find(name);
	if (*path)
		return 0;
	bbk_err_set(err, BBK_E_LOCAL, "the program '%s' is not on the PATH",
		    name);
	return bbk_err_hint(err, "install git and OpenSSH, or add their "
				 "folder to the PATH");
}
