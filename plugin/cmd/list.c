#include "core/list.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "cmd/bar.h"
#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/usage.h"

struct arguments {
	struct bbk_list_wish wish;
	bool public;
};

#define FIELD(name) offsetof(struct arguments, name)

static const struct bbk_option list_options[] = {
	{ "project", BBK_OPTION_STRING, FIELD(wish.where.project), "<KEY>",
	  "the keys that are registered on a project", NULL },
	{ "repo", BBK_OPTION_STRING, FIELD(wish.where.repo), "<KEY>/<slug>",
	  "the keys that are registered on a repository", NULL },
	{ "account", BBK_OPTION_FLAG, FIELD(wish.where.account), NULL,
	  "the keys of your own account", NULL },
	{ "all", BBK_OPTION_FLAG, FIELD(wish.where.all), NULL,
	  "the keys of everything that the token can see", NULL },
	{ "base", BBK_OPTION_STRING, FIELD(wish.where.base), "<base>",
	  "the instance, where several are set up", NULL },
	{ "remote", BBK_OPTION_STRING, FIELD(wish.where.remote), "<name>",
	  "the remote that says which instance (default: origin)", NULL },
	{ "token-file", BBK_OPTION_STRING, FIELD(wish.token_file), "<path>",
	  "read the HTTP access token from a file", NULL },
	{ "public", BBK_OPTION_FLAG, FIELD(public), NULL,
	  "only the public key lines of git-bbkey's own keys", NULL },
	{ .name = NULL },
};

#undef FIELD

/* The public halves of ours, for a place only those that open it. */
static int print_public(const struct bbk_env *env, const struct bbk_list *list,
			bool here, struct bbk_err *err)
{
	size_t printed = 0;

	for (size_t i = 0; i < list->keys.len; i++) {
		const struct bbk_machine_key *key = &list->keys.v[i];
		char *comment;

		if (!key->public.blob ||
		    (here ? !key->ours : !bbk_list_is_about(list, key)))
			continue;
		comment = bbk_scrubbed(key->public.comment);
		fprintf(env->out, "%s %s %s\n", key->public.type,
			key->public.blob, comment);
		free(comment);
		printed++;
	}
	if (printed)
		return 0;
	bbk_err_set(err, BBK_E_KEYFILE, here ?
		    "git-bbkey has made no key on this machine" :
		    "no key of this machine is on record for that");
	return bbk_err_hint(err, "'git bbkey init' makes one");
}

/* The first that only some places met; all of it is shown by then. */
static int failure_of(struct bbk_list *list, struct bbk_err *err)
{
	struct bbk_err *why = &list->listings.why;

	for (size_t i = 0; !why->class && i < list->listings.len; i++) {
		struct bbk_listing *one = list->listings.v[i];

		if (one->why.class && one->why.class != BBK_E_PERMISSION)
			why = &one->why;
	}
	if (!why->class)
		return 0;
	*err = *why;
	*why = (struct bbk_err)BBK_ERR_INIT;
	return -1;
}

static void told(void *bar, size_t done, size_t known)
{
	bbk_bar_show(bar, done, known);
}

static int run_list(struct bbk_env *env, const struct arguments *given,
		    bool json, struct bbk_err *err)
{
	BBK_AUTO(list) list = BBK_LIST_INIT;
	struct bbk_bar bar;
	int rc;

	bbk_bar_init(&bar, env, "Asking");
	rc = bbk_list_get(&list, env, &given->wish, told, &bar, err);
	bbk_bar_clear(&bar);
	if (rc < 0)
		return -1;
	if (given->public)
		return print_public(env, &list, given->wish.here, err);
	if (json)
		bbk_list_print_json(env, &list);
	else if (given->wish.here)
		bbk_list_print_keys(env, &list);
	else
		bbk_list_print_grants(env, &list, given->wish.where.all);
	return failure_of(&list, err);
}

static int list(struct bbk_env *env, int argc, char **argv,
		struct bbk_err *err)
{
	BBK_AUTO(strv) args = BBK_STRV_INIT;
	struct bbk_common common = { 0 };
	struct arguments given = { .public = false };
	struct bbk_list_wish *wish = &given.wish;

	if (bbk_options_parse(list_options, &given, &common, env, argc, argv,
			      &args, 1, NULL, err) < 0)
		return -1;
	if (common.help)
		return bbk_usage(env->out, &bbk_cmd_list);
	wish->where.url = args.len ? args.v[0] : NULL;
	wish->here = !wish->where.url && !wish->where.project &&
		     !wish->where.repo && !wish->where.account &&
		     !wish->where.all;
	wish->offline = given.public;
	return run_list(env, &given, common.json, err);
}

const struct bbk_cmd bbk_cmd_list = {
	.name = "list",
	.usage = "git bbkey list [<url> | --project <KEY> | "
		 "--repo <KEY>/<slug> | --account | --all] [--public]",
	.summary = "the keys on this machine, and those that Bitbucket has",
	.options = list_options,
	.run = list,
};
