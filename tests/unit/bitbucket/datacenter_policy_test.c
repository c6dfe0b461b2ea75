#include "test.h"

#include "bitbucket/datacenter_policy.h"
#include "fakes.h"

static int ask(const struct fake_reply *reply, struct bbk_dc_policy *policy,
	       struct bbk_err *err)
{
	BBK_AUTO(rest) rest = BBK_REST_INIT;
	struct fake_clock clock;
	struct fake_http http;
	int rc;

	fake_http_init(&http, reply, 1);
	fake_clock_init(&clock);
	rest.http = &http.http;
	rest.clock = &clock.clock;
	rest.token_source = bbk_strdup("x");
	bbk_secret_set(&rest.token, "t", 1);
	assert_int_equal(bbk_url_parse(&rest.api, "https://h/rest", err), 0);
	rc = bbk_dc_policy(&rest, policy, err);
	miss_text(http.requests.v[0], "GET https://h/rest/ssh/latest/admin",
		  "request");
	fake_http_release(&http);
	return rc;
}

static void the_longest_life_is_read_in_every_form(void **state)
{
	static const struct {
		const char *body;
		long days;
	} rows[] = {
		{ "{\"maxExpiryDays\":90}", 90 },
		{ "{\"maxExpiryDays\":{\"asInt\":90,\"present\":true}}", 90 },
		{ "{\"maxExpiryDays\":{\"asInt\":90}}", 90 },
		{ "{\"maxExpiryDays\":{\"asInt\":90,\"present\":false}}", 0 },
		{ "{\"maxExpiryDays\":{\"present\":false}}", 0 },
		{ "{\"maxExpiryDays\":{}}", 0 },
		{ "{\"maxExpiryDays\":null}", 0 },
		{ "{\"maxExpiryDays\":\"90\"}", 0 },
		{ "{\"maxExpiryDays\":0}", 0 },
		{ "{\"maxExpiryDays\":-1}", 0 },
		{ "{\"maxExpiryDays\":36500}", 36500 },
		{ "{\"maxExpiryDays\":36501}", 0 },
		{ "{\"maxExpiryDays\":9223372036854775807}", 0 },
		{ "{}", 0 },
		{ "{\"keyTypeRestrictions\":[{\"algorithm\":\"RSA\",\"allowed\""
		  ":true,\"minKeyLength\":{\"asInt\":2048,\"present\":true}}],"
		  "\"maxExpiryDays\":30}", 30 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(err) err = BBK_ERR_INIT;
		struct bbk_dc_policy policy = { 7 };
		const struct fake_reply reply = { .status = 200,
						  .body = rows[i].body };

		if (ask(&reply, &policy, &err) < 0 ||
		    policy.max_expiry_days != rows[i].days)
			miss("%s: %ld", rows[i].body, policy.max_expiry_days);
	}
}

static void who_may_not_know_learns_nothing(void **state)
{
	static const struct {
		struct fake_reply reply;
		enum bbk_class class;
	} rows[] = {
		{ { .status = 401, .body = "{\"errors\":[{\"exceptionName\":"
					   "\"AuthorisationException\"}]}" },
		  BBK_E_PERMISSION },
		{ { .status = 404, .body = "{}" }, BBK_E_PERMISSION },
		{ { .status = 200, .body = "<html>" }, BBK_E_SERVER },
		{ { .fail = BBK_E_NETWORK }, BBK_E_NETWORK },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(err) err = BBK_ERR_INIT;
		struct bbk_dc_policy policy = { 7 };

		if (ask(&rows[i].reply, &policy, &err) != -1 ||
		    policy.max_expiry_days != 7)
			miss("row %zu", i);
		miss_class(&err, rows[i].class, "policy");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_longest_life_is_read_in_every_form),
		TEST(who_may_not_know_learns_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
