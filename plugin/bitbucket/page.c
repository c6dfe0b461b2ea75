#include "bitbucket/page.h"

#include <stdlib.h>
#include <string.h>

#define PAGES_MAX 50
#define PAGE_LIMIT 100
#define NEXT_MAX 2048

static int not_a_page(struct bbk_err *err)
{
	return bbk_err_set(err, BBK_E_SERVER,
			   "the answer is not a page of Bitbucket's");
}

static int in_circles(struct bbk_err *err)
{
	return bbk_err_set(err, BBK_E_SERVER,
			   "the list goes round in circles");
}

static int too_long(struct bbk_err *err)
{
	return bbk_err_set(err, BBK_E_SERVER,
			   "the list has more than %d pages", PAGES_MAX);
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
			return in_circles(err);
		start = next;
	}
	return too_long(err);
}

/* --- Cloud -------------------------------------------------------------- */

/* What a path and its query may have in them, and no way out of the path. */
static bool is_plain(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~' ||
		    strchr("\"<>\\^`|#", text[i]))
			return false;
	return len <= NEXT_MAX && !strstr(text, "..") &&
	       !strstr(text, "%2e") && !strstr(text, "%2E");
}

/* The path behind rest->api that `next` asks for; NULL: not of that origin. */
static const char *path_of_next(const struct bbk_rest *rest, const char *next)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(url) url = BBK_URL_INIT;
	const char *host = strstr(next, "://");
	size_t len = host ? (size_t)(host + 3 - next) +
			    strcspn(host + 3, "/?#") : 0;
	size_t api = strlen(rest->api.path);
	char *origin = bbk_strndup(next, len);
	bool same = bbk_url_parse(&url, origin, &ignored) == 0 && !url.user &&
		    !url.password && bbk_url_same_origin(&url, &rest->api);

	free(origin);
	return same && bbk_begins(next + len, rest->api.path) &&
		       next[len + api] == '/' && is_plain(next + len) ?
		next + len + api : NULL;
}

/* 1: there is a next page, and *follow is its path. */
static int find_next(const struct bbk_rest *rest, const struct json_t *page,
		     const char **follow, struct bbk_err *err)
{
	const char *next = bbk_json_string(page, "next");

	if (!bbk_json_has(page, "next"))
		return 0;
	if (!next)
		return not_a_page(err);
	*follow = path_of_next(rest, next);
	if (!*follow)
		return bbk_err_set(err, BBK_E_SERVER, "the list goes on at "
				   "another address, where no token is sent");
	return 1;
}

/* Data Center says of each page whether it is the last one; Cloud of none. */
static int look_through_cloud(const struct json_t *root,
			      int (*look)(void *, const struct json_t *,
					  struct bbk_err *),
			      void *arg, struct bbk_err *err)
{
	return bbk_json_has(root, "isLastPage") ? not_a_page(err) :
	       look_through(root, look, arg, err);
}

int bbk_page_follow(struct bbk_rest *rest, const char *path,
		    int (*look)(void *, const struct json_t *,
				struct bbk_err *),
		    void *arg, struct bbk_err *err)
{
	BBK_AUTO(strv) seen = BBK_STRV_INIT;

	bbk_strv_addf(&seen, "%s?pagelen=%d", path, PAGE_LIMIT);
	while (seen.len <= PAGES_MAX) {
		BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
		int rc = bbk_rest_call(rest, "GET", seen.v[seen.len - 1], NULL,
				       &reply, err);
		const char *follow = NULL;

		if (!rc)
			rc = look_through_cloud(reply.json.root, look, arg,
						err);
		if (rc)
			return rc;
		rc = find_next(rest, reply.json.root, &follow, err);
		if (rc <= 0)
			return rc;
		if (bbk_strv_has(&seen, follow))
			return in_circles(err);
		bbk_strv_add(&seen, follow);
	}
	return too_long(err);
}
