#include "bitbucket/grants.h"

#include <stdlib.h>
#include <string.h>

#include "bitbucket/page.h"

void bbk_grants_release(struct bbk_grants *grants)
{
	for (size_t i = 0; i < grants->len; i++)
		bbk_grant_release(&grants->v[i]);
	free(grants->v);
	*grants = (struct bbk_grants)BBK_GRANTS_INIT;
}

/* Half a list is none: what matters may be in the other half. */
static int no_list(struct bbk_err *err)
{
	return bbk_err_set(err, BBK_E_SERVER,
			   "the answer is not a list of keys");
}

/* --- one ---------------------------------------------------------------- */

struct search {
	const struct bbk_edition *edition;
	const struct bbk_target *target;
	const char *blob;
	struct bbk_grant *grant;
};

static int look_at(void *arg, const struct json_t *json, struct bbk_err *err)
{
	const struct search *search = arg;
	const char *line = search->edition->grant_line(search->target, json);

	if (!line)
		return no_list(err);
	if (!bbk_key_has_blob(line, search->blob))
		return 0;
	return search->edition->grant_read(search->target, json,
					   search->grant, err) < 0 ? -1 : 1;
}

int bbk_grant_find(const struct bbk_edition *edition, struct bbk_rest *rest,
		   const struct bbk_target *target, const char *blob,
		   struct bbk_grant *grant, struct bbk_err *err)
{
	BBK_AUTO(str) path = BBK_STR_INIT;
	struct search search = { edition, target, blob, grant };
	int rc = edition->keys_path(rest, target, &path, err);

	if (rc < 0)
		return -1;
	rc = bbk_page_each(rest, bbk_str_get(&path), look_at, &search, err);
	if (rc < 0)
		return bbk_err_wrap(err, "cannot list the keys");
	return rc ? 0 : 1;
}

/* --- all ---------------------------------------------------------------- */

int bbk_grants_take(void *arg, const struct json_t *json, struct bbk_err *err)
{
	const struct bbk_grants_reader *reader = arg;
	struct bbk_grants *grants = reader->grants;
	struct bbk_grant grant = BBK_GRANT_INIT;

	if (!reader->edition->grant_line(reader->target, json))
		return no_list(err);
	if (reader->edition->grant_read(reader->target, json, &grant, err) < 0)
		return -1;
	grants->v = bbk_realloc(grants->v,
				(grants->len + 1) * sizeof(*grants->v));
	grants->v[grants->len++] = grant;
	return 0;
}

int bbk_grants_list(const struct bbk_edition *edition, struct bbk_rest *rest,
		    const struct bbk_target *target, struct bbk_grants *grants,
		    struct bbk_err *err)
{
	BBK_AUTO(str) path = BBK_STR_INIT;
	BBK_AUTO(grants) found = BBK_GRANTS_INIT;
	struct bbk_grants_reader reader = { edition, target, &found };

	if (edition->keys_path(rest, target, &path, err) < 0)
		return -1;
	if (bbk_page_each(rest, bbk_str_get(&path), bbk_grants_take, &reader,
			  err) < 0)
		return bbk_err_wrap(err, "cannot list the keys");
	bbk_grants_release(grants);
	*grants = found;
	found = (struct bbk_grants)BBK_GRANTS_INIT;
	return 0;
}

/* --- taking away -------------------------------------------------------- */

int bbk_grant_remove(const struct bbk_edition *edition, struct bbk_rest *rest,
		     const struct bbk_target *target, const char *id,
		     struct bbk_err *err)
{
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	BBK_AUTO(str) path = BBK_STR_INIT;

	if (edition->keys_path(rest, target, &path, err) < 0)
		return -1;
	bbk_str_addc(&path, '/');
	bbk_url_add_escaped(&path, id);
	if (bbk_rest_call(rest, "DELETE", bbk_str_get(&path), NULL, &reply,
			  err) == 0)
		return 0;
	if (edition->is_cloud && reply.status == 404) {
		bbk_err_release(err);
		return 0;
	}
	return bbk_err_wrap(err, "cannot take the key away");
}
