#include "core/submodules.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/detect_cloud.h"
#include "core/token.h"
#include "git/config.h"

char *bbk_submodule_allow_command(const struct bbk_submodule_project *project)
{
	char *key = bbk_strf("bbkey.%s.projects", project->base);
	/* nothing in it is a shell's, unless the host is an IPv6 address */
	char *quoted_key = strchr(project->base, '[') ? bbk_shell_quoted(key) :
							bbk_strdup(key);
	char *listing = project->key ?
		bbk_strf("%s/%s", project->project, project->key) :
		bbk_strdup(project->project);
	char *quoted = bbk_shell_quoted(listing);
	char *command = bbk_strf("git config --global --add %s %s", quoted_key,
				 quoted);

	free(key);
	free(quoted_key);
	free(listing);
	free(quoted);
	return command;
}

static void look_up(struct bbk_submodule_project *project,
		    const struct bbk_setup *setup)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(url) base = BBK_URL_INIT;
	BBK_AUTO(instance) instance = BBK_INSTANCE_INIT;
	const struct bbk_detected *own = &setup->found;
	bool known = own->workspace &&
		     bbk_same_nocase(own->workspace, project->project) &&
		     !strcmp(own->instance.base, project->base);

	if (bbk_url_parse(&base, project->base, &ignored) == 0 &&
	    bbk_instance_open(&instance, setup->env, &base, &ignored) == 0 &&
	    (known || bbk_instance_may_list(&instance, setup->env,
					    project->project, false)))
		project->key = bbk_detect_cloud_project(&instance, setup->env,
							project->project,
							project->repo);
	if (project->key &&
	    bbk_instance_lists_project(&instance, setup->env,
				       project->project, project->key))
		project->state = BBK_SUBMODULE_ALLOWED;
}

void bbk_submodules_look_up(struct bbk_submodules *found,
			    const struct bbk_setup *setup)
{
	bbk_token_keep(&setup->found.instance, setup->env);
	for (size_t i = 0; i < found->projects_len; i++) {
		struct bbk_submodule_project *project = found->projects[i];

		if (project->state == BBK_SUBMODULE_WAITING &&
		    project->cloud && project->repo)
			look_up(project, setup);
	}
}

int bbk_submodules_ask(struct bbk_submodules *found, struct bbk_env *env,
		       struct bbk_err *err)
{
	size_t n = bbk_submodules_count(found, BBK_SUBMODULE_WAITING);
	char *question;
	int yes;

	if (!n || n > BBK_SUBMODULES_ASK || !env->term->can_ask(env->term))
		return 0;
	question = n == 1 ?
		bbk_strdup("Set up access to this project, too?") :
		bbk_strf("Set up access to these %zu projects, too?", n);
	yes = env->term->confirm(env->term, question, false, err);
	free(question);
	for (size_t i = 0; yes > 0 && i < found->projects_len; i++)
		if (found->projects[i]->state == BBK_SUBMODULE_WAITING)
			found->projects[i]->state = BBK_SUBMODULE_ALLOWED;
	return yes < 0 ? -1 : 0;
}

static void quiet(struct bbk_progress *progress, enum bbk_step step,
		  const struct bbk_setup *setup)
{
	(void)progress;
	(void)step;
	(void)setup;
}

/* What was given for one instance is not for another. */
static struct bbk_wish wish_for(const struct bbk_submodule_project *project,
				const struct bbk_setup *setup)
{
	const struct bbk_wish *own = setup->wish;
	struct bbk_wish wish = {
		.url = project->url, .has_scope = own->has_scope,
		.scope = own->scope, .new_key = own->new_key,
		.passphrase = own->passphrase, .expires = own->expires,
		.label = own->label, .has_key_type = own->has_key_type,
		.key_type = own->key_type,
	};

	if (strcmp(project->base, setup->found.instance.base) != 0)
		return wish;
	wish.key = own->key;
	wish.host_keys = own->host_keys;
	if (!setup->env->token.token.len)
		wish.token_file = own->token_file;
	return wish;
}

static void set_up(struct bbk_submodule_project *project,
		   struct bbk_setup *setup)
{
	struct bbk_progress progress = { quiet, quiet };
	struct bbk_wish wish = wish_for(project, setup);
	struct bbk_setup own;

	bbk_setup_init(&own, setup->env, &wish, &progress);
	project->state = bbk_setup_run(&own, &project->problem) == 0 ?
		BBK_SUBMODULE_DONE : BBK_SUBMODULE_FAILED;
	if (bbk_detected_owner(&own.found))
		bbk_replace(&project->project, bbk_detected_owner(&own.found));
	bbk_token_keep(&own.found.instance, setup->env);
	bbk_setup_release(&own);
}

void bbk_submodules_set_up(struct bbk_submodules *found,
			   struct bbk_setup *setup)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	struct bbk_config fresh = BBK_CONFIG_INIT;

	/* this run may be the one that enrolled the instance */
	if (bbk_config_load(&fresh, &ignored) == 0) {
		bbk_config_release(setup->env->config);
		*setup->env->config = fresh;
	}
	bbk_token_keep(&setup->found.instance, setup->env);
	for (size_t i = 0; i < found->projects_len; i++)
		if (found->projects[i]->state == BBK_SUBMODULE_ALLOWED)
			set_up(found->projects[i], setup);
}
