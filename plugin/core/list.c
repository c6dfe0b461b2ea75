#include "core/list.h"

#include <stdlib.h>
#include <string.h>

#include "core/token.h"

void bbk_list_release(struct bbk_list *list)
{
	bbk_machine_keys_release(&list->keys);
	bbk_where_release(&list->where);
	bbk_listings_release(&list->listings);
	for (size_t i = 0; i < list->facts_len; i++)
		bbk_key_facts_release(&list->facts[i]);
	free(list->facts);
	list->facts = NULL;
	list->facts_len = 0;
}

/* One place, as the one listing. */
static int list_one(struct bbk_list *list, struct bbk_env *env,
		    struct bbk_err *err)
{
	struct bbk_instance *instance = &list->where.found.instance;
	struct bbk_listings *listings = &list->listings;
	struct bbk_listing *one;
	struct bbk_target target;

	if (bbk_where_complete(&list->where, env, err) < 0)
		return -1;
	target = bbk_where_target(&list->where);
	listings->v = bbk_alloc(sizeof(struct bbk_listing *));
	listings->v[0] = one = bbk_alloc(sizeof(*one));
	listings->len = 1;
	one->scope = target.scope;
	bbk_replace(&one->workspace, target.workspace);
	bbk_replace(&one->project, target.project);
	if (target.scope == BBK_SCOPE_REPO)
		bbk_replace(&one->repo, target.repo);
	if (bbk_grants_list(instance->edition, &instance->rest, &target,
			    &one->grants, err) < 0) {
		char *words = bbk_target_words(&target);

		(void)bbk_err_wrap(err, "%s", words);
		free(words);
		if (err->class == BBK_E_PERMISSION && !err->hint)
			bbk_err_hint(err, "to see its keys takes %s with %s, "
				     "and the right to manage keys there",
				     instance->edition->token,
				     instance->edition->token_rights[
					     target.scope]);
		return -1;
	}
	return 0;
}

/* Of all places at once: it takes a process.  Best effort. */
static void describe(struct bbk_list *list)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(strv) lines = BBK_STRV_INIT;

	for (size_t i = 0; i < list->listings.len; i++) {
		const struct bbk_grants *grants =
			&list->listings.v[i]->grants;

		for (size_t j = 0; j < grants->len; j++)
			bbk_strv_add(&lines, grants->v[j].line);
	}
	list->facts_len = lines.len;
	list->facts = bbk_alloc((lines.len + 1) * sizeof(*list->facts));
	(void)!bbk_keygen_describe_all(&lines, list->facts, &ignored);
}

const struct bbk_key_facts *bbk_list_facts(const struct bbk_list *list,
					   size_t i)
{
	const struct bbk_key_facts *facts = list->facts;

	for (size_t j = 0; j < i; j++)
		facts += list->listings.v[j]->grants.len;
	return facts;
}

static int ask(struct bbk_list *list, struct bbk_env *env,
	       const struct bbk_list_wish *wish,
	       void (*told)(void *, size_t, size_t), void *arg,
	       struct bbk_err *err)
{
	struct bbk_instance *instance = &list->where.found.instance;

	if (bbk_token_get(instance, env, wish->token_file, true, err) < 0)
		return -1;
	if (!wish->where.all)
		return list_one(list, env, err);
	return bbk_listings_all(&list->listings, instance->edition,
				&instance->rest, told, arg, err);
}

int bbk_list_get(struct bbk_list *list, struct bbk_env *env,
		 const struct bbk_list_wish *wish,
		 void (*told)(void *, size_t, size_t), void *arg,
		 struct bbk_err *err)
{
	if (!wish->here &&
	    bbk_where_find(&list->where, env, &wish->where, err) < 0)
		return -1;
	if (bbk_machine_keys_find(&list->keys, env, err) < 0)
		return -1;
	if (wish->here || wish->offline)
		return 0;
	if (ask(list, env, wish, told, arg, err) < 0)
		return -1;
	describe(list);
	return 0;
}

bool bbk_list_is_about(const struct bbk_list *list,
		       const struct bbk_machine_key *key)
{
	struct bbk_target target = bbk_where_target(&list->where);
	const char *base = list->where.found.instance.base;

	for (size_t i = 0; i < key->places; i++) {
		const struct bbk_record *opens = &key->opens[i];

		if (!bbk_same(opens->base, base) ||
		    opens->scope != target.scope)
			continue;
		if (target.scope == BBK_SCOPE_PERSONAL ||
		    ((!target.workspace ||
		      bbk_same(opens->workspace, target.workspace)) &&
		     (target.scope == BBK_SCOPE_REPO ?
		      bbk_same(opens->repo, target.repo) :
		      bbk_same(opens->project, target.project))))
			return true;
	}
	return false;
}
