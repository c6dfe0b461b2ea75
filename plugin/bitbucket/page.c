#include "bitbucket/page.h"

#include <stdlib.h>

#define PAGES_MAX 50
#define PAGE_LIMIT 100

static int not_a_page(struct bbk_err *err)
{
	return bbk_err_set(err, BBK_E_SERVER,
			   "the answer is not a page of Bitbucket's");
}

static int look_through(const struct json_t *root,
			int (*look)(void *, const struct json_t *,
				    struct bbk_err *),
			void *arg, struct bbk_err *err)
{
	const struct json_t *values = bbk_json_array(root, "values");

	if (!values)
		return not_a_page(err);
	for (size_t i = 0; i < bbk_json_len(values); i++) {
		const struct json_t *item = bbk_json_item(values, i);
		int rc = item ? look(arg, item, err) : not_a_page(err);

		if (rc)
			return rc;
	}
	return 0;
}

int bbk_page_each(struct bbk_rest *rest, const char *path,
		  int (*look)(void *, const struct json_t *, struct bbk_err *),
		  void *arg, struct bbk_err *err)
{
	int64_t start = 0;

	for (int page = 0; page < PAGES_MAX; page++) {
		BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
		char *query = bbk_strf("%s?start=%lld&limit=%d", path,
				       (long long)start, PAGE_LIMIT);
		int rc = bbk_rest_call(rest, "GET", query, NULL, &reply, err);
		int64_t next = 0;
		bool last = false;

		free(query);
		if (!rc)
			rc = look_through(reply.json.root, look, arg, err);
		if (rc)
			return rc;
		if (!bbk_json_bool(reply.json.root, "isLastPage", &last))
			return not_a_page(err);
		if (last)
			return 0;
		if (!bbk_json_int(reply.json.root, "nextPageStart", &next))
			return not_a_page(err);
		if (next <= start)
			return bbk_err_set(err, BBK_E_SERVER,
					   "the list goes round in circles");
		start = next;
	}
	return bbk_err_set(err, BBK_E_SERVER,
			   "the list has more than %d pages", PAGES_MAX);
}
