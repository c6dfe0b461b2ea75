#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bitbucket/cloud.h"
#include "bitbucket/datacenter.h"
#include "fakes.h"

#define ERROR(exception) \
	"{\"errors\":[{\"message\":\"m\",\"exceptionName\":" \
	"\"com.atlassian.bitbucket." exception "\"}]}"
#define CAPTCHA "auth.CaptchaRequiredAuthenticationException"
#define LIST(values) "{\"isLastPage\":true,\"values\":[" values "]}"
#define REPO \
	"{\"slug\":\"app\",\"project\":{\"key\":\"PROJ\"},\"links\":" \
	"{\"clone\":[]}}"
#define SETTINGS { .status = 200, .body = "{\"enabled\":true}" }
#define SCOPE \
	"{\"type\":\"error\",\"error\":{\"message\":\"m\",\"detail\":" \
	"{\"required\":[\"a\",\"b\"],\"granted\":[\"b\"]}}}"
#define UUID "{\"uuid\":\"{00000000-0000-4000-8000-00000000000a}\""

struct row {
	const char *what;
	struct fake_reply replies[2];
	const char *user; /* that goes with the token */
	enum bbk_class class;
	size_t sent;
	bool named, administrates, denied;
	const char *missing;
};

static const struct row datacenter[] = {
	{ .what = "an admin's", .sent = 1, .named = true,
	  .administrates = true,
	  .replies = { { .status = 200, .body = LIST(REPO), .user = "dev" } } },
	{ .what = "a reader's", .sent = 1, .named = true,
	  .replies = { { .status = 200, .body = LIST(""), .user = "dev" } } },
	{ .what = "nobody is named, and it is good", .sent = 2,
	  .replies = { { .status = 200, .body = LIST("") }, SETTINGS } },
	{ .what = "nobody is named, and it is not", .sent = 2,
	  .class = BBK_E_AUTH,
	  .replies = { { .status = 200, .body = LIST("") },
		       { .status = 401, .body = "" } } },
	{ .what = "it may not look", .sent = 1, .named = true,
	  .replies = { { .status = 401, .user = "dev",
			 .body = ERROR("AuthorisationException") } } },
	{ .what = "refused", .sent = 1, .class = BBK_E_AUTH,
	  .replies = { { .status = 401, .body = ERROR(
		"auth.IncorrectPasswordAuthenticationException") } } },
	{ .what = "CAPTCHA, 401", .sent = 1, .class = BBK_E_PERMISSION,
	  .denied = true,
	  .replies = { { .status = 401, .body = ERROR(CAPTCHA),
			 .user = "dev" } } },
	{ .what = "CAPTCHA, 403", .sent = 1, .class = BBK_E_PERMISSION,
	  .denied = true,
	  .replies = { { .status = 403, .body = ERROR(CAPTCHA) } } },
	{ .what = "a reason in the header", .sent = 1, .user = "dev",
	  .class = BBK_E_PERMISSION, .denied = true,
	  .replies = { { .status = 401, .body = "", .denied = "x" } } },
	{ .what = "no licence", .sent = 1, .class = BBK_E_AUTH,
	  .denied = true,
	  .replies = { { .status = 401, .user = "dev", .body = ERROR(
		"auth.NoAccessAuthenticationException") } } },
	{ .what = "Basic is off", .sent = 1, .user = "dev",
	  .class = BBK_E_PERMISSION, .denied = true,
	  .replies = { { .status = 403, .body = "Basic Authentication has "
			 "been disabled on this instance." } } },
	{ .what = "no list", .sent = 1, .class = BBK_E_SERVER,
	  .replies = { { .status = 200, .body = "{}", .user = "dev" } } },
	{ .what = "a list of something else", .sent = 1,
	  .class = BBK_E_SERVER,
	  .replies = { { .status = 200, .body = LIST("{}"),
			 .user = "dev" } } },
	{ .what = "nobody there", .sent = 1, .class = BBK_E_NETWORK,
	  .replies = { { .fail = BBK_E_NETWORK } } },
};

static const struct row cloud[] = {
	{ .what = "a person's", .sent = 1, .named = true,
	  .replies = { { .status = 200,
			 .body = UUID ",\"nickname\":\"dev\"}" } } },
	{ .what = "without a name", .sent = 1,
	  .replies = { { .status = 200, .body = UUID "}" } } },
	{ .what = "a scope is missing", .sent = 1, .missing = "a",
	  .replies = { { .status = 403, .body = SCOPE } } },
	{ .what = "of another kind", .sent = 1,
	  .replies = { { .status = 403, .body = "{\"type\":\"error\","
			 "\"error\":{\"message\":\"mechanism\"}}" } } },
	{ .what = "403 of somebody else", .sent = 1,
	  .class = BBK_E_PERMISSION,
	  .replies = { { .status = 403, .body = "<html>" } } },
	{ .what = "refused", .sent = 1, .class = BBK_E_AUTH,
	  .replies = { { .status = 401, .body = "" } } },
	{ .what = "no user", .sent = 1, .class = BBK_E_SERVER,
	  .replies = { { .status = 200, .body = "{}" } } },
};

static void check(const struct row *row, bool is_cloud)
{
	const struct bbk_edition *edition = is_cloud ? &bbk_cloud :
						       &bbk_datacenter;
	BBK_AUTO(rest) rest = BBK_REST_INIT;
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	struct bbk_token_facts facts = { false, false };
	struct fake_http http;
	struct fake_clock clock;

	fake_http_init(&http, row->replies, row->sent);
	fake_clock_init(&clock);
	rest.http = &http.http;
	rest.clock = &clock.clock;
	rest.cloud = is_cloud;
	assert_int_equal(bbk_url_parse(&rest.api, "https://h/rest", &err), 0);
	bbk_secret_set(&rest.token, "tok", 3);
	rest.token_source = bbk_strdup("the file x");
	bbk_replace(&rest.user, row->user);
	if ((edition->token_check(&rest, &facts, &reply, &err) < 0) !=
	    (row->class != BBK_OK))
		miss("%s: the other way round", row->what);
	if (http.sent != row->sent || http.with_token != row->sent)
		miss("%s: %zu requests", row->what, http.sent);
	if (facts.named != row->named ||
	    facts.administrates != row->administrates)
		miss("%s: other facts", row->what);
	if (reply.denied != row->denied)
		miss("%s: denied is %d", row->what, reply.denied);
	miss_text(rest.missing, row->missing, row->what);
	miss_class(&err, row->class, row->what);
	fake_http_release(&http);
}

static void a_token_is_proven_or_it_is_no_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(datacenter); i++)
		check(&datacenter[i], false);
	for (size_t i = 0; i < ROWS(cloud); i++)
		check(&cloud[i], true);
}

static void the_page_of_tokens_is_that_of_the_instance(void **state)
{
	char *page = bbk_datacenter.tokens_page("https://h/bitbucket");

	(void)state;
	miss_text(page, "https://h/bitbucket/plugins/servlet/access-tokens/"
			"manage", "Data Center");
	free(page);
	page = bbk_cloud.tokens_page("https://bitbucket.org");
	if (!bbk_begins(page, "https://id.atlassian.com/"))
		miss("Cloud: %s", page);
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_token_is_proven_or_it_is_no_good),
		TEST(the_page_of_tokens_is_that_of_the_instance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
