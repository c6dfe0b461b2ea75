#include "base/address.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LEN 128

void bbk_address_release(struct bbk_address *address)
{
	free(address->context);
	free(address->workspace);
	free(address->project);
	free(address->repo);
	*address = (struct bbk_address)BBK_ADDRESS_INIT;
}

bool bbk_repo_is_valid(const char *repo)
{
	size_t len = strlen(repo);

	if (!len || len > NAME_MAX_LEN || repo[0] == '-' ||
	    !strcmp(repo, ".") || !strcmp(repo, ".."))
		return false;
	for (; *repo; repo++)
		if (!bbk_is_alnum(*repo) && !strchr("._-", *repo))
			return false;
	return true;
}

bool bbk_project_is_valid(const char *project)
{
	return bbk_repo_is_valid(project[0] == '~' ? project + 1 : project);
}

char *bbk_project_key(const char *project)
{
	char *key = bbk_strdup(project);

	for (char *c = key; key[0] != '~' && *c; c++)
		*c = (char)bbk_upper(*c);
	return key;
}

bool bbk_project_same(const char *a, const char *b)
{
	return bbk_same_nocase(a, b);
}

const char *bbk_address_owner(const struct bbk_address *address)
{
	return address->workspace ? address->workspace : address->project;
}

/* --- as a browser shows it ---------------------------------------------- */

/* Behind the project, or the repository of it; NULL: it names neither. */
static const char *end_of_datacenter(const char *text)
{
	static const char *const marks[] = { "/projects/", "/users/" };
	const char *page = NULL, *end;

	for (size_t i = 0; i < BBK_ARRAY_LEN(marks); i++) {
		const char *at = strstr(text, marks[i]);

		page = at && (!page || at < page) ? at : page;
	}
	if (!page)
		return NULL;
	end = strstr(page, "/repos/");
	end = end ? end + strlen("/repos/") : strchr(page + 1, '/') + 1;
	return end + strcspn(end, "/?#");
}

/* The first two parts of the path; the first four of a project's page. */
static const char *end_of_cloud(const char *text)
{
	const char *slashes = strstr(text, "://");
	const char *end = slashes ? slashes + 3 : text;
	int parts = 2;

	end += strcspn(end, "/?#");
	for (int i = 0; i < parts && *end == '/'; i++) {
		const char *part = ++end;

		end += strcspn(end, "/?#");
		if (i == 1 && bbk_begins(part, "workspace/projects/"))
			parts = 4;
	}
	return end;
}

char *bbk_address_page(const char *text, bool cloud)
{
	const char *end = NULL;

	if (bbk_begins(text, "http"))
		end = cloud ? end_of_cloud(text) : end_of_datacenter(text);
	return end ? bbk_strndup(text, (size_t)(end - text)) :
		     bbk_strdup(text);
}

/* --- what it names ------------------------------------------------------ */

static int set_names(struct bbk_address *address, const char *project,
		     const char *repo, struct bbk_err *err)
{
	BBK_AUTO(str) slug = BBK_STR_INIT;

	if (repo) {
		bbk_str_add(&slug, repo);
		if (bbk_ends(repo, ".git"))
			bbk_str_cut(&slug, slug.len - 4);
	}
	if (!bbk_project_is_valid(project) ||
	    (repo && !bbk_repo_is_valid(bbk_str_get(&slug))))
		return bbk_err_set(err, BBK_E_NOT_BITBUCKET,
				   "this URL is refused: no project or "
				   "repository of Bitbucket has that name");
	address->project = bbk_strdup(project);
	address->repo = repo ? bbk_str_take(&slug) : NULL;
	return 0;
}

/* The parts of a path behind its i-th, as a list. */
static void split(struct bbk_strv *parts, const char *path)
{
	while (*path) {
		size_t len = strcspn(++path, "/");

		bbk_strv_addf(parts, "%.*s", (int)len, path);
		path += len;
	}
}

static int address_of_ssh(struct bbk_address *address,
			  const struct bbk_strv *parts, struct bbk_err *err)
{
	if (!parts->len)
		return 0;
	if (parts->len != 2)
		return bbk_err_set(err, BBK_E_NOT_BITBUCKET,
				   "this is not Bitbucket's form of an ssh "
				   "URL: /<project>/<repository>.git");
	return set_names(address, parts->v[0], parts->v[1], err);
}

static void set_context(struct bbk_address *address,
			const struct bbk_strv *parts, size_t n)
{
	BBK_AUTO(str) context = BBK_STR_INIT;

	for (size_t i = 0; i < n; i++)
		bbk_str_addf(&context, "/%s", parts->v[i]);
	address->context = bbk_str_take(&context);
}

/* parts[i] is "projects" or "users"; .../<name>[/repos/<slug>[/...]] */
static int address_of_page(struct bbk_address *address,
			   const struct bbk_strv *parts, size_t i,
			   struct bbk_err *err)
{
	BBK_AUTO(str) project = BBK_STR_INIT;
	const char *repo = NULL;

	if (!strcmp(parts->v[i], "users"))
		bbk_str_addc(&project, '~');
	bbk_str_add(&project, parts->v[i + 1]);
	if (i + 3 < parts->len && !strcmp(parts->v[i + 2], "repos"))
		repo = parts->v[i + 3];
	set_context(address, parts, i);
	return set_names(address, bbk_str_get(&project), repo, err);
}

static int address_of_https(struct bbk_address *address,
			    const struct bbk_strv *parts, struct bbk_err *err)
{
	for (size_t i = 0; i < parts->len; i++) {
		size_t left = parts->len - i - 1;

		if (!strcmp(parts->v[i], "scm") && left != 2)
			return bbk_err_set(err, BBK_E_NOT_BITBUCKET,
					   "a clone URL of Bitbucket ends in "
					   "/scm/<project>/<repository>.git");
		if (!strcmp(parts->v[i], "scm")) {
			set_context(address, parts, i);
			return set_names(address, parts->v[i + 1],
					 parts->v[i + 2], err);
		}
		if (!left && (!strcmp(parts->v[i], "projects") ||
			      !strcmp(parts->v[i], "users")))
			return bbk_err_set(err, BBK_E_NOT_BITBUCKET,
					   "this page names no project");
		if (!strcmp(parts->v[i], "projects") ||
		    !strcmp(parts->v[i], "users"))
			return address_of_page(address, parts, i, err);
	}
	set_context(address, parts, parts->len);
	return 0;
}

/* --- Cloud -------------------------------------------------------------- */

static int no_repository(struct bbk_err *err)
{
	return bbk_err_set(err, BBK_E_NOT_BITBUCKET,
			   "this URL names no repository and no project of "
			   "Bitbucket Cloud");
}

/* <workspace>/<repo>[/...], <workspace>/workspace/projects/<KEY>[/...] */
static int address_of_cloud(struct bbk_address *address,
			    const struct bbk_strv *parts, bool ssh,
			    struct bbk_err *err)
{
	char *const *part = parts->v;
	int rc;

	if (!ssh)
		bbk_replace(&address->context, "");
	if (!parts->len)
		return 0;
	if (parts->len < 2 || (ssh && parts->len != 2) ||
	    !bbk_repo_is_valid(part[0]))
		return no_repository(err);
	if (ssh || strcmp(part[1], "workspace") != 0) {
		rc = set_names(address, part[0], part[1], err);
		free(address->workspace);
		address->workspace = address->project;
		address->project = NULL;
		return rc;
	}
	if (parts->len < 4 || strcmp(part[2], "projects") != 0)
		return no_repository(err);
	bbk_replace(&address->workspace, part[0]);
	return set_names(address, part[3], NULL, err);
}

static int address_of(struct bbk_address *address, const struct bbk_url *url,
		      const struct bbk_strv *parts, bool cloud,
		      struct bbk_err *err)
{
	bool ssh = url->scheme == BBK_SSH;

	if (cloud)
		return address_of_cloud(address, parts, ssh, err);
	return ssh ? address_of_ssh(address, parts, err) :
		     address_of_https(address, parts, err);
}

int bbk_address_of(struct bbk_address *address, const struct bbk_url *url,
		   bool cloud, struct bbk_err *err)
{
	BBK_AUTO(address) found = BBK_ADDRESS_INIT;
	BBK_AUTO(strv) parts = BBK_STRV_INIT;

	split(&parts, url->path);
	if (address_of(&found, url, &parts, cloud, err) < 0)
		return -1;
	bbk_address_release(address);
	*address = found;
	found = (struct bbk_address)BBK_ADDRESS_INIT;
	return 0;
}
