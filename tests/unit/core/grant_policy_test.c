#include "test.h"

#include "core/grant_policy.h"
#include "fakes.h"

#define LIMIT { .status = 200, .body = "{\"maxExpiryDays\":90}" }

static const struct {
	const char *name;
	enum bbk_class class; /* of the POST that was refused */
	enum bbk_refusal refusal;
	long expires; /* asked for */
	struct fake_reply reply;
	size_t requests;
	long limited; /* 0: no second POST */
} rows[] = {
	{ "a limit", BBK_E_SERVER, BBK_REFUSAL_OTHER, 0, LIMIT, 1, 90 },
	{ "no limit", BBK_E_SERVER, BBK_REFUSAL_OTHER, 0,
	  { .status = 200, .body = "{}" }, 1, 0 },
	{ "no admin", BBK_E_SERVER, BBK_REFUSAL_OTHER, 0,
	  { .status = 401, .body = "{}" }, 1, 0 },
	{ "no answer", BBK_E_SERVER, BBK_REFUSAL_OTHER, 0,
	  { .fail = BBK_E_NETWORK }, 1, 0 },
	{ "asked for", BBK_E_SERVER, BBK_REFUSAL_OTHER, 365, LIMIT, 0, 0 },
	{ "not allowed", BBK_E_PERMISSION, BBK_REFUSAL_OTHER, 0, LIMIT, 0, 0 },
	{ "may be done", BBK_E_SERVER, BBK_REFUSAL_UNSURE, 0, LIMIT, 0, 0 },
	{ "the type", BBK_E_SERVER, BBK_REFUSAL_KEY_TYPE, 0, LIMIT, 0, 0 },
	{ "there", BBK_E_CONFLICT, BBK_REFUSAL_EXISTS, 0, LIMIT, 0, 0 },
};

static void one_more_post_is_worth_it_where_there_is_a_limit(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(instance) instance = BBK_INSTANCE_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		struct bbk_terms terms = { .target = { BBK_SCOPE_PROJECT,
						       "PROJ", NULL },
					   .label = "l", .write = true,
					   .expires = rows[i].expires };
		struct bbk_terms limited = { .expires = 7 };
		struct fake_clock clock;
		struct fake_http http;
		bool again;

		fake_http_init(&http, &rows[i].reply, 1);
		fake_clock_init(&clock);
		instance.rest.http = &http.http;
		instance.rest.clock = &clock.clock;
		instance.rest.token_source = bbk_strdup("x");
		bbk_secret_set(&instance.rest.token, "t", 1);
		assert_int_equal(bbk_url_parse(&instance.rest.api,
					       "https://h/rest", &err), 0);
		(void)bbk_err_set(&err, rows[i].class, "refused");
		again = bbk_grant_limit(&instance, &terms, rows[i].refusal,
					&limited, &err);
		if (again != (rows[i].limited > 0) ||
		    limited.expires != (again ? rows[i].limited : 7) ||
		    (again && (!limited.write || limited.label != terms.label)))
			miss("%s: %d, %ld days", rows[i].name, again,
			     limited.expires);
		if (http.requests.len != rows[i].requests)
			miss("%s: %zu requests", rows[i].name,
			     http.requests.len);
		miss_class(&err, again ? BBK_OK : rows[i].class, rows[i].name);
		fake_http_release(&http);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_more_post_is_worth_it_where_there_is_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
