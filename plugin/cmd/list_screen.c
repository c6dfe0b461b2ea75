#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/file.h"
#include "base/text.h"
#include "cmd/columns.h"
#include "cmd/list.h"
#include "cmd/screen.h"

#define WARNING_MAX 70 /* it is a word, such as RSA_UNSAFE_MODULUS */

/* "SHA256:Cbg38r…"; whole where there is room to say more. */
static void add_fingerprint(struct bbk_columns *columns,
			    const struct bbk_env *env,
			    const char *fingerprint)
{
	BBK_AUTO(str) text = BBK_STR_INIT;

	if (fingerprint && env->out_is_terminal)
		bbk_screen_fingerprint(&text, env, fingerprint);
	else if (fingerprint)
		bbk_str_add(&text, fingerprint);
	bbk_columns_add(columns, bbk_str_get(&text));
}

/* "ED25519", "RSA 2048": of what comes in sizes, the size */
static void add_type(struct bbk_columns *columns,
		     const struct bbk_key_facts *facts)
{
	char *text = !facts->word ? NULL : strcmp(facts->word, "RSA") != 0 ?
		bbk_strdup(facts->word) :
		bbk_strf("RSA %ld", facts->bits);

	bbk_columns_add(columns, text);
	free(text);
}

/* --- the keys here ------------------------------------------------------ */

static void add_age(struct bbk_columns *columns,
		    const struct bbk_machine_key *key)
{
	int64_t days = bbk_date_today() - key->day;
	char *text = !key->has_file ? NULL : days <= 0 ?
		bbk_strdup("today") : bbk_strf("%" PRId64 " day%s", days,
					       days == 1 ? "" : "s");

	bbk_columns_add(columns, text);
	free(text);
}

/* "PROJ, LIB (write), OTHER/tool, your account" */
static void add_places(struct bbk_columns *columns,
		       const struct bbk_machine_key *key)
{
	BBK_AUTO(str) text = BBK_STR_INIT;

	for (size_t i = 0; i < key->places; i++) {
		const struct bbk_record *place = &key->opens[i];
		const char *owner = place->workspace ? place->workspace :
						       place->project;

		bbk_str_add(&text, i ? ", " : "");
		if (place->scope == BBK_SCOPE_PERSONAL)
			bbk_str_add(&text, "your account");
		else if (place->scope == BBK_SCOPE_REPO)
			bbk_str_addf(&text, "%s/%s", owner, place->repo);
		else if (place->workspace)
			bbk_str_addf(&text, "%s/%s", owner, place->project ?
				     place->project : "?");
		else
			bbk_str_add(&text, owner ? owner : "?");
		if (place->write && place->scope != BBK_SCOPE_PERSONAL)
			bbk_str_add(&text, " (write)");
	}
	bbk_columns_add(columns, bbk_str_get(&text));
}

static const char *yes(bool really)
{
	return really ? "yes" : "";
}

static void add_key(struct bbk_columns *columns, const struct bbk_env *env,
		    const struct bbk_machine_key *key)
{
	char *path = key->path ? bbk_path_shown(key->path, env->paths.home) :
				 bbk_strdup("(in the agent)");
	char *comment = key->public.comment ?
		bbk_scrubbed(key->public.comment) : NULL;
	/* what ssh takes as a matter of course is not worth a column */
	char *mode = key->has_file && (env->verbose || key->mode & 0177) ?
		bbk_strf("%04o", key->mode) : NULL;

	bbk_columns_add(columns, path);
	add_type(columns, &key->facts);
	add_fingerprint(columns, env, key->facts.fingerprint);
	bbk_columns_add(columns, mode);
	bbk_columns_add(columns, yes(key->passphrase == BBK_KNOWN_YES));
	bbk_columns_add(columns, yes(key->agent));
	bbk_columns_add(columns, env->verbose || !key->path ? comment : NULL);
	add_age(columns, key);
	add_places(columns, key);
	free(path);
	free(comment);
	free(mode);
}

static void print_problems(const struct bbk_env *env,
			   const struct bbk_list *list)
{
	for (size_t i = 0; i < list->keys.len; i++) {
		const struct bbk_machine_key *key = &list->keys.v[i];
		BBK_AUTO(str) text = BBK_STR_INIT;
		char *path;

		if (!key->path || (!key->problem && key->has_file))
			continue;
		path = bbk_path_shown(key->path, env->paths.home);
		if (!key->has_file)
			bbk_str_addf(&text, "%s: only the public half is here",
				     path);
		else
			bbk_str_addf(&text, "%s %s", path, key->problem);
		if (key->has_file && key->mode & 077)
			bbk_str_addf(&text, ": chmod 600 %s", path);
		bbk_screen_line(env->out, env, env->out_color,
				key->has_file ? BBK_MARK_FAILED :
						BBK_MARK_PLANNED,
				bbk_str_get(&text));
		free(path);
	}
}

void bbk_list_print_keys(const struct bbk_env *env,
			 const struct bbk_list *list)
{
	static const struct bbk_column column[] = {
		{ "FILE", false, 0 },	{ "TYPE", false, 4 },
		{ "KEY", false, 3 },	{ "MODE", false, 0 },
		{ "PASSPHRASE", false, 5 }, { "AGENT", false, 6 },
		{ "COMMENT", false, 1 }, { "AGE", false, 2 },
		{ "OPENS", true, 0 },
	};
	struct bbk_columns columns;

	if (env->quiet)
		return;
	if (!list->keys.len) {
		fprintf(env->out, "There is no SSH key here yet. 'git bbkey "
				  "init' makes one.\n");
		return;
	}
	bbk_columns_init(&columns, column, BBK_ARRAY_LEN(column));
	for (size_t i = 0; i < list->keys.len; i++)
		add_key(&columns, env, &list->keys.v[i]);
	bbk_columns_print(&columns, env->out, env, 0);
	bbk_columns_release(&columns);
	print_problems(env, list);
	if (env->hints && env->out_is_terminal)
		fprintf(env->out, "\nWhat Bitbucket has: git bbkey list "
				  "--project <KEY>, or --all\n");
}

/* --- the keys there ----------------------------------------------------- */

static void add_grant(struct bbk_columns *columns, const struct bbk_env *env,
		      const struct bbk_list *list,
		      const struct bbk_grant *grant,
		      const struct bbk_key_facts *facts)
{
	char *label = grant->label ? bbk_scrubbed(grant->label) : NULL;
	int64_t days;

	bbk_columns_add(columns, bbk_machine_key_of(&list->keys,
						    grant->line) ? "*" : "");
	bbk_columns_add(columns, grant->id);
	bbk_columns_add(columns, label);
	bbk_columns_add(columns, grant->write ? "write" : "read");
	add_type(columns, facts);
	add_fingerprint(columns, env, facts->fingerprint);
	bbk_columns_add(columns, grant->created);
	bbk_columns_add(columns, grant->last_used);
	bbk_columns_add(columns, bbk_date_left(grant->expires, &days) == 0 &&
				 days < 0 ? "expired" : grant->expires);
	free(label);
}

static void print_warnings(const struct bbk_env *env,
			   const struct bbk_listing *listing)
{
	for (size_t i = 0; i < listing->grants.len; i++) {
		const struct bbk_grant *grant = &listing->grants.v[i];
		BBK_AUTO(str) text = BBK_STR_INIT;

		if (!grant->warning)
			continue;
		bbk_str_addf(&text, "Bitbucket warns of key %s: ", grant->id);
		bbk_scrub(&text, grant->warning, strlen(grant->warning),
			  WARNING_MAX);
		bbk_screen_line(env->out, env, env->out_color,
				BBK_MARK_FAILED, bbk_str_get(&text));
	}
}

static void print_listing(const struct bbk_env *env,
			  const struct bbk_list *list, size_t place)
{
	static const struct bbk_column column[] = {
		{ "", false, 0 },	 { "ID", false, 0 },
		{ "LABEL", true, 0 },	 { "MAY", false, 0 },
		{ "TYPE", false, 2 },	 { "KEY", false, 3 },
		{ "CREATED", false, 1 }, { "LAST USED", false, 4 },
		{ "EXPIRES", false, 0 },
	};
	const struct bbk_listing *listing = list->listings.v[place];
	const struct bbk_key_facts *facts = bbk_list_facts(list, place);
	struct bbk_columns columns;

	bbk_columns_init(&columns, column, BBK_ARRAY_LEN(column));
	for (size_t i = 0; i < listing->grants.len; i++)
		add_grant(&columns, env, list, &listing->grants.v[i],
			  &facts[i]);
	bbk_columns_print(&columns, env->out, env, 2);
	bbk_columns_release(&columns);
	print_warnings(env, listing);
}

static void print_unseen(const struct bbk_env *env,
			 const struct bbk_list *list)
{
	BBK_AUTO(str) text = BBK_STR_INIT;
	BBK_AUTO(str) folded = BBK_STR_INIT;
	size_t unseen = 0;

	for (size_t i = 0; i < list->listings.len; i++) {
		const struct bbk_listing *one = list->listings.v[i];
		struct bbk_target target = bbk_listing_target(one);
		char *words;

		if (!one->why.class)
			continue;
		words = bbk_target_words(&target);
		bbk_str_addf(&text, "%s%s", unseen++ ? ", " : "", words);
		free(words);
	}
	if (!unseen)
		return;
	bbk_str_addf(&folded, "The token may not see the keys of %zu place%s: "
			      "%s", unseen, unseen == 1 ? "" : "s",
		     bbk_str_get(&text));
	bbk_str_reset(&text);
	bbk_fold(&text, bbk_str_get(&folded), 0);
	fprintf(env->out, "\n%s\n", bbk_str_get(&text));
}

static bool any_here(const struct bbk_list *list)
{
	for (size_t i = 0; i < list->listings.len; i++) {
		const struct bbk_grants *grants =
			&list->listings.v[i]->grants;

		for (size_t j = 0; j < grants->len; j++)
			if (bbk_machine_key_of(&list->keys,
					       grants->v[j].line))
				return true;
	}
	return false;
}

void bbk_list_print_grants(const struct bbk_env *env,
			   const struct bbk_list *list, bool all)
{
	size_t shown = 0;

	if (env->quiet)
		return;
	for (size_t i = 0; i < list->listings.len; i++) {
		const struct bbk_listing *one = list->listings.v[i];
		struct bbk_target target = bbk_listing_target(one);
		char *words;

		if (one->why.class || (all && !one->grants.len))
			continue;
		words = bbk_target_words(&target);
		words[0] = (char)bbk_upper(words[0]);
		fprintf(env->out, "%s%s at %s%s\n", shown++ ? "\n" : "", words,
			list->where.found.instance.base,
			one->grants.len ? "" : ": no key is registered there");
		free(words);
		if (one->grants.len)
			print_listing(env, list, i);
	}
	if (all && !shown)
		fprintf(env->out, "No key is registered anywhere that the "
				  "token can see.\n");
	if (any_here(list))
		fprintf(env->out, "\n* a key of this machine\n");
	print_unseen(env, list);
}
