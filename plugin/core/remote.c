#include "core/remote.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "git/repo.h"

static int choose(const struct bbk_strv *names, const char *wanted,
		  const char **name, struct bbk_err *err)
{
	*name = wanted ? wanted : bbk_strv_has(names, "origin") ? "origin" :
		names->len == 1 ? names->v[0] : NULL;
	if (*name && bbk_strv_has(names, *name))
		return 0;
	if (*name && wanted)
		return bbk_err_set(err, BBK_E_USAGE,
				   "this repository has no such remote");
	if (!names->len) {
		bbk_err_set(err, BBK_E_USAGE, "this repository has no remote");
		return bbk_err_hint(err, "give a URL: git bbkey init <url>");
	}
	bbk_err_set(err, BBK_E_USAGE, "this repository has several remotes");
	return bbk_err_hint(err, "say which: --remote <name>");
}

/* It is shown, and stands in commands to copy: no more than plain text. */
static bool is_name(const char *name)
{
	char *shown = bbk_scrubbed(name);
	bool same = !strcmp(shown, name);

	free(shown);
	return same;
}

int bbk_remote_choose(const char *wanted, char **name, char **url,
		      struct bbk_err *err)
{
	BBK_AUTO(repo) repo = BBK_REPO_INIT;
	BBK_AUTO(strv) names = BBK_STRV_INIT;
	BBK_AUTO(str) text = BBK_STR_INIT;
	const char *chosen = NULL;
	int rc = bbk_repo_open(&repo, err);

	if (rc)
		return rc;
	if (bbk_repo_remotes(&repo, &names, err) < 0 ||
	    choose(&names, wanted, &chosen, err) < 0)
		return -1;
	if (!is_name(chosen))
		return bbk_err_set(err, BBK_E_USAGE, "the remote's name has "
				   "characters that git gives none");
	rc = bbk_repo_remote_url(&repo, chosen, &text, err);
	if (rc > 0)
		return bbk_err_set(err, BBK_E_NOT_BITBUCKET,
				   "the remote has no URL");
	if (!rc) {
		*name = bbk_strdup(chosen);
		*url = bbk_str_take(&text);
	}
	return rc;
}
