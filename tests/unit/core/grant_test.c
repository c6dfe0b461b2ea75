#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "core/grant.h"
#include "fakes.h"

#define PAGE(values) \
	{ .status = 200, .body = "{\"isLastPage\":true,\"values\":[" values \
				 "]}" }
#define KEY(permission) \
	"{\"permission\":\"" permission "\",\"key\":{\"id\":5," \
	"\"text\":\"ssh-ed25519 BLOB c\",\"label\":\"l\"}}"
#define POSTED { .status = 201, .body = KEY("PROJECT_WRITE") }

static const struct {
	const char *name;
	struct fake_reply replies[4];
	size_t len;
	enum bbk_class class; /* BBK_OK: it is registered */
	size_t posts;
	const char *last; /* method of the last request */
} rows[] = {
	{ "at once", { POSTED }, 1, BBK_OK, 1, "POST" },
	{ "there already", { { .status = 409, .body = "{}" },
			     PAGE(KEY("PROJECT_WRITE")) }, 2, BBK_OK, 1,
	  "GET" },
	{ "there for reading", { { .status = 409, .body = "{}" },
				 PAGE(KEY("PROJECT_READ")),
				 { .status = 200,
				   .body = KEY("PROJECT_WRITE") } }, 3, BBK_OK,
	  1, "PUT" },
	{ "an account's", { { .status = 409, .body = "{}" }, PAGE("") }, 2,
	  BBK_E_CONFLICT, 1, "GET" },
	{ "answer lost, done", { { .fail = BBK_E_NETWORK },
				 PAGE(KEY("PROJECT_WRITE")) }, 2, BBK_OK, 1,
	  "GET" },
	{ "answer lost, not done", { { .fail = BBK_E_NETWORK }, PAGE(""),
				     POSTED }, 3, BBK_OK, 2, "POST" },
	{ "500, done", { { .status = 500, .body = "" },
			 PAGE(KEY("PROJECT_WRITE")) }, 2, BBK_OK, 1, "GET" },
	{ "500, and then dead", { { .status = 500, .body = "" },
				  { .fail = BBK_E_NETWORK } }, 2, BBK_E_SERVER,
	  1, "GET" },
	{ "500 twice", { { .status = 500, .body = "" }, PAGE(""),
			 { .status = 500, .body = "" } }, 3, BBK_E_SERVER, 2,
	  "POST" },
	{ "not allowed", { { .status = 401, .body = "{\"errors\":[{"
			     "\"exceptionName\":\"AuthorisationException\"}]}"
			   } }, 1, BBK_E_PERMISSION, 1, "POST" },
	{ "revoked meanwhile", { { .status = 401, .body = "" } }, 1,
	  BBK_E_AUTH, 1, "POST" },
	{ "created, garbled", { { .status = 201, .body = "<html>" },
				PAGE(KEY("PROJECT_WRITE")) }, 2, BBK_OK, 1,
	  "GET" },
};

/* look: bbk_grant_look(), else bbk_grant_make(). */
static int run(const struct fake_reply *replies, size_t len, bool look,
	       struct fake_http *http, struct bbk_grant *grant,
	       struct bbk_err *err)
{
	BBK_AUTO(instance) instance = BBK_INSTANCE_INIT;
	struct bbk_env env = { .paths = BBK_PATHS_INIT };
	BBK_AUTO(key) key = BBK_KEY_INIT;
	struct bbk_key_wish wish = { .path = "/k" };
	struct bbk_terms terms = { .target = { BBK_SCOPE_PROJECT, NULL, "PROJ",
					       NULL },
				   .label = "l",
				   .write = true };
	struct fake_clock clock;

	fake_http_init(http, replies, len);
	fake_clock_init(&clock);
	instance.base = bbk_strdup("https://h");
	instance.rest.http = &http->http;
	instance.rest.clock = &clock.clock;
	instance.rest.token_source = bbk_strdup("x");
	bbk_secret_set(&instance.rest.token, "t", 1);
	key.path = bbk_strdup("/k");
	key.line = bbk_strdup("ssh-ed25519 BLOB c");
	key.public.blob = bbk_strdup("BLOB");
	key.facts.fingerprint = bbk_strdup("SHA256:x");
	assert_int_equal(bbk_url_parse(&instance.rest.api, "https://h/rest",
				       err), 0);
	return look ? bbk_grant_look(&instance, &env, &terms, &key, grant,
				     err) :
		      bbk_grant_make(&instance, &env, &terms, &wish, &key,
				     grant, err);
}

static void a_key_is_registered_once_whatever_happens(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(grant) grant = BBK_GRANT_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		struct fake_http http;
		size_t posts = 0;
		int rc = run(rows[i].replies, rows[i].len, false, &http,
			     &grant, &err);

		for (size_t n = 0; n < http.requests.len; n++)
			posts += bbk_begins(http.requests.v[n], "POST ");
		if (posts != rows[i].posts ||
		    !bbk_begins(http.requests.v[http.requests.len - 1],
				rows[i].last))
			miss("%s: %zu posts, last %s", rows[i].name, posts,
			     http.requests.v[http.requests.len - 1]);
		if (rc == 0 && (!bbk_same(grant.id, "5") || !grant.write))
			miss("%s: the grant is not it", rows[i].name);
		miss_class(&err, rows[i].class, rows[i].name);
		fake_http_release(&http);
	}
}

static void looking_only_asks(void **state)
{
	static const struct {
		struct fake_reply reply;
		int rc;
		enum bbk_class class;
	} looks[] = {
		{ PAGE(KEY("PROJECT_WRITE")), 0, BBK_OK },
		{ PAGE(""), 1, BBK_OK },
		{ { .status = 401, .body = "" }, -1, BBK_E_AUTH },
		{ { .fail = BBK_E_NETWORK }, -1, BBK_E_NETWORK },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(looks); i++) {
		BBK_AUTO(grant) grant = BBK_GRANT_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		struct fake_http http;
		int rc = run(&looks[i].reply, 1, true, &http, &grant, &err);

		if (rc != looks[i].rc)
			miss("row %zu: %d", i, rc);
		if (rc == 0 && (!bbk_same(grant.id, "5") || !grant.write))
			miss("row %zu: the grant is not it", i);
		for (size_t n = 0; n < http.requests.len; n++)
			if (!bbk_begins(http.requests.v[n], "GET "))
				miss("row %zu: %s", i, http.requests.v[n]);
		miss_class(&err, looks[i].class, "look");
		fake_http_release(&http);
	}
}

static void a_label_is_our_mark_and_harmless(void **state)
{
	char *label = bbk_label_default();

	(void)state;
	assert_true(bbk_begins(label, "bbkey "));
	assert_int_equal(strspn(label + 6, "abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@"),
			 strlen(label + 6));
	free(label);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_key_is_registered_once_whatever_happens),
		TEST(looking_only_asks),
		TEST(a_label_is_our_mark_and_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
