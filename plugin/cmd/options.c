#include "cmd/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define OPTIONS_MAX 40
#define FIRST_LONG 1000 /* beyond every letter */

const struct bbk_option bbk_common_options[] = {
	{ "help", BBK_OPTION_FLAG, offsetof(struct bbk_common, help), NULL,
	  "show this (also -h)", NULL },
	{ "verbose", BBK_OPTION_FLAG, 0, NULL, "say more (also -v)", NULL },
	{ "quiet", BBK_OPTION_FLAG, 0, NULL, "only say what fails (also -q)",
	  NULL },
	{ "json", BBK_OPTION_FLAG, offsetof(struct bbk_common, json), NULL,
	  "print one JSON object", NULL },
	{ "dry-run", BBK_OPTION_FLAG, offsetof(struct bbk_common, dry_run),
	  NULL, "show what would be done (also -n)", NULL },
	{ "yes", BBK_OPTION_FLAG, 0, NULL, "ask nothing (also -y)", NULL },
	{ "color", BBK_OPTION_STRING, 0, "auto|always|never",
	  "colour on the terminal", NULL },
	{ .name = NULL },
};

static int add_long(struct option *longs, int n,
		    const struct bbk_option *table, int first)
{
	for (int i = 0; table && table[i].name && n < OPTIONS_MAX; i++)
		longs[n++] = (struct option){
			table[i].name,
			table[i].arg ? required_argument : no_argument, NULL,
			first + i };
	return n;
}

static int bad_usage(int got, char *const *argv, struct bbk_err *err)
{
	char letter[] = { '-', (char)optopt, '\0' };
	char *shown = bbk_scrubbed(optopt && optopt < FIRST_LONG ?
				   letter : argv[optind - 1]);

	if (got == ':')
		bbk_err_set(err, BBK_E_USAGE, "option '%s' needs a value",
			    shown);
	else
		bbk_err_set(err, BBK_E_USAGE, "unknown option '%s'", shown);
	bbk_err_hint(err, "see: git bbkey %s -h", argv[0]);
	free(shown);
	return -1;
}

static int set_option(const struct bbk_option *option, void *options,
		      const char *value, struct bbk_err *err)
{
	char *field = (char *)options + option->offset;

	switch (option->kind) {
	case BBK_OPTION_FLAG:
		*(bool *)(void *)field = true;
		return 0;
	case BBK_OPTION_STRING:
		*(const char **)(void *)field = value;
		return 0;
	case BBK_OPTION_LIST:
		bbk_strv_add((struct bbk_strv *)(void *)field, value);
		return 0;
	case BBK_OPTION_DAYS:
		if (!bbk_parse_number(value, 1, 36500, (long *)(void *)field))
			return 0;
		return bbk_err_set(err, BBK_E_USAGE,
				   "--%s takes a number of days",
				   option->name);
	default:
		return option->set(options, value, err);
	}
}

static int set_color(struct bbk_env *env, const char *value,
		     struct bbk_err *err)
{
	if (!strcmp(value, "always"))
		env->color = env->out_color = true;
	else if (!strcmp(value, "never"))
		env->color = env->out_color = false;
	else if (strcmp(value, "auto") != 0)
		return bbk_err_set(err, BBK_E_USAGE,
				   "--color is auto, always or never");
	return 0;
}

static int set_common(int letter, struct bbk_common *common,
		      struct bbk_env *env, const char *value,
		      struct bbk_err *err)
{
	switch (letter) {
	case 'h':
		common->help = true;
		return 0;
	case 'v':
		env->verbose = true;
		return 0;
	case 'q':
		env->quiet = true;
		return 0;
	case 'j':
		common->json = true;
		return 0;
	case 'n':
		common->dry_run = true;
		return 0;
	case 'y':
		env->term->never = true;
		return 0;
	default:
		return set_color(env, value, err);
	}
}

static int take_arguments(int argc, char **argv, struct bbk_strv *args,
			  size_t max, struct bbk_err *err)
{
	for (int i = optind; i < argc; i++) {
		char *shown;

		if (args->len < max) {
			bbk_strv_add(args, argv[i]);
			continue;
		}
		shown = bbk_scrubbed(argv[i]);
		bbk_err_set(err, BBK_E_USAGE, "there is an argument too many: "
			    "'%s'", shown);
		free(shown);
		return bbk_err_hint(err, "see: git bbkey %s -h", argv[0]);
	}
	return 0;
}

/* argc up to "--", if what follows it is not ours to read. */
static int cut_behind(int argc, char **argv, struct bbk_strv *behind)
{
	for (int i = 1; behind && i < argc; i++) {
		if (strcmp(argv[i], "--") != 0)
			continue;
		for (int j = i + 1; j < argc; j++)
			bbk_strv_add(behind, argv[j]);
		return i;
	}
	return argc;
}

int bbk_options_parse(const struct bbk_option *table, void *options,
		      struct bbk_common *common, struct bbk_env *env, int argc,
		      char **argv, struct bbk_strv *args, size_t max,
		      struct bbk_strv *behind, struct bbk_err *err)
{
	static const char letters[] = "hvqjny*"; /* of bbk_common_options */
	struct option longs[OPTIONS_MAX + 1] = { { NULL, 0, NULL, 0 } };
	int n, got, rc = 0;

	argc = cut_behind(argc, argv, behind);
	n = add_long(longs, 0, bbk_common_options, FIRST_LONG);
	n = add_long(longs, n, table, 2 * FIRST_LONG);
	longs[n] = (struct option){ NULL, 0, NULL, 0 };
	opterr = 0;
	optind = 1;
	while (!rc && (got = getopt_long(argc, argv, ":hvqny", longs, NULL)) !=
			      -1) {
		if (got == '?' || got == ':')
			return bad_usage(got, argv, err);
		if (got >= 2 * FIRST_LONG)
			rc = set_option(&table[got - 2 * FIRST_LONG], options,
					optarg, err);
		else
			rc = set_common(got >= FIRST_LONG ?
						letters[got - FIRST_LONG] : got,
					common, env, optarg, err);
	}
	return rc < 0 ? rc : take_arguments(argc, argv, args, max, err);
}
