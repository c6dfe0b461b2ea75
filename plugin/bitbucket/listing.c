#include "bitbucket/listing.h"

#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "bitbucket/many.h"
#include "bitbucket/page.h"

static void release_one(struct bbk_listing *listing)
{
	free(listing->workspace);
	free(listing->project);
	free(listing->repo);
	bbk_grants_release(&listing->grants);
	bbk_err_release(&listing->why);
	free(listing);
}

void bbk_listings_release(struct bbk_listings *listings)
{
	for (size_t i = 0; i < listings->len; i++)
		release_one(listings->v[i]);
	free(listings->v);
	bbk_err_release(&listings->why);
	*listings = (struct bbk_listings)BBK_LISTINGS_INIT;
}

struct bbk_target bbk_listing_target(const struct bbk_listing *listing)
{
	return (struct bbk_target){ listing->scope, listing->workspace,
				    listing->project, listing->repo };
}

/* --- the work ----------------------------------------------------------- */

enum kind { KEYS, PROJECTS, REPOS, WORKSPACES };

struct all {
	struct bbk_listings *listings;
	const struct bbk_edition *edition;
	struct bbk_many many;
	size_t done;
	void (*told)(void *arg, size_t done, size_t known);
	void *arg;
};

/* One list that is being read, page by page. */
struct task {
	enum kind kind;
	struct bbk_pages pages;
	struct bbk_listing *listing; /* of KEYS; borrowed */
	char *workspace;	     /* of Cloud's PROJECTS and REPOS */
	struct all *all;
};

static void free_task(struct task *task)
{
	bbk_pages_release(&task->pages);
	free(task->workspace);
	free(task);
}

static void begin(struct all *all, enum kind kind, const char *path,
		  const char *workspace, struct bbk_listing *listing)
{
	struct task *task = bbk_alloc(sizeof(*task));

	task->kind = kind;
	task->all = all;
	task->listing = listing;
	bbk_replace(&task->workspace, workspace);
	bbk_pages_begin(&task->pages, all->many.rest, path);
	bbk_many_add(&all->many, "GET", task->pages.next, NULL, task);
}

static struct bbk_listing *add_listing(struct all *all, enum bbk_scope scope,
				       const char *workspace,
				       const char *project, const char *repo)
{
	struct bbk_listings *listings = all->listings;
	struct bbk_listing *one = bbk_alloc(sizeof(*one));

	one->scope = scope;
	bbk_replace(&one->workspace, workspace);
	bbk_replace(&one->project, project);
	bbk_replace(&one->repo, repo);
	listings->v = bbk_realloc(listings->v, (listings->len + 1) *
					       sizeof(struct bbk_listing *));
	listings->v[listings->len++] = one;
	return one;
}

/* Its path is asked for first: for an account of Cloud that takes a GET. */
static void begin_keys(struct all *all, struct bbk_listing *listing)
{
	BBK_AUTO(str) path = BBK_STR_INIT;
	struct bbk_target target = bbk_listing_target(listing);

	if (all->edition->keys_path(all->many.rest, &target, &path,
				    &listing->why) < 0)
		all->done++;
	else
		begin(all, KEYS, bbk_str_get(&path), NULL, listing);
}

/* --- places ------------------------------------------------------------- */

static int no_place(struct bbk_err *err)
{
	return bbk_err_set(err, BBK_E_SERVER,
			   "the answer is not a list of places");
}

static int take_project(void *arg, const struct json_t *json,
			struct bbk_err *err)
{
	const struct task *task = arg;
	const char *key = bbk_json_string(json, "key");

	if (!key || !bbk_project_is_valid(key))
		return no_place(err);
	begin_keys(task->all, add_listing(task->all, BBK_SCOPE_PROJECT,
					  task->workspace, key, NULL));
	return 0;
}

static int take_repo(void *arg, const struct json_t *json, struct bbk_err *err)
{
	const struct task *task = arg;
	const char *slug = bbk_json_string(json, "slug");
	const char *key = bbk_json_string(bbk_json_object(json, "project"),
					  "key");

	if (!slug || !bbk_repo_is_valid(slug) || !key ||
	    !bbk_project_is_valid(key))
		return no_place(err);
	begin_keys(task->all, add_listing(task->all, BBK_SCOPE_REPO,
					  task->workspace, key, slug));
	return 0;
}

static void begin_workspace(struct all *all, const char *workspace)
{
	char *projects = bbk_strf("/workspaces/%s/projects", workspace);
	char *repos = bbk_strf("/repositories/%s", workspace);

	begin(all, PROJECTS, projects, workspace, NULL);
	begin(all, REPOS, repos, workspace, NULL);
	free(projects);
	free(repos);
}

/* {"workspace": {"slug": ..}} */
static int take_workspace(void *arg, const struct json_t *json,
			  struct bbk_err *err)
{
	const struct task *task = arg;
	const char *slug = bbk_json_string(bbk_json_object(json, "workspace"),
					   "slug");

	if (!slug || !bbk_repo_is_valid(slug))
		return no_place(err);
	begin_workspace(task->all, slug);
	return 0;
}

static int take_key(void *arg, const struct json_t *json, struct bbk_err *err)
{
	const struct task *task = arg;
	struct bbk_target target = bbk_listing_target(task->listing);
	struct bbk_grants_reader reader = { task->all->edition, &target,
					    &task->listing->grants };

	return bbk_grants_take(&reader, json, err);
}

/* --- answers ------------------------------------------------------------ */

static void note_failure(struct task *task, struct bbk_err *why)
{
	struct bbk_err *to = task->listing ? &task->listing->why :
					     &task->all->listings->why;

	if (!to->class) {
		*to = *why;
		*why = (struct bbk_err)BBK_ERR_INIT;
	}
}

static int ended(struct bbk_many *many, void *arg,
		 struct bbk_rest_reply *reply, struct bbk_err *why)
{
	static int (*const take[])(void *, const struct json_t *,
				   struct bbk_err *) = {
		[KEYS] = take_key, [PROJECTS] = take_project,
		[REPOS] = take_repo, [WORKSPACES] = take_workspace,
	};
	struct task *task = arg;
	struct all *all = many->owner;
	int rc = why->class ? -1 :
		bbk_pages_take(&task->pages, reply->json.root,
			       take[task->kind], task, why);

	if (!rc && task->pages.next) {
		bbk_many_add_next(many, "GET", task->pages.next, NULL, task);
		return 0;
	}
	if (rc < 0)
		note_failure(task, why);
	all->done += task->listing != NULL;
	if (task->listing && all->told)
		all->told(all->arg, all->done, all->listings->len);
	free_task(task);
	return 0;
}

static int by_place(const void *a, const void *b)
{
	const struct bbk_listing *x = *(struct bbk_listing *const *)a;
	const struct bbk_listing *y = *(struct bbk_listing *const *)b;
	const char *const names[][2] = { { x->workspace, y->workspace },
					 { x->project, y->project },
					 { x->repo, y->repo } };

	for (size_t i = 0; i < BBK_ARRAY_LEN(names); i++) {
		const char *left = names[i][0] ? names[i][0] : "";
		const char *right = names[i][1] ? names[i][1] : "";

		if (strcmp(left, right) != 0)
			return strcmp(left, right);
	}
	return 0;
}

int bbk_listings_all(struct bbk_listings *listings,
		     const struct bbk_edition *edition, struct bbk_rest *rest,
		     void (*told)(void *, size_t, size_t), void *arg,
		     struct bbk_err *err)
{
	struct all all = { .listings = listings, .edition = edition,
			   .told = told, .arg = arg };
	int rc;

	bbk_many_init(&all.many, rest, ended, &all);
	begin_keys(&all, add_listing(&all, BBK_SCOPE_PERSONAL, NULL, NULL,
				     NULL));
	if (edition->is_cloud) {
		begin(&all, WORKSPACES, "/user/workspaces", NULL, NULL);
	} else {
		begin(&all, PROJECTS, "/api/latest/projects", NULL, NULL);
		begin(&all, REPOS, "/api/latest/repos", NULL, NULL);
	}
	rc = bbk_many_run(&all.many, err);
	bbk_many_release(&all.many);
	qsort(listings->v, listings->len, sizeof(*listings->v), by_place);
	return rc;
}
