#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "bitbucket/account.h"
#include "fakes.h"

#define GOOD(name) { .status = 200, .body = "{}", .user = name }
#define BAD { .status = 401, .body = "{}" }

static const struct {
	const char *what;
	struct fake_reply replies[2];
	const char *name;
	enum bbk_class class; /* BBK_OK: asked and answered */
	size_t sent;
} rows[] = {
	{ "a person's", { GOOD("dev"), GOOD("dev") }, "dev", BBK_OK, 2 },
	{ "an address", { GOOD("a.b+c@example.com"), GOOD("x") },
	  "a.b+c@example.com", BBK_OK, 2 },
	{ "a project's", { GOOD("dev"), BAD }, NULL, BBK_OK, 2 },
	{ "no name", { GOOD(NULL) }, NULL, BBK_OK, 1 },
	{ "an empty name", { GOOD("") }, NULL, BBK_OK, 1 },
	{ "a name that is quoted", { GOOD("a%40b") }, NULL, BBK_OK, 1 },
	{ "a name with a blank", { GOOD("a b") }, NULL, BBK_OK, 1 },
	{ "a name with a colon", { GOOD("a:b") }, NULL, BBK_OK, 1 },
	{ "a name beyond ASCII", { GOOD("\303\244") }, NULL, BBK_OK, 1 },
	{ "a name with an escape", { GOOD("a\033b") }, NULL, BBK_OK, 1 },
	{ "revoked", { BAD }, NULL, BBK_E_AUTH, 1 },
	{ "no server", { { .fail = BBK_E_NETWORK } }, NULL, BBK_E_NETWORK, 1 },
	{ "lost after the first", { GOOD("dev"), { .fail = BBK_E_NETWORK } },
	  "dev", BBK_OK, 2 },
	{ "not by password here", { GOOD("dev"),
				    { .status = 403, .body = "{}" } }, "dev",
	  BBK_OK, 2 },
};

/* The name, or NULL; how often the server was asked. */
static char *ask(const struct fake_reply *replies, struct bbk_err *err,
		 size_t *sent)
{
	BBK_AUTO(rest) rest = BBK_REST_INIT;
	struct fake_http http;
	struct fake_clock clock;
	char *name = NULL;

	fake_http_init(&http, replies, 2);
	fake_clock_init(&clock);
	rest.http = &http.http;
	rest.clock = &clock.clock;
	assert_int_equal(bbk_url_parse(&rest.api, "https://h/rest", err), 0);
	bbk_secret_set(&rest.token, "tok", 3);
	rest.token_source = bbk_strdup("the file x");
	if (bbk_account_of_token(&rest, &name, err) < 0)
		assert_null(name);
	assert_null(rest.user);
	*sent = http.sent;
	fake_http_release(&http);
	return name;
}

static void a_token_has_the_name_that_works_as_its_user(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(err) err = BBK_ERR_INIT;
		size_t sent = 0;
		char *name = ask(rows[i].replies, &err, &sent);

		miss_text(name, rows[i].name, rows[i].what);
		if (sent != rows[i].sent)
			miss("%s: %zu requests", rows[i].what, sent);
		miss_class(&err, rows[i].class, rows[i].what);
		free(name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_token_has_the_name_that_works_as_its_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
