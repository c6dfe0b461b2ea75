#include "cmd/submodules.h"

#include <stdlib.h>

#include "base/text.h"
#include "cmd/screen.h"

#define SHOWN_MAX 20 /* projects of one kind; the rest is counted */
#define NAMES_MAX 3

static void line(const struct bbk_env *env, enum bbk_mark mark,
		 const struct bbk_str *text)
{
	bbk_screen_line(env->err, env, env->color, mark, bbk_str_get(text));
}

/* "project LIB (2 submodules)", and of which instance if it is another one */
static void add_project(struct bbk_str *text,
			const struct bbk_submodule_project *project,
			const struct bbk_after *after)
{
	bbk_str_addf(text, project->repo ? "repository %s/%s" : "project %s%s",
		     project->project, project->repo ? project->repo : "");
	if (!bbk_same(project->base, after->setup->found.instance.base))
		bbk_str_addf(text, " of %s", project->base);
	bbk_str_addf(text, " (%zu submodule%s)", project->submodules,
		     project->submodules == 1 ? "" : "s");
}

static void say_project(const struct bbk_submodule_project *project,
			const struct bbk_after *after)
{
	static const struct {
		enum bbk_mark mark;
		const char *text;
	} ends[] = {
		[BBK_SUBMODULE_READY] = { BBK_MARK_DONE, " is set up already" },
		[BBK_SUBMODULE_WAITING] = { BBK_MARK_PLANNED,
					    " is not set up" },
		[BBK_SUBMODULE_ALLOWED] = { BBK_MARK_PLANNED,
					    " would be set up" },
		[BBK_SUBMODULE_DONE] = { BBK_MARK_DONE, " is set up now" },
		[BBK_SUBMODULE_FAILED] = { BBK_MARK_FAILED,
					   " could not be set up" },
	};
	BBK_AUTO(str) text = BBK_STR_INIT;

	bbk_str_add(&text, "Access to ");
	add_project(&text, project, after);
	bbk_str_add(&text, ends[project->state].text);
	if (project->problem.what) {
		char *what = bbk_scrubbed(project->problem.what);

		bbk_str_addf(&text, ": %s", what);
		free(what);
	}
	line(after->setup->env, ends[project->state].mark, &text);
}

static void say_projects(const struct bbk_submodules *found,
			 enum bbk_submodule_state state,
			 const struct bbk_after *after)
{
	size_t count = bbk_submodules_count(found, state), shown = 0;
	BBK_AUTO(str) text = BBK_STR_INIT;

	for (size_t i = 0; i < found->projects_len; i++)
		if (found->projects[i]->state == state &&
		    shown++ < SHOWN_MAX)
			say_project(found->projects[i], after);
	if (count <= SHOWN_MAX)
		return;
	bbk_str_addf(&text, "and %zu more projects", count - SHOWN_MAX);
	line(after->setup->env, BBK_MARK_PLANNED, &text);
}

/* A command is for copying: it is not folded. */
static void say_how_to_allow(const struct bbk_submodules *found,
			     const struct bbk_env *env)
{
	size_t shown = 0;

	if (!bbk_submodules_count(found, BBK_SUBMODULE_WAITING))
		return;
	fprintf(env->err, "To allow it, run this and then 'git bbkey init "
			  "--submodules' again:\n");
	for (size_t i = 0; i < found->projects_len && shown < SHOWN_MAX; i++) {
		char *command;

		if (found->projects[i]->state != BBK_SUBMODULE_WAITING)
			continue;
		command = bbk_submodule_allow_command(found->projects[i]);
		fprintf(env->err, "    %s\n", command);
		free(command);
		shown++;
	}
}

/* "2 submodules on other hosts are left alone: github.com, gitlab.com" */
static void say_others(const struct bbk_submodules *found,
		       enum bbk_submodule_state state, const char *what,
		       const struct bbk_env *env)
{
	BBK_AUTO(strv) names = BBK_STRV_INIT;
	BBK_AUTO(str) text = BBK_STR_INIT;
	size_t count = 0;

	for (size_t i = 0; i < found->len; i++) {
		const struct bbk_submodule *submodule = &found->v[i];
		char *name;

		if (submodule->project || submodule->state != state)
			continue;
		count++;
		name = bbk_scrubbed(state == BBK_SUBMODULE_ELSEWHERE ?
				    submodule->host : submodule->name);
		if (names.len <= NAMES_MAX && !bbk_strv_has(&names, name))
			bbk_strv_add(&names, name);
		free(name);
	}
	if (!count)
		return;
	bbk_str_addf(&text, "%zu submodule%s %s %s left alone:", count,
		     count == 1 ? "" : "s", what, count == 1 ? "is" : "are");
	for (size_t i = 0; i < names.len && i < NAMES_MAX; i++)
		bbk_str_addf(&text, "%s %s", i ? "," : "", names.v[i]);
	if (names.len > NAMES_MAX)
		bbk_str_add(&text, ", ...");
	line(env, BBK_MARK_PLANNED, &text);
}

static void say_what_is_there(const struct bbk_submodules *found,
			      const struct bbk_after *after)
{
	const struct bbk_env *env = after->setup->env;

	if (after->silent)
		return;
	if (!found->len)
		bbk_screen_line(env->err, env, env->color, BBK_MARK_DONE,
				"This repository has no submodules");
	say_projects(found, BBK_SUBMODULE_READY, after);
	say_projects(found, BBK_SUBMODULE_WAITING, after);
	say_others(found, BBK_SUBMODULE_ELSEWHERE, "on other hosts", env);
	say_others(found, BBK_SUBMODULE_REFUSED,
		   "with a URL that no repository of Bitbucket has", env);
}

int bbk_submodules_on_screen(struct bbk_submodules *found,
			     struct bbk_after *after, struct bbk_err *err)
{
	struct bbk_setup *setup = after->setup;

	if (bbk_submodules_find(found, setup, err) < 0)
		return -1;
	bbk_submodules_look_up(found, setup);
	say_what_is_there(found, after);
	if (!setup->wish->dry_run) {
		if (bbk_submodules_ask(found, setup->env, err) < 0)
			return -1;
		bbk_submodules_set_up(found, setup);
	}
	if (bbk_submodules_count(found, BBK_SUBMODULE_DONE) ||
	    bbk_submodules_count(found, BBK_SUBMODULE_ALLOWED))
		after->changed = true;
	bbk_submodules_json(found, after);
	if (after->silent)
		return 0;
	say_projects(found, BBK_SUBMODULE_ALLOWED, after);
	say_projects(found, BBK_SUBMODULE_DONE, after);
	say_projects(found, BBK_SUBMODULE_FAILED, after);
	say_how_to_allow(found, setup->env);
	return 0;
}

int bbk_submodules_failure(struct bbk_submodules *found, struct bbk_err *err)
{
	for (size_t i = 0; i < found->projects_len; i++) {
		struct bbk_submodule_project *project = found->projects[i];

		if (project->state != BBK_SUBMODULE_FAILED)
			continue;
		*err = project->problem;
		project->problem = (struct bbk_err)BBK_ERR_INIT;
		return bbk_err_wrap(err, "cannot set up the submodules' "
					 "project '%s'", project->project);
	}
	return 0;
}

void bbk_submodules_json(const struct bbk_submodules *found,
			 struct bbk_after *after)
{
	struct json_t *list = bbk_json_new_array();

	for (size_t i = 0; i < found->len; i++) {
		const struct bbk_submodule *submodule = &found->v[i];
		const struct bbk_submodule_project *project =
			submodule->project;
		struct json_t *part = bbk_json_new_object();

		bbk_json_put_string(part, "name", submodule->name);
		bbk_json_put_string(part, "url", submodule->url);
		bbk_json_put_string(part, "base_url",
				    project ? project->base : NULL);
		bbk_json_put_string(part, "project",
				    project ? project->project : NULL);
		bbk_json_put_string(part, "repo", submodule->repo);
		bbk_json_put_string(part, "state", bbk_submodule_state_word(
			project ? project->state : submodule->state));
		bbk_json_append(list, part);
	}
	bbk_json_put(after->json, "submodules", list);
}
