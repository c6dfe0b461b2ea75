#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bitbucket/datacenter.h"
#include "bitbucket/grants.h"
#include "bitbucket/page.h"
#include "fakes.h"

#define ERROR(exception, message) \
	"{\"errors\":[{\"context\":null,\"message\":\"" message \
	"\",\"exceptionName\":\"com.atlassian.bitbucket." exception "\"}]}"

struct world {
	struct bbk_rest rest;
	struct fake_http http;
	struct fake_clock clock;
};

static void open_world(struct world *world, const struct fake_reply *replies,
		       size_t len)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;

	*world = (struct world){ .rest = BBK_REST_INIT };
	fake_http_init(&world->http, replies, len);
	fake_clock_init(&world->clock);
	world->rest.http = &world->http.http;
	world->rest.clock = &world->clock.clock;
	assert_int_equal(bbk_url_parse(&world->rest.api, "https://h/bb/rest",
				       &err), 0);
	bbk_secret_set(&world->rest.token, "tok", 3);
	world->rest.token_source = bbk_strdup("the file x");
}

static void close_world(struct world *world)
{
	bbk_rest_release(&world->rest);
	fake_http_release(&world->http);
}

/* Reference 1.5 */
static void every_status_has_its_class(void **state)
{
	static const struct {
		struct fake_reply reply;
		enum bbk_class class;
		const char *words; /* in the sentence, or NULL */
	} rows[] = {
		{ { .status = 401, .body = ERROR("AuthorisationException",
			"You are not permitted to access this resource") },
		  BBK_E_PERMISSION, "not permitted" },
		{ { .status = 401, .body = ERROR(
			"auth.IncorrectPasswordAuthenticationException",
			"Authentication failed.") }, BBK_E_AUTH, "the file x" },
		{ { .status = 401, .body = "{\"errors\":[{\"message\":\"m\","
			"\"exceptionName\":\"com.atlassian.plugins.rest.api."
			"security.exception.AuthenticationRequiredException\""
			"}]}" }, BBK_E_AUTH, NULL },
		{ { .status = 401, .body = "" }, BBK_E_AUTH, NULL },
		{ { .status = 401, .body = "<html>" }, BBK_E_AUTH, NULL },
		{ { .status = 403, .body = "" }, BBK_E_PERMISSION, NULL },
		{ { .status = 403, .body = "",
		    .denied = "CAPTCHA_CHALLENGE; login-url=https://evil" },
		  BBK_E_PERMISSION, "CAPTCHA" },
		{ { .status = 404, .body = ERROR(
			"project.NoSuchProjectException",
			"Project X does not exist.") }, BBK_E_PERMISSION,
		  "Project X does not exist, or you may not" },
		{ { .status = 404, .body = "" }, BBK_E_PERMISSION, NULL },
		{ { .status = 409, .body = ERROR("ssh.DuplicateSshKeyException",
			"SSH key already provides access") }, BBK_E_CONFLICT,
		  "already provides" },
		{ { .status = 400, .body = "{\"errors\":[{\"context\":\"text\""
			",\"message\":\"bad\",\"exceptionName\":null}]}" },
		  BBK_E_SERVER, "bad" },
		{ { .status = 418, .body = "" }, BBK_E_SERVER, NULL },
		{ { .status = 429, .body = "" }, BBK_E_NETWORK, NULL },
		{ { .status = 500, .body = "" }, BBK_E_SERVER, NULL },
		{ { .status = 502, .body = "<html>x</html>" }, BBK_E_SERVER,
		  "502" },
		{ { .status = 503, .body = "" }, BBK_E_SERVER, NULL },
		{ { .status = 200, .body = "<html>log in</html>",
		    .type = "text/html\033" }, BBK_E_SERVER, "text/html?" },
		{ { .status = 200, .body = "[]" }, BBK_E_SERVER, NULL },
		{ { .status = 200, .body = "" }, BBK_E_SERVER, NULL },
		{ { .status = 0, .fail = BBK_E_NETWORK }, BBK_E_NETWORK, "h" },
		{ { .status = 0, .fail = BBK_E_TLS }, BBK_E_TLS, NULL },
		{ { .status = 401, .body = "{\"errors\":[{\"message\":\"a"
			"\\u001b]0;x\\u0007\\u202e$(id)\"}]}" }, BBK_E_AUTH,
		  "a?]0;x??$(id)" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		struct world w;
		char row[40];

		(void)snprintf(row, sizeof(row), "row %zu, status %ld", i,
			       rows[i].reply.status);
		open_world(&w, &rows[i].reply, 1);
		if (bbk_rest_call(&w.rest, "GET", "/x", NULL, &reply, &err) !=
		    -1)
			miss("%s is no error", row);
		else if (rows[i].words && !strstr(err.what, rows[i].words))
			miss("%s: '%s'", row, err.what);
		if (err.what && strstr(err.what, "tok "))
			miss("%s: the token is in '%s'", row, err.what);
		miss_class(&err, rows[i].class, row);
		close_world(&w);
	}
}

/* R7: a GET again, a POST not; R6 for both. */
static void only_what_is_safe_is_sent_again(void **state)
{
	static const struct {
		const char *method;
		long status;
		size_t sent;
	} rows[] = {
		{ "GET", 500, 3 },    { "GET", 503, 3 },  { "GET", 429, 3 },
		{ "GET", 404, 1 },    { "GET", 401, 1 },  { "GET", 403, 1 },
		{ "POST", 500, 1 },   { "POST", 503, 1 }, { "POST", 429, 3 },
		{ "PUT", 502, 1 },    { "DELETE", 500, 1 },
		{ "POST", 0, 1 },     { "GET", 0, 1 },	  { "POST", 409, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct fake_reply answer = { .status = rows[i].status,
						   .body = "",
						   .fail = BBK_E_NETWORK };
		BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		struct world w;

		open_world(&w, &answer, 1);
		assert_int_equal(bbk_rest_call(&w.rest, rows[i].method, "/x",
					       "{}", &reply, &err), -1);
		if (w.http.sent != rows[i].sent)
			miss("%s %ld: sent %zu times", rows[i].method,
			     rows[i].status, w.http.sent);
		if (w.clock.slept > 30000)
			miss("slept %ld", (long)w.clock.slept);
		close_world(&w);
	}
}

static void a_get_that_works_in_the_end_is_good(void **state)
{
	static const struct fake_reply replies[] = {
		{ .status = 503, .body = "x", .retry_after = "99999" },
		{ .status = 429, .body = "" },
		{ .status = 200, .body = "{\"a\":1}", .user = "jo" },
	};
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	struct world w;

	(void)state;
	open_world(&w, replies, 3);
	assert_int_equal(bbk_rest_call(&w.rest, "GET", "/x", NULL, &reply,
				       &err), 0);
	assert_int_equal(w.clock.sleeps, 2);
	assert_in_range(w.clock.slept, 10000, 12500);
	assert_string_equal(w.rest.who, "jo");
	assert_string_equal(w.http.requests.v[0], "GET https://h/bb/rest/x");
	close_world(&w);
}

/* R6 */
static void retry_after_is_seconds_within_ten(void **state)
{
	static const struct {
		const char *value;
		int64_t want;
	} rows[] = {
		{ NULL, 77 },	  { "", 77 },	    { "1", 1000 },
		{ "0", 0 },	  { "10", 10000 },  { "11", 10000 },
		{ "-5", 77 },	  { "abc", 77 },    { "1.5", 77 },
		{ " 1", 77 },	  { "1 ", 77 },	    { "0x1", 77 },
		{ "99999999999999999999", 10000 },
		{ "Wed, 21 Oct 2026 07:28:00 GMT", 77 },
		{ "00", 0 },	  { "05", 5000 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		int64_t got = bbk_retry_after(rows[i].value, 77);

		if (got != rows[i].want)
			miss("'%s': %ld", rows[i].value ? rows[i].value : "-",
			     (long)got);
	}
}

/* R17 */
static void a_redirect_shows_its_host_only_and_is_not_followed(void **state)
{
	static const struct {
		const char *location, *words;
	} rows[] = {
		{ "https://EVIL.example/path?q", NULL },
		{ "https://evil.example/path", "'evil.example'" },
		{ "https://u:secret@evil.example:8443/x", "'evil.example'" },
		{ "file:///etc/passwd", "elsewhere" }, { "/x", "elsewhere" },
		{ "//evil/x", "elsewhere" }, { NULL, "elsewhere" },
		{ "https://e\033vil/", "elsewhere" }, { "", "elsewhere" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		for (long status = 301; status <= 308; status++) {
			const struct fake_reply answer = {
				.status = status, .body = "{}",
				.location = rows[i].location };
			BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
			BBK_AUTO(err) err = BBK_ERR_INIT;
			struct world w;

			open_world(&w, &answer, 1);
			assert_int_equal(bbk_rest_call(&w.rest, "GET", "/x",
						       NULL, &reply, &err), -1);
			if ((rows[i].words &&
			     !strstr(err.what, rows[i].words)) ||
			    strstr(err.what, "secret") ||
			    strstr(err.what, "passwd") || w.http.sent != 1)
				miss("%s", err.what);
			miss_class(&err, BBK_E_SERVER, "redirect");
			close_world(&w);
		}
	}
}

static void nobody_asks_without_the_token_and_http_never_asks(void **state)
{
	static const struct fake_reply good = { .status = 200, .body = "{}" };
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	struct world w;

	(void)state;
	open_world(&w, &good, 1);
	assert_int_equal(bbk_rest_call_as_nobody(&w.rest, "/x", &reply, &err),
			 0);
	assert_int_equal(w.http.with_token, 0);
	assert_int_equal(bbk_rest_call(&w.rest, "GET", "/x", NULL, &reply,
				       &err), 0);
	assert_int_equal(w.http.with_token, 1);
	w.rest.api.scheme = BBK_HTTP;
	assert_int_equal(bbk_rest_call(&w.rest, "GET", "/x", NULL, &reply,
				       &err), -1);
	miss_class(&err, BBK_E_TLS, "http");
	assert_int_equal(w.http.sent, 2);
	close_world(&w);
}

/* R10: what a silent server costs, all calls of a run together. */
static void waiting_for_nothing_has_one_limit(void **state)
{
	static const struct fake_reply replies[] = {
		{ .status = 204, .ms = 14000 },
		{ .status = 0, .fail = BBK_E_NETWORK, .ms = 9000 },
		{ .status = 204, .ms = 1000 },
		{ .status = 0, .fail = BBK_E_NETWORK, .ms = 6000 },
	};
	static const struct {
		int rc, limit;
		size_t sent;
	} rows[] = {
		{ 0, 15000, 1 },  { -1, 15000, 2 }, { 0, 6000, 3 },
		{ -1, 6000, 4 },  { -1, 6000, 4 },
	};
	struct world w;

	(void)state;
	open_world(&w, replies, ROWS(replies));
	w.http.clock = &w.clock;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		int rc = bbk_rest_call(&w.rest, "POST", "/x", "{}", &reply,
				       &err);

		if (rc != rows[i].rc || w.http.sent != rows[i].sent ||
		    w.http.limit_ms != rows[i].limit)
			miss("row %zu: %d, %zu sent, %d ms", i, rc,
			     w.http.sent, w.http.limit_ms);
		if (rc < 0)
			miss_class(&err, BBK_E_NETWORK, "limit");
	}
	close_world(&w);
}

/* --- pages: R16 ---------------------------------------------------------- */

static int count(void *arg, const struct json_t *value, struct bbk_err *err)
{
	(void)value, (void)err;
	++*(int *)arg;
	return 0;
}

static void pages_advance_and_end(void **state)
{
#define PAGE(rest) "{\"values\":[{},{}]," rest "}"
	static const struct {
		struct fake_reply replies[3];
		size_t len;
		int seen; /* -1: class server */
		const char *last;
	} rows[] = {
		{ { { .status = 200, .body = PAGE("\"isLastPage\":true") } },
		  1, 2, "start=0&limit=100" },
		{ { { .status = 200, .body = PAGE("\"isLastPage\":false,"
						  "\"nextPageStart\":7") },
		    { .status = 200, .body = PAGE("\"isLastPage\":true") } },
		  2, 4, "start=7&limit=100" },
		{ { { .status = 200, .body = PAGE("\"isLastPage\":false,"
						  "\"nextPageStart\":0") } },
		  1, -1, NULL },
		{ { { .status = 200, .body = PAGE("\"isLastPage\":false,"
						  "\"nextPageStart\":5") } },
		  1, -1, NULL },
		{ { { .status = 200, .body = PAGE("\"isLastPage\":false,"
						  "\"nextPageStart\":-1") } },
		  1, -1, NULL },
		{ { { .status = 200, .body = PAGE("\"isLastPage\":false,"
						  "\"nextPageStart\":null") } },
		  1, -1, NULL },
		{ { { .status = 200, .body = PAGE("\"isLastPage\":\"x\"") } },
		  1, -1, NULL },
		{ { { .status = 200, .body = "{\"isLastPage\":true}" } }, 1,
		  -1, NULL },
		{ { { .status = 200,
		      .body = "{\"isLastPage\":true,\"values\":[1]}" } }, 1,
		  -1, NULL },
		{ { { .status = 204 } }, 1, -1, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(err) err = BBK_ERR_INIT;
		struct world w;
		int seen = 0;
		int rc;

		open_world(&w, rows[i].replies, rows[i].len);
		rc = bbk_page_each(&w.rest, "/x", count, &seen, &err);
		if (rc != (rows[i].seen < 0 ? -1 : 0))
			miss("row %zu: %d", i, rc);
		else if (rc < 0)
			miss_class(&err, BBK_E_SERVER, "page");
		else if (seen != rows[i].seen ||
			 !strstr(w.http.requests.v[w.http.sent - 1],
				 rows[i].last))
			miss("row %zu: %d seen", i, seen);
		close_world(&w);
	}
}

static void fifty_pages_are_enough(void **state)
{
	struct fake_reply replies[60];
	char bodies[60][80];
	BBK_AUTO(err) err = BBK_ERR_INIT;
	struct world w;
	int seen = 0;

	(void)state;
	for (int i = 0; i < 60; i++) {
		(void)snprintf(bodies[i], sizeof(bodies[i]),
			       "{\"values\":[{}],\"isLastPage\":false,"
			       "\"nextPageStart\":%d}", i + 1);
		replies[i] = (struct fake_reply){ .status = 200,
						  .body = bodies[i] };
	}
	open_world(&w, replies, 60);
	assert_int_equal(bbk_page_each(&w.rest, "/x", count, &seen, &err), -1);
	assert_int_equal(w.http.sent, 50);
	miss_class(&err, BBK_E_SERVER, "fifty");
	close_world(&w);
}

/* --- Data Center ---------------------------------------------------------- */

static void the_ssh_link_is_found_in_any_order(void **state)
{
#define REPO(links) "{\"slug\":\"app\",\"project\":{\"key\":\"PROJ\"}," \
	"\"links\":{\"clone\":[" links "]}}"
#define SSH "{\"name\":\"ssh\",\"href\":\"ssh://git@h:7999/proj/app.git\"}"
#define SSH2 "{\"name\":\"ssh\",\"href\":\"ssh://git@i/proj/app.git\"}"
#define HTTP "{\"name\":\"http\",\"href\":\"https://h/scm/proj/app.git\"}"
	static const struct {
		const char *body, *want;
	} rows[] = {
		{ REPO(SSH "," HTTP), "ssh://git@h:7999/proj/app.git" },
		{ REPO(HTTP "," SSH), "ssh://git@h:7999/proj/app.git" },
		{ REPO(SSH "," HTTP "," SSH2),
		  "ssh://git@h:7999/proj/app.git ssh://git@i/proj/app.git" },
		{ REPO(HTTP), "" }, { REPO(""), "" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct fake_reply answer = { .status = 200,
						   .body = rows[i].body };
		BBK_AUTO(repository) repo = BBK_REPOSITORY_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		BBK_AUTO(str) got = BBK_STR_INIT;
		struct world w;

		open_world(&w, &answer, 1);
		assert_int_equal(bbk_dc_repo(&w.rest, "proj", "app", &repo,
					     &err), 0);
		for (size_t n = 0; n < repo.ssh_urls.len; n++)
			bbk_str_addf(&got, "%s%s", n ? " " : "",
				     repo.ssh_urls.v[n]);
		miss_text(bbk_str_get(&got), rows[i].want, "ssh links");
		assert_string_equal(repo.project, "PROJ");
		close_world(&w);
	}
}

static void a_repository_without_clone_links_is_no_answer(void **state)
{
#define BARE(more) "{\"slug\":\"app\",\"project\":{\"key\":\"PROJ\"}" more "}"
	static const char *const bodies[] = {
		BARE(""), BARE(",\"links\":{}"), BARE(",\"links\":[]"),
		BARE(",\"links\":{\"clone\":null}"),
		BARE(",\"links\":{\"clone\":{}}"), REPO("5"),
		REPO("{\"name\":\"ssh\"}"),
		REPO("{\"name\":\"ssh\",\"href\":5}"),
	};

	(void)state;
	for (size_t i = 0; i < ROWS(bodies); i++) {
		const struct fake_reply answer = { .status = 200,
						   .body = bodies[i] };
		BBK_AUTO(repository) repo = BBK_REPOSITORY_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		struct world w;

		open_world(&w, &answer, 1);
		if (bbk_dc_repo(&w.rest, "proj", "app", &repo, &err) != -1)
			miss("%s is a repository", bodies[i]);
		miss_class(&err, BBK_E_SERVER, bodies[i]);
		close_world(&w);
	}
}

static int any_repo(const char *project, const char *body,
		    struct bbk_repository *repo, struct bbk_err *err)
{
	const struct fake_reply answer = { .status = 200, .body = body };
	struct world w;
	int rc;

	open_world(&w, &answer, 1);
	rc = bbk_dc_any_repo(&w.rest, project, repo, err);
	close_world(&w);
	return rc;
}

static void a_repository_of_another_project_is_no_sample(void **state)
{
	BBK_AUTO(repository) repo = BBK_REPOSITORY_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	if (any_repo("OTHER", "{\"isLastPage\":true,\"values\":[" REPO("") "]}",
		     &repo, &err) == 0)
		miss("PROJ/app is taken for one of OTHER");
}

static void a_list_without_values_is_not_an_empty_list(void **state)
{
	static const char *const bodies[] = { "{}", "{\"values\":5}",
					      "{\"values\":[5]}" };
	BBK_AUTO(repository) repo = BBK_REPOSITORY_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ROWS(bodies); i++) {
		if (any_repo("PROJ", bodies[i], &repo, &err) != -1)
			miss("%s is an empty list", bodies[i]);
		bbk_err_release(&err);
	}
	assert_int_equal(any_repo("PROJ", "{\"values\":[]}", &repo, &err), 1);
}

static void a_base_url_without_a_port_has_none(void **state)
{
	static const struct {
		const char *url, *host;
		unsigned port;
	} rows[] = {
		{ "ssh://h.example", "h.example", 0 },
		{ "ssh://git@h.example:7999", "h.example", 7999 },
		{ "ssh://h.example:22", "h.example", 22 },
		{ "ssh://[::1]", "[::1]", 0 },
		{ "ssh://[::1]:7999", "[::1]", 7999 },
		{ "https://h.example:7999", NULL, 0 },
		{ "git@h.example:7999", NULL, 0 },
		{ "ssh://-oProxyCommand=x", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(dc_settings) s = BBK_DC_SETTINGS_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		char body[120];
		const struct fake_reply answer = { .status = 200,
						   .body = body };
		struct world w;

		(void)snprintf(body, sizeof(body), "{\"enabled\":true,"
			       "\"baseUrl\":\"%s\"}", rows[i].url);
		open_world(&w, &answer, 1);
		assert_int_equal(bbk_dc_settings(&w.rest, &s, &err), 0);
		miss_text(s.host, rows[i].host, rows[i].url);
		if (s.base_port != rows[i].port)
			miss("%s: port %u", rows[i].url, s.base_port);
		close_world(&w);
	}
}

/* What is left to do after a POST that was not answered with a key. */
static void a_refused_registration_says_what_is_left_to_do(void **state)
{
#define TEXT_ERROR(message) "{\"errors\":[{\"context\":\"text\"," \
	"\"message\":\"" message "\",\"exceptionName\":null}]}"
	static const struct {
		struct fake_reply reply;
		enum bbk_refusal want;
	} rows[] = {
		{ { .status = 409, .body = "" }, BBK_REFUSAL_EXISTS },
		{ { .status = 400, .body = TEXT_ERROR(
			"You must enter a valid public key") },
		  BBK_REFUSAL_KEY_TYPE },
		{ { .status = 400, .body = TEXT_ERROR("Your SSH key does not "
			"meet the key type or key length requirements set by "
			"your admin.") }, BBK_REFUSAL_KEY_TYPE },
		{ { .status = 400, .body = TEXT_ERROR("label too long") },
		  BBK_REFUSAL_OTHER },
		{ { .status = 401, .body = "" }, BBK_REFUSAL_OTHER },
		{ { .status = 404, .body = "" }, BBK_REFUSAL_OTHER },
		{ { .status = 429, .body = "" }, BBK_REFUSAL_OTHER },
		{ { .status = 500, .body = "" }, BBK_REFUSAL_UNSURE },
		{ { .status = 0, .fail = BBK_E_NETWORK }, BBK_REFUSAL_UNSURE },
		{ { .status = 0, .fail = BBK_E_NETWORK, .unsent = true },
		  BBK_REFUSAL_OTHER },
		{ { .status = 0, .fail = BBK_E_SERVER }, BBK_REFUSAL_UNSURE },
		{ { .status = 201, .body = "{}" }, BBK_REFUSAL_UNSURE },
		{ { .status = 201, .body = "{\"key\":{\"id\":1" },
		  BBK_REFUSAL_UNSURE },
		{ { .status = 200, .body = "<html>" }, BBK_REFUSAL_UNSURE },
		{ { .status = 204 }, BBK_REFUSAL_UNSURE },
	};
	static const struct bbk_target target = {
		BBK_SCOPE_REPO, NULL, "PROJ", "app" };
	static const struct bbk_registration wanted = { "ssh-ed25519 AAAA c",
							"l\"\n", true, 90 };

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(grant) grant = BBK_GRANT_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		enum bbk_refusal got = BBK_REFUSAL_OTHER;
		struct world w;

		open_world(&w, &rows[i].reply, 1);
		assert_int_equal(bbk_datacenter.grant_add(&w.rest, &target,
							  &wanted, &grant, &got,
							  &err),
				 -1);
		if (got != rows[i].want)
			miss("row %zu, status %ld: %d, not %d", i,
			     rows[i].reply.status, rows[i].want, got);
		miss_text(w.http.bodies.v[0],
			  "{\"key\": {\"text\": \"ssh-ed25519 AAAA c\", "
			  "\"label\": \"l\\\"\\n\", \"expiryDays\": 90}, "
			  "\"permission\": \"REPO_WRITE\"}", "body");
		close_world(&w);
	}
}

static void a_grant_says_when_it_ends_in_every_time_zone(void **state)
{
	static const struct {
		const char *created, *want;
	} rows[] = {
		{ "1767225600000", "2026-01-31" }, /* 2026-01-01 0:00 UTC */
		{ "\"2026-01-01T00:00:00Z\"", "2026-01-31" },
		{ "\"2026-01-01\"", "2026-01-31" },
		{ "\"2147483648-01-01\"", NULL },
	};
	static const char *const zones[] = { "UTC", "XXX-14", "XXX+12" };
	static const struct bbk_target target = {
		BBK_SCOPE_PROJECT, NULL, "PROJ", NULL };

	(void)state;
	for (size_t i = 0; i < ROWS(rows) * ROWS(zones); i++) {
		BBK_AUTO(grant) grant = BBK_GRANT_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		char body[300];
		const struct fake_reply answer = { .status = 200,
						   .body = body };
		const char *want = rows[i / ROWS(zones)].want;
		struct world w;

		setenv("TZ", zones[i % ROWS(zones)], 1);
		(void)snprintf(body, sizeof(body), "{\"isLastPage\":true,"
			       "\"values\":[{\"permission\":\"PROJECT_WRITE\","
			       "\"key\":{\"id\":3,\"text\":\"t BLOB c\","
			       "\"expiryDays\":30,\"createdDate\":%s}}]}",
			       rows[i / ROWS(zones)].created);
		open_world(&w, &answer, 1);
		assert_int_equal(bbk_grant_find(&bbk_datacenter, &w.rest,
						&target, "BLOB", &grant, &err),
				 0);
		assert_true(grant.write);
		assert_string_equal(grant.id, "3");
		if (want)
			miss_text(grant.expires, want, zones[i % ROWS(zones)]);
		close_world(&w);
	}
	unsetenv("TZ");
}

static void a_key_is_found_by_its_blob_alone(void **state)
{
	static const struct {
		const char *blob;
		int rc;
	} rows[] = { { "BLOB", 0 }, { "BLO", 1 }, { "BLOBB", 1 },
		     { "blob", 1 }, { "comment", 1 } };
	static const struct fake_reply answer = {
		.status = 200, .body = "{\"isLastPage\":true,\"values\":["
		"{\"text\":\"ssh-ed25519\",\"id\":1},"
		"{\"text\":\"ssh-ed25519 BLOB comment\",\"id\":3}]}" };
	static const struct bbk_target mine = {
		BBK_SCOPE_PERSONAL, NULL, NULL, NULL };

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(grant) grant = BBK_GRANT_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		struct world w;

		open_world(&w, &answer, 1);
		if (bbk_grant_find(&bbk_datacenter, &w.rest, &mine,
				   rows[i].blob, &grant, &err) != rows[i].rc)
			miss("%s", rows[i].blob);
		close_world(&w);
	}
}

/* The key may be the one that has no text. */
static void half_a_list_of_keys_is_no_list(void **state)
{
	static const struct fake_reply answer = {
		.status = 200, .body = "{\"isLastPage\":true,\"values\":["
		"{\"id\":2},{\"text\":\"ssh-ed25519 BLOB c\",\"id\":3}]}" };
	static const struct bbk_target mine = {
		BBK_SCOPE_PERSONAL, NULL, NULL, NULL };
	BBK_AUTO(grant) grant = BBK_GRANT_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	struct world w;

	(void)state;
	open_world(&w, &answer, 1);
	assert_int_equal(
		bbk_grant_find(&bbk_datacenter, &w.rest, &mine, "BLOB",
			       &grant, &err), -1);
	miss_class(&err, BBK_E_SERVER, "half a list");
	close_world(&w);
}

static void what_is_not_bitbucket_is_told_from_a_wrong_path(void **state)
{
	static const struct {
		struct fake_reply reply;
		enum bbk_class class; /* BBK_OK: it is one */
	} rows[] = {
		{ { .status = 200, .body = "{\"version\":\"9.4.1\","
		    "\"displayName\":\"Bitbucket\"}" }, BBK_OK },
		{ { .status = 200, .body = "{\"version\":\"3.11.2\","
		    "\"displayName\":\"Stash\"}" }, BBK_OK },
		{ { .status = 404, .body = "" }, BBK_E_NOT_BITBUCKET },
		{ { .status = 200, .body = "{\"version\":\"9.4.1\","
		    "\"displayName\":\"Jira\"}" }, BBK_E_SERVER },
		{ { .status = 200, .body = "{\"version\":\"\"}" },
		  BBK_E_SERVER },
		{ { .status = 200, .body = "{\"version\":\"\\u001b9\"}" },
		  BBK_E_SERVER },
		{ { .status = 200, .body = "<html>", .type = "text/html" },
		  BBK_E_SERVER },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(err) err = BBK_ERR_INIT;
		struct world w;
		char *release = NULL;

		open_world(&w, &rows[i].reply, 1);
		(void)!bbk_dc_release(&w.rest, &release, &err);
		free(release);
		assert_int_equal(w.http.with_token, 0);
		miss_class(&err, rows[i].class, rows[i].reply.body);
		close_world(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_status_has_its_class),
		TEST(only_what_is_safe_is_sent_again),
		TEST(a_get_that_works_in_the_end_is_good),
		TEST(retry_after_is_seconds_within_ten),
		TEST(a_redirect_shows_its_host_only_and_is_not_followed),
		TEST(nobody_asks_without_the_token_and_http_never_asks),
		TEST(waiting_for_nothing_has_one_limit),
		TEST(pages_advance_and_end),
		TEST(fifty_pages_are_enough),
		TEST(the_ssh_link_is_found_in_any_order),
		TEST(a_repository_without_clone_links_is_no_answer),
		TEST(a_repository_of_another_project_is_no_sample),
		TEST(a_list_without_values_is_not_an_empty_list),
		TEST(a_base_url_without_a_port_has_none),
		TEST(a_refused_registration_says_what_is_left_to_do),
		TEST(a_grant_says_when_it_ends_in_every_time_zone),
		TEST(a_key_is_found_by_its_blob_alone),
		TEST(half_a_list_of_keys_is_no_list),
		TEST(what_is_not_bitbucket_is_told_from_a_wrong_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
