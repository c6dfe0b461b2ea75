#include "test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "bitbucket/cloud.h"
#include "bitbucket/grants.h"
#include "bitbucket/page.h"
#include "fakes.h"

#define CORPUS SOURCE_DIR "/tests/fuzz/corpus/rest"
#define API "https://api.bitbucket.org/2.0"
#define UUID "{00000000-0000-4000-8000-00000000000a}"

struct world {
	struct bbk_rest rest;
	struct fake_http http;
	struct fake_clock clock;
};

static const struct bbk_target targets[] = {
	{ BBK_SCOPE_PROJECT, "acme", "PROJ", NULL },
	{ BBK_SCOPE_REPO, "acme", "PROJ", "app" },
	{ BBK_SCOPE_PERSONAL, NULL, NULL, NULL },
};

static void open_world(struct world *world, const struct fake_reply *replies,
		       size_t len, const char *user)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;

	*world = (struct world){ .rest = BBK_REST_INIT };
	fake_http_init(&world->http, replies, len);
	fake_clock_init(&world->clock);
	world->rest.http = &world->http.http;
	world->rest.clock = &world->clock.clock;
	world->rest.cloud = true;
	assert_int_equal(bbk_url_parse(&world->rest.api, API, &err), 0);
	bbk_secret_set(&world->rest.token, "tok", 3);
	bbk_replace(&world->rest.user, user);
	world->rest.token_source = bbk_strdup("the file x");
}

static void close_world(struct world *world)
{
	bbk_rest_release(&world->rest);
	fake_http_release(&world->http);
}

/* --- errors: reference 2.3 ------------------------------------------------ */

#define ERROR(words) "{\"type\":\"error\",\"error\":{" words "}}"
#define MESSAGE(text) ERROR("\"message\":\"" text "\"")
#define DETAIL(required, granted) \
	ERROR("\"message\":\"m\",\"detail\":{\"required\":" required \
	      ",\"granted\":" granted "}")
#define FIELDS(fields) ERROR("\"message\":\"Bad request\",\"fields\":" fields)
#define OTHER "{\"errors\":[{\"message\":\"m\"}]}"

static const struct {
	struct fake_reply reply;
	enum bbk_class class;
	const char *words, *hint; /* in the sentence and the hint, or NULL */
} failures[] = {
	{ { .status = 401, .body = MESSAGE("Token is invalid") }, BBK_E_AUTH,
	  "the file x: Token is invalid", "scopes" },
	{ { .status = 401, .body = "" }, BBK_E_AUTH, "the file x", NULL },
	{ { .status = 403, .body = MESSAGE("This API is not accessible by "
					   "this authentication mechanism") },
	  BBK_E_PERMISSION, "mechanism", "API token" },
	{ { .status = 403, .body = DETAIL("[\"a\",\"b\"]", "[\"b\"]") },
	  BBK_E_PERMISSION, "lacks the scope a (", "this one" },
	{ { .status = 403, .body = DETAIL("[\"a\",\"b\"]", "[]") },
	  BBK_E_PERMISSION, "lacks the scopes a, b (", "these" },
	{ { .status = 403, .body = DETAIL("[\"a\"]", "[\"a\"]") },
	  BBK_E_PERMISSION, "does not allow this: m", NULL },
	{ { .status = 403, .body = DETAIL("\"a\"", "7") }, BBK_E_PERMISSION,
	  "does not allow this: m", NULL },
	{ { .status = 403, .body = DETAIL("[1,\"a\\u001b]\",{}]", "null") },
	  BBK_E_PERMISSION, "lacks the scope a?]", NULL },
	{ { .status = 404, .body = MESSAGE("You may not see it.") },
	  BBK_E_PERMISSION, "You may not see it. (HTTP 404)", NULL },
	{ { .status = 404, .body = "" }, BBK_E_PERMISSION, "404", NULL },
	{ { .status = 400, .body = "{\"key\":[{\"message\":\"there\"}]}" },
	  BBK_E_SERVER, "there", NULL },
	{ { .status = 400, .body = FIELDS("{\"key\":[\"there\"]}") },
	  BBK_E_SERVER, "there", NULL },
	{ { .status = 400, .body = FIELDS("{\"key\":[7]}") }, BBK_E_SERVER,
	  "Bad request", NULL },
	{ { .status = 400, .body = FIELDS("{\"key\":\"x\"}") }, BBK_E_SERVER,
	  "Bad request", NULL },
	{ { .status = 400, .body = FIELDS("[\"key\"]") }, BBK_E_SERVER,
	  "Bad request", NULL },
	{ { .status = 409, .body = MESSAGE("m") }, BBK_E_CONFLICT, "m", NULL },
	{ { .status = 411, .body = MESSAGE("m") }, BBK_E_SERVER, "m", NULL },
	{ { .status = 429, .body = MESSAGE("Rate limit") }, BBK_E_NETWORK,
	  "Rate limit", NULL },
	{ { .status = 500, .body = "<html>" }, BBK_E_SERVER, "500", NULL },
	{ { .status = 400, .body = OTHER }, BBK_E_SERVER, "Data Center",
	  "edition" },
	{ { .status = 401, .body = OTHER }, BBK_E_SERVER, "Data Center",
	  "edition" },
	{ { .status = 403, .body = OTHER }, BBK_E_SERVER, "Data Center",
	  NULL },
	{ { .status = 404, .body = OTHER }, BBK_E_SERVER, "Data Center",
	  NULL },
	{ { .status = 409, .body = OTHER }, BBK_E_SERVER, "Data Center",
	  NULL },
	{ { .status = 404, .body = "{\"errors\":[]}" }, BBK_E_SERVER,
	  "Data Center", NULL },
};

static void every_error_has_its_class(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(failures); i++) {
		BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		struct world w;
		char row[40];

		(void)snprintf(row, sizeof(row), "row %zu, status %ld", i,
			       failures[i].reply.status);
		open_world(&w, &failures[i].reply, 1, "a@b");
		if (bbk_rest_call(&w.rest, "GET", "/x", NULL, &reply, &err) !=
		    -1)
			miss("%s is no error", row);
		else if (failures[i].words &&
			 !strstr(err.what, failures[i].words))
			miss("%s: '%s'", row, err.what);
		if (failures[i].hint &&
		    (!err.hint || !strstr(err.hint, failures[i].hint)))
			miss("%s: hint '%s'", row, err.hint);
		miss_class(&err, failures[i].class, row);
		close_world(&w);
	}
}

/* And the reverse: Data Center that answers like Cloud. */
static void an_error_of_cloud_is_none_of_data_center(void **state)
{
	static const long statuses[] = { 400, 401, 403, 404, 409, 500 };

	(void)state;
	for (size_t i = 0; i < ROWS(statuses); i++) {
		const struct fake_reply reply = { .status = statuses[i],
						  .body = MESSAGE("m") };
		BBK_AUTO(grant) grant = BBK_GRANT_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		enum bbk_refusal refusal = BBK_REFUSAL_OTHER;
		struct bbk_registration key = { "a b c", "l", false, 0 };
		struct world w;

		open_world(&w, &reply, 1, NULL);
		w.rest.cloud = false;
		assert_int_equal(bbk_datacenter.grant_add(
			&w.rest, &targets[0], &key, &grant, &refusal, &err),
				 -1);
		assert_non_null(strstr(err.what, "like Bitbucket Cloud"));
		if (refusal == BBK_REFUSAL_EXISTS)
			miss("%ld: it is taken for a key", statuses[i]);
		miss_class(&err, BBK_E_SERVER, "reverse");
		close_world(&w);
	}
}

/* --- tokens: reference 2.4 ------------------------------------------------ */

static void a_user_says_what_kind_of_token_it_is(void **state)
{
	static const struct {
		const char *user, *settled;
		int rc;
	} rows[] = {
		{ NULL, NULL, 0 }, { "x-token-auth", NULL, 0 },
		{ "a@b", "a@b", 0 }, { "jo", "jo", -1 }, { "", "", -1 },
		{ "x-bitbucket-api-token-auth", "x-bitbucket-api-token-auth",
		  -1 },
		{ "X-Token-Auth", "X-Token-Auth", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(err) err = BBK_ERR_INIT;
		struct world w;
		int rc;

		open_world(&w, NULL, 0, rows[i].user);
		rc = bbk_cloud_settle_token(&w.rest, "https://bitbucket.org",
					    &err);
		if (rc != rows[i].rc)
			miss("'%s': %d", rows[i].user, rc);
		miss_text(w.rest.user, rows[i].settled, "user");
		if (rc < 0)
			miss_class(&err, BBK_E_AUTH, "user");
		close_world(&w);
	}
}

/* --- pages: R16, R17 ------------------------------------------------------ */

static int count(void *arg, const struct json_t *value, struct bbk_err *err)
{
	(void)value, (void)err;
	++*(int *)arg;
	return 0;
}

static int follow(const char *body, struct world *w, int *seen)
{
	const struct fake_reply replies[] = {
		{ .status = 200, .body = body },
		{ .status = 200, .body = "{\"values\":[{},{}]}" },
	};
	BBK_AUTO(err) err = BBK_ERR_INIT;
	int rc;

	open_world(w, replies, 2, NULL);
	rc = bbk_page_each(&w->rest, "/x", count, seen, &err);
	if (rc < 0)
		miss_class(&err, BBK_E_SERVER, body);
	return rc;
}

static void a_next_page_of_the_api_is_followed(void **state)
{
	static const char *const rows[][2] = {
		{ API "/x?page=2", API "/x?page=2" },
		{ API "/y", API "/y" },
		{ API "/x?ctx=a%20b~&q=%7B%7D", API "/x?ctx=a%20b~&q=%7B%7D" },
		{ "https://API.Bitbucket.org/2.0/x?p", API "/x?p" },
		{ "https://api.bitbucket.org:443/2.0/x?p", API "/x?p" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char *body = bbk_strf("{\"values\":[{}],\"next\":\"%s\"}",
				      rows[i][0]);
		struct world w;
		int seen = 0;

		if (follow(body, &w, &seen) != 0 || seen != 3)
			miss("%s: %d", rows[i][0], seen);
		else if (strcmp(w.http.requests.v[1] + 4, rows[i][1]) != 0)
			miss("%s", w.http.requests.v[1]);
		close_world(&w);
		free(body);
	}
}

static void any_other_next_page_is_not(void **state)
{
	static const char *const rows[] = {
		"\"http://api.bitbucket.org/2.0/x\"",
		"\"http://api.bitbucket.org:443/2.0/x\"",
		"\"https://api.bitbucket.org:8443/2.0/x\"",
		"\"https://bitbucket.org/2.0/x\"",
		"\"https://api.bitbucket.org.evil/2.0/x\"",
		"\"https://api.bitbucket.org./2.0/x\"",
		"\"https://jo@api.bitbucket.org/2.0/x\"",
		"\"https://jo:pw@api.bitbucket.org/2.0/x\"",
		"\"https://api.bitbucket.org@evil/2.0/x\"",
		"\"https://api.bitbucket.org/3.0/x\"",
		"\"https://api.bitbucket.org/2.0\"",
		"\"https://api.bitbucket.org/2.0x/x\"",
		"\"https://api.bitbucket.org/2.0?x=/2.0/x\"",
		"\"https://api.bitbucket.org/2.0/../x\"",
		"\"https://api.bitbucket.org/2.0/%2e%2e/x\"",
		"\"https://api.bitbucket.org/2.0/.%2E/x\"",
		"\"https://api.bitbucket.org/2.0/x#y\"",
		"\"https://api.bitbucket.org/2.0/x y\"",
		"\"https://api.bitbucket.org/2.0/\\\\x\"",
		"\"https://api.bitbucket.org/2.0/\\u0001\"",
		"\"https://api.bitbucket.org/2.0/\\u0430\"",
		"\"/2.0/x\"", "\"//api.bitbucket.org/2.0/x\"", "\"?page=2\"",
		"\"\"", "\"x\"", "\"https://\"", "7", "true", "{}", "[]",
		"[\"https://api.bitbucket.org/2.0/x\"]",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char *body = bbk_strf("{\"values\":[],\"next\":%s}", rows[i]);
		struct world w;
		int seen = 0;

		if (follow(body, &w, &seen) != -1 || w.http.sent != 1)
			miss("%s: %zu requests", rows[i], w.http.sent);
		close_world(&w);
		free(body);
	}
}

static void a_list_ends_where_there_is_no_next(void **state)
{
	static const struct {
		const char *body;
		int rc, seen;
		size_t sent;
	} rows[] = {
		{ "{\"values\":[{},{}]}", 0, 2, 1 },
		{ "{\"values\":[],\"next\":null,\"page\":1}", 0, 0, 1 },
		{ "{\"values\":[{}],\"next\":\"" API "/x?pagelen=100\"}", -1,
		  1, 1 }, /* itself */
		{ "{\"values\":[],\"isLastPage\":true}", -1, 0, 1 },
		{ "{\"values\":[{}],\"isLastPage\":false}", -1, 0, 1 },
		{ "{\"values\":[7]}", -1, 0, 1 },
		{ "{}", -1, 0, 1 }, { "{\"values\":{}}", -1, 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct world w;
		int seen = 0;

		if (follow(rows[i].body, &w, &seen) != rows[i].rc ||
		    seen != rows[i].seen || w.http.sent != rows[i].sent)
			miss("%s: %d seen", rows[i].body, seen);
		close_world(&w);
	}
}

/* --- R13: every body of the corpus ---------------------------------------- */

static int repo(struct bbk_rest *rest, struct bbk_err *err)
{
	BBK_AUTO(repository) found = BBK_REPOSITORY_INIT;
	int rc = bbk_cloud_repo(rest, "acme", "app", &found, err);

	return rc || (bbk_same_nocase(found.workspace, "acme") &&
		      found.project && bbk_same_nocase(found.slug, "app")) ?
		rc : -2;
}

static int project(struct bbk_rest *rest, struct bbk_err *err)
{
	char *key = NULL;
	int rc = bbk_cloud_project(rest, "acme", "proj", &key, err);

	rc = rc || !strcmp(key, "PROJ") ? rc : -2;
	free(key);
	return rc;
}

static int user(struct bbk_rest *rest, struct bbk_err *err)
{
	int rc = bbk_cloud_user(rest, err);

	return rc || (rest->account && !strchr(rest->account, '/')) ? rc : -2;
}

static int find(struct bbk_rest *rest, size_t i, struct bbk_err *err)
{
	BBK_AUTO(grant) grant = BBK_GRANT_INIT;
	int rc;

	bbk_replace(&rest->account, UUID);
	rc = bbk_grant_find(&bbk_cloud, rest, &targets[i], "AAAA", &grant,
			    err);
	return rc || grant.id ? rc : -2;
}

static int add(struct bbk_rest *rest, size_t i, struct bbk_err *err)
{
	static const struct bbk_registration wanted = { "ssh-ed25519 AAAA c",
							"l", false, 30 };
	BBK_AUTO(grant) grant = BBK_GRANT_INIT;
	enum bbk_refusal refusal = BBK_REFUSAL_OTHER;
	int rc;

	bbk_replace(&rest->account, UUID);
	rc = bbk_cloud.grant_add(rest, &targets[i], &wanted, &grant, &refusal,
				 err);
	if (rc < 0 && refusal != BBK_REFUSAL_UNSURE)
		miss("an answer to a POST that cannot be read is not unsure");
	return rc || grant.id ? rc : -2;
}

static int read_as(size_t how, struct bbk_rest *rest, struct bbk_err *err)
{
	switch (how) {
	case 0:
		return repo(rest, err);
	case 1:
		return project(rest, err);
	case 2:
		return user(rest, err);
	default:
		how -= 3;
		return how < ROWS(targets) ? find(rest, how, err) :
			add(rest, how - ROWS(targets), err);
	}
}

static bool feed(const char *name, const char *body)
{
	const struct fake_reply reply = { .status = 200, .body = body };
	bool good = false;

	for (size_t i = 0; i < 3 + 2 * ROWS(targets); i++) {
		BBK_AUTO(err) err = BBK_ERR_INIT;
		struct world w;
		char row[300];
		int rc;

		open_world(&w, &reply, 1, "a@b");
		(void)snprintf(row, sizeof(row), "%s, %zu", name, i);
		rc = read_as(i, &w.rest, &err);
		good = good || rc == 0;
		if (rc == -2)
			miss("%s: a result that cannot be", row);
		else if (rc == -1)
			miss_class(&err, BBK_E_SERVER, row);
		if (w.http.sent > 50)
			miss("%s: %zu requests", row, w.http.sent);
		close_world(&w);
	}
	return good;
}

static void every_body_is_a_result_or_class_server(void **state)
{
	const struct dirent *entry;
	DIR *dir = opendir(CORPUS);
	int files = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		BBK_AUTO(str) body = BBK_STR_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		char path[1024];

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", CORPUS,
			       entry->d_name);
		assert_int_equal(bbk_file_read(&body, path, 1 << 20, &err), 0);
		if (!feed(entry->d_name, bbk_str_get(&body)) &&
		    !strncmp(entry->d_name, "cloud_good_", 11))
			miss("%s is not good", entry->d_name);
		files++;
	}
	closedir(dir);
	assert_true(files >= 60);
}

/* --- host keys: reference 2.6 --------------------------------------------- */

static void host_keys_are_read_without_the_token(void **state)
{
	static const struct {
		const char *body;
		size_t len;
		const char *first;
	} rows[] = {
		{ "bitbucket.org ssh-rsa AAAA\n", 1, "ssh-rsa AAAA" },
		{ "a,b ssh-rsa AAAA jo@h\r\nc ssh-ed25519 BBBB\n", 2,
		  "ssh-rsa AAAA" },
		{ "\n\n# a b c\n@revoked * x y\n x\nh t b", 1, "t b" },
		{ "", 0, NULL }, { "<html>\n</html>\n", 0, NULL },
		{ "one two\n", 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct fake_reply reply = { .status = 200,
						  .type = "text/plain",
						  .body = rows[i].body };
		BBK_AUTO(strv) keys = BBK_STRV_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		BBK_AUTO(url) web = BBK_URL_INIT;
		struct world w;
		int rc;

		open_world(&w, &reply, 1, "a@b");
		assert_int_equal(bbk_url_parse(&web, "https://bitbucket.org",
					       &err), 0);
		rc = bbk_cloud_host_keys(&w.rest, &web, &keys, &err);
		assert_string_equal(w.http.requests.v[0],
				    "GET https://bitbucket.org/site/ssh");
		assert_int_equal(w.http.with_token, 0);
		if (keys.len != rows[i].len || rc != (keys.len ? 0 : -1))
			miss("'%s': %zu keys", rows[i].body, keys.len);
		else if (keys.len)
			miss_text(keys.v[0], rows[i].first, rows[i].body);
		if (rc < 0)
			miss_class(&err, BBK_E_SERVER, rows[i].body);
		close_world(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_error_has_its_class),
		TEST(an_error_of_cloud_is_none_of_data_center),
		TEST(a_user_says_what_kind_of_token_it_is),
		TEST(a_next_page_of_the_api_is_followed),
		TEST(any_other_next_page_is_not),
		TEST(a_list_ends_where_there_is_no_next),
		TEST(every_body_is_a_result_or_class_server),
		TEST(host_keys_are_read_without_the_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
