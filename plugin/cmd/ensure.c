#include "core/ensure.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "cmd/cmd.h"
#include "cmd/usage.h"
#include "core/talk.h"

/* Called by git-bbkey-ssh; its parts come validated and are checked again. */
struct arguments {
	const char *user;
	const char *port;
	const char *repair;
	bool push;
	bool submodule;
	bool batch;
	bool offer;
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
	{ .name = NULL },
};

#undef FIELD

/* --- the answer, as transport/help.h has it --------------------------- */

static void answer(struct bbk_talk *talk, enum bbk_ensured result,
		   const struct bbk_err *err)
{
	static const char *const words[] = { "plain", "ready", "fresh", "stop",
					     "over" };
	char *stop;

	if (result == BBK_ENSURED_STOP) {
		stop = bbk_strf("stop %d", bbk_class_status(err->class));
		bbk_talk_say(talk, stop);
		free(stop);
	} else if (result != BBK_ENSURED_GONE) {
		bbk_talk_say(talk, words[result]);
	}
}

static int run_ensure(struct bbk_env *env, struct bbk_ensure_wish *wish,
		      bool offer, struct bbk_err *err)
{
	BBK_AUTO(talk) talk;
	enum bbk_ensured result = BBK_ENSURED_PLAIN;
	char *said = NULL;
	int rc;

	bbk_talk_init(&talk, STDIN_FILENO, STDOUT_FILENO);
	if (offer)
		wish->offer = &talk.offer;
	rc = bbk_ensure(env, wish, &result, &said, err);
	if (said && !env->quiet)
		fprintf(env->err, "%s\n", said);
	free(said);
	answer(&talk, result, err);
	return rc;
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
	return run_ensure(env, &wish, given.offer, err);
}

const struct bbk_cmd bbk_cmd_ensure = {
	.name = "ensure",
	.usage = "git bbkey ensure [<options>] <host> <project> <repo>",
	.summary = "used by git-bbkey-ssh where there is no record",
	.internal = true,
	.options = ensure_options,
	.run = ensure,
};
