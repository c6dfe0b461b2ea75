#include "cmd/moved.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cloud.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/screen.h"
#include "cmd/setup_options.h"
#include "cmd/usage.h"
#include "core/automatic.h"
#include "core/moved.h"

#define SHOWN_MAX 40 /* URLs; the rest is counted, but with -v */

/* One run, and how it is told. */
struct run {
	struct bbk_env *env;
	bool dry_run;
	bool silent; /* --quiet, --json */
	bool enabled; /* old addresses are, or would be, carried over now */
	struct bbk_moved found;
};

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* --- for people ---------------------------------------------------------- */

static void line(const struct run *run, enum bbk_mark mark,
		 const struct bbk_str *text)
{
	if (!run->silent)
		bbk_screen_line(run->env->err, run->env, run->env->color,
				mark, bbk_str_get(text));
}

static void add_path(struct bbk_str *text, const struct run *run,
		     const char *path)
{
	char *shown = bbk_path_shown(path, run->env->paths.home);

	bbk_str_add(text, shown);
	free(shown);
}

static void add_scrubbed(struct bbk_str *text, const char *foreign)
{
	char *shown = bbk_scrubbed(foreign);

	bbk_str_add(text, shown);
	free(shown);
}

/* "~/src/app, remote.origin.url: <old> would become <new>" */
static void say_url(const struct run *run, const struct bbk_moved_url *url)
{
	static const struct {
		enum bbk_mark mark;
		const char *verb;
	} words[] = {
		[BBK_MOVED_PLANNED] = { BBK_MARK_PLANNED, "would become" },
		[BBK_MOVED_DONE] = { BBK_MARK_DONE, "is now" },
		[BBK_MOVED_FAILED] = { BBK_MARK_FAILED, "does not become" },
	};
	BBK_AUTO(str) text = BBK_STR_INIT;

	add_path(&text, run, url->repository);
	bbk_str_add(&text, ", ");
	add_scrubbed(&text, url->key);
	bbk_str_addf(&text, ": %s %s %s", url->from, words[url->state].verb,
		     url->to);
	if (url->problem.what) {
		bbk_str_add(&text, ": ");
		add_scrubbed(&text, url->problem.what);
	}
	line(run, words[url->state].mark, &text);
}

static void say_urls(const struct run *run, enum bbk_moved_state state)
{
	size_t count = bbk_moved_count(&run->found, state), shown = 0;
	BBK_AUTO(str) text = BBK_STR_INIT;

	for (size_t i = 0; i < run->found.len; i++)
		if (run->found.v[i].state == state &&
		    (shown++ < SHOWN_MAX || run->env->verbose))
			say_url(run, &run->found.v[i]);
	if (count <= SHOWN_MAX || run->env->verbose)
		return;
	bbk_str_addf(&text, "and %zu more, which -v shows",
		     count - SHOWN_MAX);
	line(run, state == BBK_MOVED_DONE ? BBK_MARK_DONE : BBK_MARK_PLANNED,
	     &text);
}

/* "3 folders cannot be read"; with -v, or where they matter, by name. */
static void say_left_out(const struct run *run, const struct bbk_strv *paths,
			 const char *one, const char *many, bool named)
{
	BBK_AUTO(str) text = BBK_STR_INIT;
	size_t i;

	if (!paths->len)
		return;
	bbk_str_addf(&text, "Left alone: %zu %s", paths->len,
		     paths->len == 1 ? one : many);
	named = named || run->env->verbose;
	for (i = 0; named && i < paths->len &&
	     (i < SHOWN_MAX || run->env->verbose); i++) {
		bbk_str_add(&text, i ? ", " : ": ");
		add_path(&text, run, paths->v[i]);
	}
	if (named && i < paths->len)
		bbk_str_add(&text, ", ...");
	line(run, BBK_MARK_PLANNED, &text);
}

static void say_all_left_out(const struct run *run)
{
	const struct bbk_strv *skipped = run->found.gitdirs.skipped;

	say_left_out(run, &skipped[BBK_GITDIRS_FOREIGN],
		     "repository of another user",
		     "repositories of other users", true);
	say_left_out(run, &skipped[BBK_GITDIRS_LINKED],
		     "repository behind a symbolic link",
		     "repositories behind symbolic links", true);
	say_left_out(run, &run->found.broken,
		     "configuration that git cannot read",
		     "configurations that git cannot read", true);
	say_left_out(run, &run->found.refused,
		     "URL that no repository of Bitbucket has",
		     "URLs that no repository of Bitbucket has", false);
	say_left_out(run, &skipped[BBK_GITDIRS_MOUNTED],
		     "folder on another file system",
		     "folders on other file systems", true);
	say_left_out(run, &skipped[BBK_GITDIRS_UNREADABLE],
		     "folder that cannot be read",
		     "folders that cannot be read", false);
	say_left_out(run, &skipped[BBK_GITDIRS_DEEP], "folder that is too deep",
		     "folders that are too deep", false);
}

/* A command must say a name as it is, or not at all. */
static bool is_printable(const char *text)
{
	BBK_AUTO(str) shown = BBK_STR_INIT;

	bbk_scrub(&shown, text, strlen(text), strlen(text));
	return bbk_same(bbk_str_get(&shown), text);
}

/* A command is for copying: it is not folded. */
static void say_how_to_undo(const struct run *run)
{
	for (size_t i = 0; i < run->found.len; i++) {
		const struct bbk_moved_url *url = &run->found.v[i];
		char *file, *key;

		if (url->state != BBK_MOVED_DONE ||
		    !is_printable(url->file) || !is_printable(url->key))
			continue;
		file = bbk_shell_quoted(url->file);
		key = bbk_shell_quoted(url->key);
		fprintf(run->env->err,
			"To undo one of them:\n    git config --file %s "
			"--fixed-value --replace-all %s %s %s\n",
			file, key, url->from, url->to);
		free(file);
		free(key);
		return;
	}
}

/* The address is new to ssh, too, which asks a person whom to believe. */
static void say_how_to_vouch(const struct run *run)
{
	if (!bbk_config_base(run->env->config, BBK_CLOUD_BASE, "edition"))
		fprintf(run->env->err,
			"ssh may ask about the host key of " BBK_CLOUD_SSH_HOST
			". To have it checked for you:\n"
			"    git bbkey init " BBK_CLOUD_BASE "\n");
}

static void say_end(const struct run *run)
{
	const struct bbk_moved *found = &run->found;
	size_t done = bbk_moved_count(found, BBK_MOVED_DONE);
	size_t in = bbk_moved_repositories(found, BBK_MOVED_DONE);
	size_t all = found->gitdirs.len;

	if (run->silent)
		return;
	if (!found->len)
		fprintf(run->env->err, all == 1 ?
			"%zu repository found; it has no old address of "
			"Bitbucket Cloud.\n" :
			"%zu repositories found; none has an old address of "
			"Bitbucket Cloud.\n", all);
	else if (done)
		fprintf(run->env->err, "%zu URL%s rewritten in %zu of %zu "
				       "repositor%s.\n", done, plural(done),
			in, all, all == 1 ? "y" : "ies");
	else
		fprintf(run->env->err, "Nothing was changed%s.\n",
			run->dry_run ? " (--dry-run)" : "");
	say_how_to_undo(run);
	if (found->len)
		say_how_to_vouch(run);
}

/* --- JSON ---------------------------------------------------------------- */

static struct json_t *json_urls(const struct bbk_moved *found)
{
	static const char *const states[] = { "planned", "done", "failed" };
	struct json_t *list = bbk_json_new_array();

	for (size_t i = 0; i < found->len; i++) {
		const struct bbk_moved_url *url = &found->v[i];
		struct json_t *part = bbk_json_new_object();

		bbk_json_put_string(part, "repository", url->repository);
		bbk_json_put_string(part, "key", url->key);
		bbk_json_put_string(part, "from", url->from);
		bbk_json_put_string(part, "to", url->to);
		bbk_json_put_string(part, "state", states[url->state]);
		bbk_json_put_string(part, "problem", url->problem.what);
		bbk_json_append(list, part);
	}
	return list;
}

static void put_left_out(struct json_t *list, const char *why,
			 const struct bbk_strv *paths)
{
	for (size_t i = 0; i < paths->len; i++) {
		struct json_t *part = bbk_json_new_object();

		bbk_json_put_string(part, "path", paths->v[i]);
		bbk_json_put_string(part, "why", why);
		bbk_json_append(list, part);
	}
}

static void print_json(const struct run *run)
{
	static const char *const why[] = { "foreign", "link", "unreadable",
					   "mount", "deep" };
	const struct bbk_moved *found = &run->found;
	struct json_t *left_out = bbk_json_new_array();
	size_t done = bbk_moved_count(found, BBK_MOVED_DONE);
	size_t planned = bbk_moved_count(found, BBK_MOVED_PLANNED);
	BBK_AUTO(json) json = BBK_JSON_INIT;

	json.root = bbk_json_new_object();
	bbk_json_put_int(json.root, "version", 1);
	bbk_json_put_bool(json.root, "changed",
			  done || run->enabled || (run->dry_run && planned));
	bbk_json_put_int(json.root, "repositories",
			 (int64_t)found->gitdirs.len);
	bbk_json_put(json.root, "rewritten", json_urls(found));
	for (int i = 0; i < BBK_GITDIRS_SKIPS; i++)
		put_left_out(left_out, why[i], &found->gitdirs.skipped[i]);
	put_left_out(left_out, "url", &found->refused);
	put_left_out(left_out, "broken", &found->broken);
	bbk_json_put(json.root, "left_alone", left_out);
	bbk_print_json(run->env->out, &json);
}

/* --- the run ------------------------------------------------------------- */

/* 1: do it, 0: not. */
static int ask(const struct run *run, struct bbk_err *err)
{
	struct bbk_term *term = run->env->term;
	size_t in = bbk_moved_repositories(&run->found, BBK_MOVED_PLANNED);
	size_t len = run->found.len;
	char *question;
	int answer;

	if (!len || run->dry_run)
		return 0;
	if (!term->can_ask(term))
		return 1;
	question = bbk_strf("Rewrite %zu URL%s in %zu repositor%s?", len,
			    plural(len), in, in == 1 ? "y" : "ies");
	answer = term->confirm(term, question, true, err);
	free(question);
	return answer;
}

static int find(struct run *run, const struct bbk_strv *folders,
		struct bbk_err *err)
{
	BBK_AUTO(strv) here = BBK_STRV_INIT;
	BBK_AUTO(url) to = BBK_URL_INIT;

	bbk_strv_add(&here, ".");
	if (bbk_moved_target(&to, run->env->config, err) < 0)
		return -1;
	return bbk_moved_find(&run->found, folders->len ? folders : &here, &to,
			      err);
}

/* What stays as it is, or comes later, is carried over by insteadOf. */
static int carry_over(struct run *run, struct bbk_err *err)
{
	BBK_AUTO(str) text = BBK_STR_INIT;

	if (bbk_carry_old_names(run->env, run->dry_run, &run->enabled, err) < 0)
		return -1;
	bbk_str_addf(&text, "Old addresses %s carried over to %s",
		     run->dry_run ? "would be" : "are", BBK_CLOUD_SSH_HOST);
	if (run->enabled)
		line(run, run->dry_run ? BBK_MARK_PLANNED : BBK_MARK_DONE,
		     &text);
	return 0;
}

/* The first failure is the command's. */
static int failure(const struct bbk_moved *found, struct bbk_err *err)
{
	size_t failed = bbk_moved_count(found, BBK_MOVED_FAILED);
	size_t i = 0;

	if (!failed)
		return 0;
	while (found->v[i].state != BBK_MOVED_FAILED)
		i++;
	bbk_err_set(err, found->v[i].problem.class, "%s",
		    found->v[i].problem.what);
	if (found->v[i].problem.hint)
		bbk_err_hint(err, "%s", found->v[i].problem.hint);
	return failed == 1 ?
		bbk_err_wrap(err, "cannot rewrite a URL of '%s'",
			     found->v[i].repository) :
		bbk_err_wrap(err, "cannot rewrite %zu URLs, the first of '%s'",
			     failed, found->v[i].repository);
}

/* Not after a no; where there is nothing to rewrite, none was asked. */
static bool may_carry_over(const struct run *run, int answer)
{
	return answer || run->dry_run || !run->found.len;
}

static int go(struct run *run, const struct bbk_strv *folders, bool json,
	      struct bbk_err *err)
{
	bool asks = run->env->term->can_ask(run->env->term);
	int answer;

	if (find(run, folders, err) < 0)
		return -1;
	if (run->dry_run || asks)
		say_urls(run, BBK_MOVED_PLANNED);
	answer = ask(run, err);
	if (answer < 0 || (may_carry_over(run, answer) &&
			   carry_over(run, err) < 0))
		return -1;
	if (answer)
		bbk_moved_rewrite(&run->found);
	if (!asks)
		say_urls(run, BBK_MOVED_DONE);
	say_urls(run, BBK_MOVED_FAILED);
	if (!run->silent)
		say_all_left_out(run);
	say_end(run);
	if (json)
		print_json(run);
	return failure(&run->found, err);
}

int bbk_moved_on_screen(struct bbk_env *env, const struct bbk_strv *folders,
			bool dry_run, bool json, struct bbk_err *err)
{
	struct run run = { .env = env, .dry_run = dry_run,
			   .silent = env->quiet || json,
			   .found = BBK_MOVED_INIT };
	int rc = go(&run, folders, json, err);

	bbk_moved_release(&run.found);
	return rc;
}

/* --- init --all ---------------------------------------------------------- */

static const struct bbk_option all_options[] = {
	{ "all", BBK_OPTION_FLAG, 0, NULL,
	  "rewrite old addresses of Bitbucket Cloud in all clones", NULL },
	{ .name = NULL },
};

int bbk_init_all(struct bbk_env *env, int argc, char **argv,
		 struct bbk_err *err)
{
	BBK_AUTO(strv) folders = BBK_STRV_INIT;
	struct bbk_common common = { 0 };
	bool all = false;

	if (bbk_options_parse(all_options, &all, &common, env, argc, argv,
			      &folders, SIZE_MAX, NULL, err) < 0)
		return bbk_err_hint(err, "with --all, init takes folders, and "
				    "of the options --dry-run, --yes, --json "
				    "and the like");
	if (common.help)
		return bbk_usage(env->out, &bbk_cmd_init);
	return bbk_moved_on_screen(env, &folders, common.dry_run, common.json,
				   err);
}
