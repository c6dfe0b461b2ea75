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

/* --- Data Center -------------------------------------------------------- */

/* "<path>?start=0&limit=100", and so on, until isLastPage. */
static void begin_numbered(struct bbk_pages *pages)
{
	free(pages->next);
	pages->next = bbk_strf("%s?start=%lld&limit=%d", pages->path,
			       (long long)pages->start, PAGE_LIMIT);
}

static int turn_numbered(struct bbk_pages *pages, const struct json_t *root,
			 struct bbk_err *err)
{
	int64_t next = 0;
	bool last = false;

	if (!bbk_json_bool(root, "isLastPage", &last))
		return not_a_page(err);
	if (last) {
		free(pages->next);
		pages->next = NULL;
		return 0;
	}
	if (!bbk_json_int(root, "nextPageStart", &next))
		return not_a_page(err);
	if (next <= pages->start)
		return in_circles(err);
	pages->start = next;
	begin_numbered(pages);
	return 0;
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

static int turn_linked(struct bbk_pages *pages, const struct json_t *root,
		       struct bbk_err *err)
{
	const char *follow = NULL;
	int rc = find_next(pages->rest, root, &follow, err);

	if (rc < 0)
		return -1;
	bbk_strv_add(&pages->seen, pages->next);
	if (rc && bbk_strv_has(&pages->seen, follow))
		return in_circles(err);
	free(pages->next);
	pages->next = rc ? bbk_strdup(follow) : NULL;
	return 0;
}

/* --- both --------------------------------------------------------------- */

void bbk_pages_release(struct bbk_pages *pages)
{
	free(pages->path);
	free(pages->next);
	bbk_strv_release(&pages->seen);
	*pages = (struct bbk_pages)BBK_PAGES_INIT;
}

void bbk_pages_begin(struct bbk_pages *pages, const struct bbk_rest *rest,
		     const char *path)
{
	bbk_pages_release(pages);
	pages->rest = rest;
	pages->path = bbk_strdup(path);
	if (rest->cloud)
		pages->next = bbk_strf("%s?pagelen=%d", path, PAGE_LIMIT);
	else
		begin_numbered(pages);
}

int bbk_pages_take(struct bbk_pages *pages, const struct json_t *root,
		   int (*look)(void *, const struct json_t *,
			       struct bbk_err *),
		   void *arg, struct bbk_err *err)
{
	bool cloud = pages->rest->cloud;
	int rc;

	/* Data Center says whether a page is the last; Cloud does not */
	if (cloud && bbk_json_has(root, "isLastPage"))
		return not_a_page(err);
	rc = look_through(root, look, arg, err);
	if (rc)
		return rc;
	if (cloud ? turn_linked(pages, root, err) < 0 :
		    turn_numbered(pages, root, err) < 0)
		return -1;
	return pages->next && ++pages->count >= PAGES_MAX ? too_long(err) : 0;
}

int bbk_page_each(struct bbk_rest *rest, const char *path,
		  int (*look)(void *, const struct json_t *, struct bbk_err *),
		  void *arg, struct bbk_err *err)
{
	BBK_AUTO(pages) pages = BBK_PAGES_INIT;
	int rc = 0;

	bbk_pages_begin(&pages, rest, path);
	while (!rc && pages.next) {
		BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;

		rc = bbk_rest_call(rest, "GET", pages.next, NULL, &reply, err);
		if (!rc)
			rc = bbk_pages_take(&pages, reply.json.root, look, arg,
					    err);
	}
	return rc;
}
