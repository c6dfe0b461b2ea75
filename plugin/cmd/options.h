/*
 * Options as a table: parsed, explained and checked from one description.
 *
 * Every command also takes the common ones: -h, -v, -q, --json, -n, -y and
 * --color; see struct bbk_common.
 */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include "base/env.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

enum bbk_option_kind {
	BBK_OPTION_FLAG,   /* bool */
	BBK_OPTION_STRING, /* const char *, borrowed from argv */
	BBK_OPTION_LIST,   /* struct bbk_strv; may be given again */
	BBK_OPTION_DAYS,   /* long, 1 to 36500 */
	BBK_OPTION_CALL,   /* set() gets the whole struct */
};

struct bbk_option {
	const char *name; /* without its dashes */
	enum bbk_option_kind kind;
	size_t offset;	  /* of the field in the command's own struct */
	const char *arg;  /* "<name>"; NULL: it takes none */
	const char *help; /* one line, lower case */
	int (*set)(void *options, const char *value, struct bbk_err *err);
};

struct bbk_common {
	bool help;
	bool json;
	bool dry_run;
};

/* What every command takes, for help and for completions. */
extern const struct bbk_option bbk_common_options[];

/*
 * Parses argv; options may stand behind arguments.  Fills `options` by the
 * table, `common`, and what -v, -q, -y and --color say into env.  args gets
 * the rest, up to max; `behind`, where it is not NULL, gets what follows
 * "--".  Class usage on anything else.
 */
int bbk_options_parse(const struct bbk_option *table, void *options,
		      struct bbk_common *common, struct bbk_env *env, int argc,
		      char **argv, struct bbk_strv *args, size_t max,
		      struct bbk_strv *behind, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
