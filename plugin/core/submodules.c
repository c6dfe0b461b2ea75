#include "core/submodules.h"

#include <stdlib.h>
#include <string.h>

#include "git/worktree.h"

static const char *const state_words[] = {
	"refused", "elsewhere", "ready", "not-allowed", "planned", "set-up",
	"failed",
};

const char *bbk_submodule_state_word(enum bbk_submodule_state state)
{
	return state_words[state];
}

static void free_project(struct bbk_submodule_project *project)
{
	free(project->base);
	free(project->project);
	free(project->key);
	free(project->repo);
	free(project->ssh_host);
	free(project->url);
	bbk_err_release(&project->problem);
	free(project);
}

void bbk_submodules_release(struct bbk_submodules *found)
{
	for (size_t i = 0; i < found->len; i++) {
		free(found->v[i].name);
		free(found->v[i].host);
		free(found->v[i].url);
		free(found->v[i].repo);
	}
	for (size_t i = 0; i < found->projects_len; i++)
		free_project(found->projects[i]);
	free(found->v);
	free(found->projects);
	*found = (struct bbk_submodules)BBK_SUBMODULES_INIT;
}

/* --- relative URLs ------------------------------------------------------ */

/*
 * git's relative_url(): a last part goes for each "../", that of host:path
 * behind its colon too.  The host itself can go that way; what is left is then
 * another URL, to be judged like any.
 */
char *bbk_submodule_resolve(const char *remote, const char *url)
{
	BBK_AUTO(str) base = BBK_STR_INIT;
	bool colon = false;

	if (!bbk_begins(url, "./") && !bbk_begins(url, "../"))
		return bbk_strdup(url);
	bbk_str_set(&base, remote);
	if (base.len && base.s[base.len - 1] == '/')
		bbk_str_cut(&base, base.len - 1);
	while (bbk_begins(url, "./") || bbk_begins(url, "../")) {
		bool up = url[1] == '.';
		const char *text = bbk_str_get(&base), *cut;

		url += up ? 3 : 2;
		if (!up)
			continue;
		cut = strrchr(text, '/');
		if (!cut && (cut = strrchr(text, ':')))
			colon = true;
		if (cut)
			bbk_str_cut(&base, (size_t)(cut - text));
		else
			bbk_str_set(&base, ".");
	}
	bbk_str_addf(&base, "%c%s", colon ? ':' : '/', url);
	if (bbk_ends(url, "/"))
		bbk_str_cut(&base, base.len - 1);
	return bbk_str_take(&base);
}

/* --- which instance ----------------------------------------------------- */

/* An instance that was opened once serves for every URL of it. */
struct search {
	struct bbk_submodules *found;
	const struct bbk_setup *setup;
	const char *remote;
	struct bbk_instance *instances;
	size_t len;
	struct bbk_strv strangers; /* ssh destinations that are nobody's */
};

static void release_search(struct search *search)
{
	for (size_t i = 0; i < search->len; i++)
		bbk_instance_release(&search->instances[i]);
	free(search->instances);
	bbk_strv_release(&search->strangers);
}

static bool serves(const struct bbk_instance *instance,
		   const struct bbk_url *url)
{
	return url->scheme == BBK_SSH ?
		bbk_instance_has_ssh(instance, url->host, url->port) :
		bbk_url_within(url, &instance->url);
}

static int open_instance(struct bbk_instance *instance, struct search *search,
			 const struct bbk_url *url, struct bbk_err *err)
{
	struct bbk_env *env = search->setup->env;
	BBK_AUTO(str) name = BBK_STR_INIT;
	int rc;

	if (url->scheme != BBK_SSH)
		return bbk_instance_of_https(instance, env, url, err);
	bbk_str_addf(&name, "%s@%s:%u", url->user ? url->user : "git",
		     url->host, url->port);
	if (bbk_strv_has(&search->strangers, bbk_str_get(&name)))
		return 1;
	rc = bbk_detect_of_ssh(instance, env, url->user ? url->user : "git",
			       url->host, url->port_given ? url->port : 0,
			       err);
	if (rc > 0)
		bbk_strv_add(&search->strangers, bbk_str_get(&name));
	return rc;
}

/* 1: nobody's.  The instance is borrowed. */
static int find_instance(const struct bbk_instance **instance,
			 struct search *search, const struct bbk_url *url,
			 struct bbk_err *err)
{
	struct bbk_instance opened = BBK_INSTANCE_INIT;
	int rc;

	*instance = &search->setup->found.instance;
	if (serves(*instance, url))
		return 0;
	for (size_t i = 0; i < search->len; i++) {
		*instance = &search->instances[i];
		if (serves(*instance, url))
			return 0;
	}
	rc = open_instance(&opened, search, url, err);
	if (rc)
		return rc;
	search->instances = bbk_realloc(search->instances,
					(search->len + 1) * sizeof(opened));
	search->instances[search->len] = opened;
	*instance = &search->instances[search->len++];
	return 0;
}

/* --- which project ------------------------------------------------------ */

/* Where the transport will look for the record. */
static int find_place(struct bbk_submodule_project *project,
		      const struct bbk_instance *instance,
		      const struct bbk_url *url, struct bbk_err *err)
{
	BBK_AUTO(url) ssh = BBK_URL_INIT;

	if (url->scheme == BBK_SSH)
		bbk_url_copy(&ssh, url);
	else if (!instance->ssh.len)
		return 1;
	else if (bbk_url_parse(&ssh, instance->ssh.v[0], err) < 0)
		return bbk_err_wrap(err, "bbkey.%s.ssh", instance->base);
	project->ssh_host = bbk_strdup(ssh.host);
	project->ssh_port = ssh.port;
	return 0;
}

static int find_scope(enum bbk_scope *scope, const struct bbk_setup *setup,
		      const struct bbk_instance *instance, struct bbk_err *err)
{
	struct bbk_defaults defaults;

	if (bbk_instance_defaults(instance, setup->env, &defaults, err) < 0)
		return -1;
	*scope = setup->wish->has_scope ? setup->wish->scope : defaults.scope;
	return 0;
}

/* The repository's own project would be on record by now. */
static bool is_own(const struct bbk_setup *setup,
		   const struct bbk_submodule_project *project,
		   const char *repo)
{
	const struct bbk_detected *own = &setup->found;

	return setup->wish->dry_run && bbk_detected_owner(own) &&
	       !strcmp(own->instance.base, project->base) &&
	       bbk_project_same(bbk_detected_owner(own), project->project) &&
	       (!project->repo || bbk_same(own->repo, repo));
}

static int look_for_record(struct bbk_submodule_project *project,
			   const struct bbk_setup *setup,
			   const struct bbk_submodule *submodule,
			   struct bbk_err *err)
{
	BBK_AUTO(record) record = BBK_RECORD_INIT;
	struct bbk_place place = bbk_place_canonical((struct bbk_place){
		project->ssh_host, project->ssh_port, project->project,
		submodule->repo, NULL });
	int rc;

	if (is_own(setup, project, submodule->repo))
		return 0;
	rc = bbk_record_find(&record, setup->env->paths.state, &place, err);
	/* of Cloud that may be another project of the workspace */
	if (!rc && record.workspace && record.level == BBK_LEVEL_OWNER &&
	    record.scope == BBK_SCOPE_PROJECT)
		rc = 1;
	if (rc > 0 && !project->url)
		project->url = bbk_strdup(submodule->url);
	return rc < 0 ? -1 : 0;
}

static bool same_project(const struct bbk_submodule_project *a,
			 const struct bbk_submodule_project *b)
{
	return !strcmp(a->base, b->base) && a->ssh_port == b->ssh_port &&
	       !strcmp(a->ssh_host, b->ssh_host) &&
	       bbk_project_same(a->project, b->project) &&
	       bbk_same(a->repo, b->repo);
}

static struct bbk_submodule_project *
add_project(struct bbk_submodules *found, struct bbk_submodule_project *project)
{
	size_t n = found->projects_len;

	for (size_t i = 0; i < n; i++) {
		if (!same_project(found->projects[i], project))
			continue;
		free_project(project);
		return found->projects[i];
	}
	found->projects = bbk_realloc(found->projects,
				      (n + 1) * sizeof(project));
	found->projects[found->projects_len++] = project;
	return project;
}

/* address names a repository.  1: not to be reached. */
static int join_project(struct search *search, struct bbk_submodule *submodule,
			const struct bbk_instance *instance,
			const struct bbk_url *url,
			const struct bbk_address *address, struct bbk_err *err)
{
	struct bbk_submodule_project *project = bbk_alloc(sizeof(*project));
	enum bbk_scope scope = BBK_SCOPE_PROJECT;
	int rc = find_place(project, instance, url, err);

	if (!rc)
		rc = find_scope(&scope, search->setup, instance, err);
	if (rc) {
		free_project(project);
		return rc;
	}
	project->base = bbk_strdup(instance->base);
	project->cloud = address->workspace != NULL;
	project->project = address->workspace ?
		bbk_strdup(address->workspace) :
		bbk_project_key(address->project);
	submodule->repo = bbk_strdup(address->repo);
	/* which project a repository of Cloud is in is not known here */
	if (scope == BBK_SCOPE_REPO ||
	    (address->workspace && scope == BBK_SCOPE_PROJECT))
		project->repo = bbk_strdup(address->repo);
	project = add_project(search->found, project);
	submodule->project = project;
	project->submodules++;
	if (look_for_record(project, search->setup, submodule, err) < 0)
		return -1;
	project->state = !project->url ? BBK_SUBMODULE_READY :
		bbk_instance_lists_project(instance, search->setup->env,
					   address->workspace,
					   address->workspace ? NULL :
					   project->project) ?
		BBK_SUBMODULE_ALLOWED : BBK_SUBMODULE_WAITING;
	return 0;
}

static int judge(struct search *search, struct bbk_submodule *submodule,
		 const char *text, struct bbk_err *err)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(url) url = BBK_URL_INIT;
	BBK_AUTO(address) address = BBK_ADDRESS_INIT;
	BBK_AUTO(str) rebuilt = BBK_STR_INIT;
	const struct bbk_instance *instance;
	int rc;

	submodule->state = BBK_SUBMODULE_REFUSED;
	if (bbk_url_parse(&url, text, &ignored) < 0)
		return 0;
	bbk_url_add_user(&rebuilt, &url);
	submodule->url = bbk_str_take(&rebuilt);
	submodule->host = bbk_strdup(url.host);
	submodule->state = BBK_SUBMODULE_ELSEWHERE;
	rc = find_instance(&instance, search, &url, err);
	if (rc)
		return rc < 0 ? -1 : 0;
	submodule->state = BBK_SUBMODULE_REFUSED;
	if (bbk_address_of(&address, &url, instance->edition->is_cloud,
			   &ignored) < 0 || !address.repo)
		return 0;
	return join_project(search, submodule, instance, &url, &address,
			    err) < 0 ? -1 : 0;
}

/* The URL that the remote will have when git resolves relative ones. */
static const char *remote_of(const struct bbk_setup *setup)
{
	return setup->remote_url && setup->plan.action[BBK_STEP_REMOTE] !=
					    BBK_ACTION_SWITCHED ?
		setup->remote_url : setup->ssh_url;
}

int bbk_submodules_find(struct bbk_submodules *found,
			const struct bbk_setup *setup, struct bbk_err *err)
{
	BBK_AUTO(repo) repo = BBK_REPO_INIT;
	BBK_AUTO(strv) names = BBK_STRV_INIT;
	BBK_AUTO(strv) urls = BBK_STRV_INIT;
	struct search search = { .found = found, .setup = setup,
				 .remote = remote_of(setup) };
	int rc = bbk_repo_open(&repo, err);

	if (!rc)
		rc = bbk_worktree_submodules(&repo, &names, &urls, err);
	if (rc) {
		found->none = rc > 0;
		return rc < 0 ? -1 : 0;
	}
	found->v = bbk_alloc((names.len + 1) * sizeof(*found->v));
	for (; !rc && found->len < names.len; found->len++) {
		char *url = bbk_submodule_resolve(search.remote,
						  urls.v[found->len]);

		found->v[found->len].name = bbk_strdup(names.v[found->len]);
		rc = judge(&search, &found->v[found->len], url, err);
		free(url);
	}
	release_search(&search);
	return rc < 0 ? bbk_err_wrap(err, "cannot look at the submodules") : 0;
}

size_t bbk_submodules_count(const struct bbk_submodules *found,
			    enum bbk_submodule_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < found->projects_len; i++)
		n += found->projects[i]->state == state;
	return n;
}
