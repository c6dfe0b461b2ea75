#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bitbucket/many.h"
#include "fakes.h"

struct world {
	struct bbk_rest rest;
	struct fake_http http;
	struct fake_clock clock;
	struct bbk_many many;
	struct bbk_strv told; /* "a 200", "b network" */
	int stop_at;	      /* the answer after which it is enough */
};

/* Told of by this name. */
static void *tag(const char *name)
{
	return (void *)(uintptr_t)name;
}

static int ended(struct bbk_many *many, void *arg,
		 struct bbk_rest_reply *reply, struct bbk_err *why)
{
	struct world *w = many->owner;
	const char *name = arg;

	if (why->class)
		bbk_strv_addf(&w->told, "%s %s", name,
			      bbk_class_word(why->class));
	else
		bbk_strv_addf(&w->told, "%s %ld", name, reply->status);
	if (!strcmp(name, "list"))
		bbk_many_add_next(many, "POST", "/new", "{}", tag("new"));
	return (int)w->told.len == w->stop_at ? 7 : 0;
}

static void open_world(struct world *w, const struct fake_reply *replies,
		       size_t len)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;

	*w = (struct world){ .rest = BBK_REST_INIT };
	fake_http_init(&w->http, replies, len);
	fake_clock_init(&w->clock);
	w->http.clock = &w->clock;
	w->rest.http = &w->http.http;
	w->rest.clock = &w->clock.clock;
	assert_int_equal(bbk_url_parse(&w->rest.api, "https://h/rest", &err),
			 0);
	bbk_secret_set(&w->rest.token, "tok", 3);
	w->rest.token_source = bbk_strdup("x");
	bbk_many_init(&w->many, &w->rest, ended, w);
}

static void close_world(struct world *w)
{
	bbk_many_release(&w->many);
	bbk_rest_release(&w->rest);
	fake_http_release(&w->http);
	bbk_strv_release(&w->told);
}

static int run(struct world *w)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;

	return bbk_many_run(&w->many, &err);
}

static void several_are_under_way_and_what_follows_goes_first(void **state)
{
	static const struct fake_reply ok = { .status = 200, .body = "{}" };
	static const char *const names[] = { "list", "b", "c", "d", "e", "f",
					     "g", "h", "i", "j" };
	struct world w;

	(void)state;
	open_world(&w, &ok, 1);
	for (size_t i = 0; i < ROWS(names); i++)
		bbk_many_add(&w.many, "GET", "/x", NULL,
			     tag(names[i]));
	assert_int_equal(run(&w), 0);
	assert_int_equal(w.told.len, ROWS(names) + 1);
	assert_string_equal(w.told.v[0], "list 200");
	assert_int_equal(w.http.most, BBK_HTTP_AT_ONCE);
	/* behind the eight that had begun, before the two that had not */
	assert_string_equal(w.http.requests.v[8], "POST https://h/rest/new");
	assert_string_equal(w.http.bodies.v[8], "{}");
	assert_int_equal(w.http.with_token, ROWS(names) + 1);
	close_world(&w);
}

/* R6, R7 */
static void what_is_safe_comes_again(void **state)
{
	static const struct {
		const char *name, *method;
		struct fake_reply replies[4];
		size_t sent;
		const char *told;
	} rows[] = {
		{ "429, then fine", "POST",
		  { { .status = 429, .retry_after = "2" },
		    { .status = 200, .body = "{}" } }, 2, "x 200" },
		{ "503 twice", "GET",
		  { { .status = 503 }, { .status = 503 },
		    { .status = 200, .body = "{}" } }, 3, "x 200" },
		{ "503 for ever", "GET",
		  { { .status = 503 }, { .status = 503 }, { .status = 503 },
		    { .status = 503 } }, 3, "x server" },
		{ "a POST is not sent again", "POST",
		  { { .status = 500 }, { .status = 200, .body = "{}" } }, 1,
		  "x server" },
		{ "429 for ever", "GET",
		  { { .status = 429 }, { .status = 429 }, { .status = 429 },
		    { .status = 429 } }, 3, "x network" },
		{ "the wire", "GET",
		  { { .status = 0, .fail = BBK_E_NETWORK } }, 1, "x network" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct world w;

		open_world(&w, rows[i].replies, ROWS(rows[i].replies));
		bbk_many_add(&w.many, rows[i].method, "/x", NULL, tag("x"));
		if (run(&w) != 0 || w.http.sent != rows[i].sent)
			miss("%s: %zu sent", rows[i].name, w.http.sent);
		miss_text(w.told.len == 1 ? w.told.v[0] : NULL, rows[i].told,
			  rows[i].name);
		close_world(&w);
	}
}

static void all_pause_after_429_and_fewer_go_on(void **state)
{
	static const struct fake_reply replies[] = {
		{ .status = 429, .retry_after = "3" },
		{ .status = 200, .body = "{}" },
	};
	struct world w;

	(void)state;
	open_world(&w, replies, ROWS(replies));
	for (int i = 0; i < 20; i++)
		bbk_many_add(&w.many, "GET", "/x", NULL, tag("x"));
	assert_int_equal(run(&w), 0);
	assert_int_equal(w.told.len, 20);
	assert_int_equal(w.http.sent, 21);
	assert_true(w.clock.slept >= 3000 && w.clock.slept < 3200);
	assert_int_equal(w.many.at_once, BBK_HTTP_AT_ONCE / 2);
	close_world(&w);
}

/* Nobody waits thirty seconds for each of a thousand. */
static void what_cannot_be_had_is_given_up_for_all(void **state)
{
	static const struct {
		const char *name;
		struct fake_reply reply;
		size_t most;
	} rows[] = {
		{ "429 for ever", { .status = 429 }, 3 * BBK_HTTP_AT_ONCE },
		{ "no answers", { .status = 0, .fail = BBK_E_NETWORK,
				  .ms = 8000 }, BBK_HTTP_AT_ONCE },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct world w;

		open_world(&w, &rows[i].reply, 1);
		for (int j = 0; j < 100; j++)
			bbk_many_add(&w.many, "GET", "/x", NULL, tag("x"));
		if (run(&w) != 0 || w.told.len != 100)
			miss("%s: %zu told", rows[i].name, w.told.len);
		for (size_t j = 0; j < w.told.len; j++)
			miss_text(w.told.v[j], "x network", rows[i].name);
		if (w.http.sent > rows[i].most || w.clock.slept > 30000)
			miss("%s: %zu sent, %lld ms", rows[i].name,
			     w.http.sent, (long long)w.clock.slept);
		close_world(&w);
	}
}

static void enough_is_enough(void **state)
{
	static const struct fake_reply ok = { .status = 200, .body = "{}" };
	struct world w;

	(void)state;
	open_world(&w, &ok, 1);
	w.stop_at = 1;
	for (int i = 0; i < 20; i++)
		bbk_many_add(&w.many, "GET", "/x", NULL, tag("x"));
	assert_int_equal(run(&w), 7);
	assert_int_equal(w.http.sent, BBK_HTTP_AT_ONCE);
	assert_int_equal(w.told.len, BBK_HTTP_AT_ONCE);
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(several_are_under_way_and_what_follows_goes_first),
		TEST(what_is_safe_comes_again),
		TEST(all_pause_after_429_and_fewer_go_on),
		TEST(what_cannot_be_had_is_given_up_for_all),
		TEST(enough_is_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
