#include "core/ensure.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "cmd/cmd.h"
#include "cmd/usage.h"

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
	{ "repair", BBK_OPTION_STRING, FIELD(repair), "denied|no-access",
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

/* --- the talk with git-bbkey-ssh, as transport/help.h has it ---------- */

struct talk {
	struct bbk_offer offer;
	FILE *out;
	struct bbk_str heard;
};

static void make_offer(struct bbk_offer *offer,
		       const struct bbk_record *record,
		       const struct bbk_strv *pins)
{
	struct talk *talk = (struct talk *)offer;

	fprintf(talk->out, "key %s\n", record->key);
	if (record->agent)
		fprintf(talk->out, "agent yes\n");
	if (record->known_hosts)
		fprintf(talk->out, "known_hosts %s\n", record->known_hosts);
	for (size_t i = 0; i < pins->len; i++)
		fprintf(talk->out, "pin %s\n", pins->v[i]);
	fprintf(talk->out, "offer\n");
	fflush(talk->out);
}

static void tell_key(struct bbk_offer *offer, const struct bbk_record *record)
{
	struct talk *talk = (struct talk *)offer;

	if (record->key)
		fprintf(talk->out, "key %s\n", record->key);
}

static void let_go(struct bbk_offer *offer)
{
	struct talk *talk = (struct talk *)offer;

	fprintf(talk->out, "fresh\n");
	fflush(talk->out);
}

/* "<name> <type> <blob> <fingerprint>" */
static int read_hostkey(struct bbk_hostkey *key, const char *text)
{
	char **fields[] = { &key->name, &key->type, &key->blob,
			    &key->fingerprint };

	for (size_t i = 0; i < BBK_ARRAY_LEN(fields); i++) {
		size_t len = strcspn(text, " ");

		if (!len)
			return -1;
		free(*fields[i]);
		*fields[i] = bbk_strndup(text, len);
		text += len + (text[len] == ' ');
	}
	return 0;
}

/* A line into talk->heard: 1; its end, 0; not within max_ms, -2 */
static int hear(struct talk *talk, int64_t max_ms)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	char c;
	ssize_t n;
	int ready;

	for (;;) {
		ready = poll(&in, 1, (int)max_ms);
		if (ready == 0)
			return -2;
		n = ready < 0 ? -1 : read(STDIN_FILENO, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || talk->heard.len > 65536)
			return 0;
		if (c == '\n')
			return 1;
		bbk_str_addc(&talk->heard, c);
	}
}

static int wait_for_ssh(struct bbk_offer *offer, struct bbk_hostkey *seen,
			int64_t max_ms)
{
	struct talk *talk = (struct talk *)offer;
	const char *line;
	int rc = hear(talk, max_ms);

	if (rc <= 0)
		return rc == 0 ? -1 : rc;
	line = bbk_str_get(&talk->heard);
	if (bbk_begins(line, "other "))
		return 0;
	if (bbk_begins(line, "failed "))
		bbk_replace(&offer->said, line + 7);
	return bbk_begins(line, "seen ") &&
			       read_hostkey(seen, line + 5) == 0 ? 1 : -1;
}

static void answer(const struct bbk_env *env, enum bbk_ensured result,
		   const struct bbk_err *err)
{
	static const char *const words[] = { "plain", "ready", "fresh",
					     "stop", "over" };

	if (result == BBK_ENSURED_STOP)
		fprintf(env->out, "stop %d\n", bbk_class_status(err->class));
	else if (result != BBK_ENSURED_GONE)
		fprintf(env->out, "%s\n", words[result]);
}

static int run_ensure(struct bbk_env *env, struct bbk_ensure_wish *wish,
		      bool offer, struct bbk_err *err)
{
	struct talk talk = { .offer = { make_offer, tell_key, wait_for_ssh,
				       let_go, NULL },
			     .out = env->out, .heard = BBK_STR_INIT };
	enum bbk_ensured result = BBK_ENSURED_PLAIN;
	char *said = NULL;
	int rc;

	if (offer)
		wish->offer = &talk.offer;
	rc = bbk_ensure(env, wish, &result, &said, err);
	if (said && !env->quiet)
		fprintf(env->err, "%s\n", said);
	free(said);
	free(talk.offer.said);
	bbk_str_release(&talk.heard);
	answer(env, result, err);
	return rc;
}

/* --- the command ------------------------------------------------------ */

static int read_why(const struct arguments *given, struct bbk_ensure_wish *wish)
{
	wish->why = given->push ? BBK_ENSURE_PUSH : BBK_ENSURE_FIRST;
	if (!given->repair)
		return 0;
	wish->why = !strcmp(given->repair, "denied") ? BBK_ENSURE_DENIED :
						       BBK_ENSURE_NO_ACCESS;
	return given->push || (strcmp(given->repair, "denied") != 0 &&
			       strcmp(given->repair, "no-access") != 0) ?
		-1 : 0;
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
