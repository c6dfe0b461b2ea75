#include "git/global.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "git/git.h"

bool bbk_git_version_parse(struct bbk_git_version *version, const char *text)
{
	static const char words[] = "git version ";
	struct bbk_git_version found;
	char *major, *minor;
	bool good;

	if (!bbk_begins(text, words))
		return false;
	text += strlen(words);
	major = bbk_strndup(text, strcspn(text, "."));
	text += strlen(major);
	text += *text == '.';
	minor = bbk_strndup(text, strspn(text, "0123456789"));
	good = bbk_parse_number(major, 0, 1000, &found.major) == 0 &&
	       bbk_parse_number(minor, 0, 1000, &found.minor) == 0;
	if (good)
		*version = found;
	free(major);
	free(minor);
	return good;
}

/* Runs git outside of any repository; 1: it has nothing to say. */
static int ask(struct bbk_process *git, struct bbk_err *err)
{
	bbk_strv_add(&git->env, "GIT_DIR=/dev/null");
	if (bbk_process_run(git, err) < 0)
		return -1;
	return git->status || !git->out.len ? 1 : 0;
}

int bbk_git_version(struct bbk_git_version *version, struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;

	if (bbk_git_begin(&git, err) < 0)
		return -1;
	bbk_strv_add(&git.argv, "version");
	if (ask(&git, err) < 0)
		return -1;
	if (!bbk_git_version_parse(version, bbk_str_get(&git.out)))
		return bbk_err_set(err, BBK_E_LOCAL,
				   "git does not say which version it is");
	return 0;
}

static bool readable(const char *file)
{
	return access(file, R_OK) == 0;
}

char *bbk_global_file(const struct bbk_paths *paths)
{
	const char *given = getenv("GIT_CONFIG_GLOBAL");
	const char *xdg = getenv("XDG_CONFIG_HOME");
	char *usual, *other;

	if (given && *given)
		return bbk_strdup(given);
	usual = bbk_strf("%s/.gitconfig", paths->home);
	other = xdg && *xdg ? bbk_strf("%s/git/config", xdg) :
			      bbk_strf("%s/.config/git/config", paths->home);
	if (readable(usual) || !readable(other)) {
		free(other);
		return usual;
	}
	free(usual);
	return other;
}

int bbk_global_path(const char *key, char **path, struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;
	int rc;

	if (bbk_git_begin(&git, err) < 0)
		return -1;
	bbk_strv_addl(&git.argv, "config", "--includes", "--type=path", "-z",
		      "--get", key, NULL);
	rc = ask(&git, err);
	if (!rc)
		*path = bbk_strdup(bbk_str_get(&git.out));
	return rc;
}

/* "<prefix>/lib[exec]/git-core" */
static char *templates_of(const char *exec_path)
{
	size_t len = strcspn(exec_path, "\n");

	for (int i = 0; i < 2; i++)
		while (len && exec_path[--len] != '/')
			;
	return bbk_strf("%.*s/share/git-core/templates", (int)len, exec_path);
}

int bbk_git_templates(char **folder, struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;
	struct stat st;
	char *found;
	int rc;

	if (bbk_git_begin(&git, err) < 0)
		return -1;
	bbk_strv_add(&git.env, "GIT_EXEC_PATH");
	bbk_strv_add(&git.argv, "--exec-path");
	rc = ask(&git, err);
	if (rc)
		return rc;
	found = templates_of(bbk_str_get(&git.out));
	if (stat(found, &st) < 0 || !S_ISDIR(st.st_mode)) {
		free(found);
		return 1;
	}
	*folder = found;
	return 0;
}
