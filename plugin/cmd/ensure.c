#include "core/ensure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "cmd/cmd.h"
#include "cmd/usage.h"
#include "core/overhttps.h"
#include "core/talk.h"
#include "git/overhttps.h"

/* Called by git-bbkey-ssh; its parts come validated and are checked again. */
struct arguments {
	const char *user;
	const char *port;
	const char *repair;
	bool push;
	bool submodule;
	bool batch;
	bool offer;
	bool over_https;
	bool lfs;
	bool dot_git;
	bool settled;
};

#define FIELD(name) offsetof(struct arguments, name)

static const struct bbk_option ensure_options[] = {
	{ "user", BBK_OPTION_STRING, FIELD(user), "<name>",
	  "the ssh user (default: git)", NULL },
	{ "port", BBK_OPTION_STRING, FIELD(port), "<n>",
	  "the ssh port, if one was given", NULL },
	{ "repair", BBK_OPTION_STRING, FIELD(repair),
	  "denied|no-access|not-yet",
	  "what the server said to the key on record", NULL },
	{ "push", BBK_OPTION_FLAG, FIELD(push), NULL,
	  "the key on record may only read", NULL },
	{ "submodule", BBK_OPTION_FLAG, FIELD(submodule), NULL,
	  "the URL is not a person's", NULL },
	{ "batch", BBK_OPTION_FLAG, FIELD(batch), NULL, "nobody may be asked",
	  NULL },
	{ "offer", BBK_OPTION_FLAG, FIELD(offer), NULL,
	  "ssh can be run while the key is registered", NULL },
	{ "over-https", BBK_OPTION_FLAG, FIELD(over_https), NULL,
	  "the URL was https, and ssh cannot be had: be git's server", NULL },
	{ "lfs", BBK_OPTION_FLAG, FIELD(lfs), NULL,
	  "be git-lfs-authenticate, instead", NULL },
	{ "dot-git", BBK_OPTION_FLAG, FIELD(dot_git), NULL,
	  "the URL ends in .git", NULL },
	{ "settled", BBK_OPTION_FLAG, FIELD(settled), NULL,
	  "and it will stay so: leave that URL on https", NULL },
	{ .name = NULL },
};

#undef FIELD

/* --- the answer, as transport/help.h has it --------------------------- */

static void say(struct bbk_talk *talk, const char *word, const char *value)
{
	char *line = bbk_strf("%s %s", word, value);

	bbk_talk_say(talk, line);
	free(line);
}

static void say_outlook(struct bbk_talk *talk,
			const struct bbk_ensure_answer *answer)
{
	if (answer->known_hosts)
		say(talk, "known_hosts", answer->known_hosts);
	if (answer->outlook == BBK_OUTLOOK_SETTLED)
		bbk_talk_say(talk, "settled");
	if (answer->outlook == BBK_OUTLOOK_LOCKED)
		bbk_talk_say(talk, "locked");
}

static void say_answer(struct bbk_talk *talk,
		       const struct bbk_ensure_answer *answer,
		       const struct bbk_err *err)
{
	static const char *const words[] = { "plain", "ready", "fresh", "stop",
					     "over" };
	char *status = bbk_strf("%d", bbk_class_status(err->class));

	say_outlook(talk, answer);
	if (answer->result == BBK_ENSURED_STOP)
		say(talk, "stop", status);
	else if (answer->result != BBK_ENSURED_GONE)
		bbk_talk_say(talk, words[answer->result]);
	free(status);
}

static int run_ensure(struct bbk_env *env, struct bbk_ensure_wish *wish,
		      bool offer, struct bbk_err *err)
{
	BBK_AUTO(ensure_answer) answer = BBK_ENSURE_ANSWER_INIT;
	BBK_AUTO(talk) talk;
	int rc;

	bbk_talk_init(&talk, STDIN_FILENO, STDOUT_FILENO);
	if (offer)
		wish->offer = &talk.offer;
	rc = bbk_ensure(env, wish, &answer, err);
	if (answer.talk && !env->quiet)
		fprintf(env->err, "%s\n", answer.talk);
	say_answer(&talk, &answer, err);
	return rc;
}

/* --- over https ------------------------------------------------------- */

/* remote-https carries what is fetched alone. */
static int say_how_to_push(struct bbk_env *env,
			   const struct bbk_carried *carried)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(str) url = BBK_STR_INIT;

	if (!env->hints || bbk_carried_from(&url, env, carried, &ignored) != 0)
		return 1;
	fprintf(env->err, "hint: this URL is https; to push over that:\n"
			  "hint:   git -c url.%s.insteadOf=%s push\n",
		bbk_str_get(&url), bbk_str_get(&url));
	return 1;
}

/* As git-lfs makes it of an https URL, whose login is git's. */
static int answer_lfs(struct bbk_env *env, const struct bbk_carried *carried,
		      struct bbk_err *err)
{
	BBK_AUTO(str) url = BBK_STR_INIT;

	if (bbk_carried_from(&url, env, carried, err) != 0 ||
	    !bbk_git_verifies(bbk_str_get(&url)))
		return 1;
	if (bbk_ends(bbk_str_get(&url), "/"))
		bbk_str_cut(&url, url.len - 1);
	fprintf(env->out, "{\"href\": \"%s%s/info/lfs\"}\n",
		bbk_str_get(&url), carried->dot_git ? "" : ".git");
	return 0;
}

/*
 * What transport/run.c goes by: 0, git was served; class fatal's status, it
 * broke off; any other, nothing was said to git.
 */
static int go_over_https(struct bbk_env *env, const struct arguments *given,
			 const struct bbk_ensure_wish *ssh,
			 struct bbk_err *err)
{
	const struct bbk_carried carried = {
		.host = ssh->host, .port = ssh->port, .user = ssh->user,
		.owner = ssh->project, .repo = ssh->repo,
		.dot_git = given->dot_git,
	};
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	int rc;

	if (given->push)
		return say_how_to_push(env, &carried);
	if (given->lfs)
		return answer_lfs(env, &carried, err);
	rc = bbk_over_https(env, &carried, err);
	if (rc || !given->settled)
		return rc < 0 ? bbk_class_status(BBK_E_FATAL) : rc;
	if (bbk_stay_on_https(env, &carried, &ignored) == 0 && env->hints)
		fprintf(env->err, "git-bbkey: %s/%s stays on https; 'git bbkey "
				  "init' in it tries ssh again\n",
			ssh->project, ssh->repo);
	return 0;
}

/* --- the command ------------------------------------------------------ */

static int read_why(const struct arguments *given, struct bbk_ensure_wish *wish)
{
	static const struct {
		const char *word;
		enum bbk_ensure_why why;
	} words[] = {
		{ "denied", BBK_ENSURE_DENIED },
		{ "no-access", BBK_ENSURE_NO_ACCESS },
		{ "not-yet", BBK_ENSURE_NOT_YET },
	};

	wish->why = given->push ? BBK_ENSURE_PUSH : BBK_ENSURE_FIRST;
	if (!given->repair)
		return 0;
	for (size_t i = 0; i < BBK_ARRAY_LEN(words) && !given->push; i++) {
		if (strcmp(given->repair, words[i].word) != 0)
			continue;
		wish->why = words[i].why;
		return 0;
	}
	return -1;
}

static int ensure(struct bbk_env *env, int argc, char **argv,
		  struct bbk_err *err)
{
	BBK_AUTO(strv) args = BBK_STRV_INIT;
	struct bbk_common common = { 0 };
	struct arguments given = { .user = NULL };
	struct bbk_ensure_wish wish = { .user = "git" };
	long port = 0;

	if (bbk_options_parse(ensure_options, &given, &common, env, argc, argv,
			      &args, 3, NULL, err) < 0)
		return -1;
	if (common.help)
		return bbk_usage(env->out, &bbk_cmd_ensure);
	if (args.len != 3 || !bbk_host_is_valid(args.v[0]) ||
	    !bbk_project_is_valid(args.v[1]) ||
	    !bbk_repo_is_valid(args.v[2]) ||
	    (given.user && !bbk_user_is_valid(given.user)) ||
	    (given.port &&
	     bbk_parse_number(given.port, 1, 65535, &port) < 0) ||
	    read_why(&given, &wish) < 0)
		return bbk_err_set(err, BBK_E_USAGE,
				   "that is no host, project and repository "
				   "of Bitbucket");
	wish.host = args.v[0];
	wish.project = args.v[1];
	wish.repo = args.v[2];
	wish.port = (unsigned)port;
	if (given.user)
		wish.user = given.user;
	wish.submodule = given.submodule;
	wish.batch = given.batch;
	return given.over_https ? go_over_https(env, &given, &wish, err) :
				  run_ensure(env, &wish, given.offer, err);
}

const struct bbk_cmd bbk_cmd_ensure = {
	.name = "ensure",
	.usage = "git bbkey ensure [<options>] <host> <project> <repo>",
	.summary = "used by git-bbkey-ssh where there is no record",
	.internal = true,
	.options = ensure_options,
	.run = ensure,
};
