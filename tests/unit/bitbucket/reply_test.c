#include "test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "bitbucket/datacenter.h"
#include "bitbucket/grants.h"
#include "fakes.h"

#define CORPUS SOURCE_DIR "/tests/fuzz/corpus/rest"

static const struct bbk_target target = { BBK_SCOPE_PROJECT, NULL, "PROJ",
					  NULL };
static const struct bbk_target mine = { BBK_SCOPE_PERSONAL, NULL, NULL, NULL };

/* Each gives a result that its header allows, or an error. */
static int settings(struct bbk_rest *rest, struct bbk_err *err)
{
	BBK_AUTO(dc_settings) found = BBK_DC_SETTINGS_INIT;
	int rc = bbk_dc_settings(rest, &found, err);

	return rc || (found.port < 65536 && found.base_port < 65536) ? rc : -2;
}

static int repo(struct bbk_rest *rest, struct bbk_err *err)
{
	BBK_AUTO(repository) found = BBK_REPOSITORY_INIT;
	int rc = bbk_dc_repo(rest, "PROJ", "app", &found, err);

	return rc || (!strcmp(found.project, "PROJ") &&
		      !strcmp(found.slug, "app")) ? rc : -2;
}

static int any_repo(struct bbk_rest *rest, struct bbk_err *err)
{
	BBK_AUTO(repository) found = BBK_REPOSITORY_INIT;
	int rc = bbk_dc_any_repo(rest, "PROJ", &found, err);

	return rc || (found.project && found.slug) ? rc : -2;
}

static int project(struct bbk_rest *rest, struct bbk_err *err)
{
	char *key = NULL;
	int rc = bbk_dc_project(rest, "proj", &key, err);

	rc = rc || !strcmp(key, "PROJ") ? rc : -2;
	free(key);
	return rc;
}

static int find(struct bbk_rest *rest, struct bbk_err *err)
{
	BBK_AUTO(grant) grant = BBK_GRANT_INIT;
	int rc = bbk_grant_find(&bbk_datacenter, rest, &target, "AAAA", &grant,
				err);

	return rc || (grant.id && strspn(grant.id, "0123456789")) ? rc : -2;
}

static int add_to(struct bbk_rest *rest, const struct bbk_target *where,
		  struct bbk_err *err)
{
	static const struct bbk_registration wanted = { "ssh-ed25519 AAAA c",
							"l", false, 30 };
	BBK_AUTO(grant) grant = BBK_GRANT_INIT;
	enum bbk_refusal refusal = BBK_REFUSAL_OTHER;
	int rc = bbk_datacenter.grant_add(rest, where, &wanted, &grant,
					  &refusal, err);

	if (rc < 0 && refusal != BBK_REFUSAL_UNSURE)
		miss("an answer to a POST that cannot be read is not unsure");
	return rc || grant.id ? rc : -2;
}

static int add(struct bbk_rest *rest, struct bbk_err *err)
{
	return add_to(rest, &target, err);
}

static int add_mine(struct bbk_rest *rest, struct bbk_err *err)
{
	return add_to(rest, &mine, err);
}

static int release(struct bbk_rest *rest, struct bbk_err *err)
{
	char *text = NULL;
	int rc = bbk_dc_release(rest, &text, err);

	rc = rc || (*text && strlen(text) <= 32) ? rc : -2;
	free(text);
	return rc;
}

static const struct {
	const char *name;
	int (*read)(struct bbk_rest *rest, struct bbk_err *err);
} readers[] = {
	{ "settings", settings }, { "repo", repo }, { "any repo", any_repo },
	{ "project", project },	  { "find", find }, { "add", add },
	{ "add mine", add_mine }, { "release", release },
};

static void feed(const char *name, const char *body)
{
	const struct fake_reply reply = { .status = 200, .body = body };

	for (size_t i = 0; i < ROWS(readers); i++) {
		BBK_AUTO(rest) rest = BBK_REST_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		struct fake_http http;
		struct fake_clock clock;
		char row[300];
		int rc;

		fake_http_init(&http, &reply, 1);
		fake_clock_init(&clock);
		rest.http = &http.http;
		rest.clock = &clock.clock;
		assert_int_equal(bbk_url_parse(&rest.api, "https://h/rest",
					       &err), 0);
		rc = readers[i].read(&rest, &err);
		(void)snprintf(row, sizeof(row), "%s, %s", name,
			       readers[i].name);
		if (rc == -2)
			miss("%s: a result that cannot be", row);
		else if (rc == -1)
			miss_class(&err, BBK_E_SERVER, row);
		if (http.sent > 50)
			miss("%s: %zu requests", row, http.sent);
		fake_http_release(&http);
	}
}

/* R13, R15, R21 */
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
		feed(entry->d_name, bbk_str_get(&body));
		files++;
	}
	closedir(dir);
	assert_true(files >= 60);
}

/* The release names no control character, whatever the server says. */
static void a_good_body_is_read(void **state)
{
	(void)state;
	feed("plain", "{\"enabled\":true}");
}

static int parse_values(size_t count)
{
	BBK_AUTO(json) json = BBK_JSON_INIT;
	BBK_AUTO(str) text = BBK_STR_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	int rc;

	bbk_str_addc(&text, '[');
	for (size_t i = 2; i < count; i++) /* the array is a value, too */
		bbk_str_add(&text, "{},");
	bbk_str_add(&text, "{}]");
	rc = bbk_json_parse(&json, bbk_str_get(&text), text.len, &err);
	if (rc < 0)
		miss_class(&err, BBK_E_SERVER, "values");
	return rc;
}

/* R15: a short text can be a great deal of memory. */
static void the_number_of_values_has_a_limit(void **state)
{
	(void)state;
	assert_int_equal(parse_values(BBK_JSON_VALUES_MAX), 0);
	assert_int_equal(parse_values(BBK_JSON_VALUES_MAX + 1), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_body_is_a_result_or_class_server),
		TEST(a_good_body_is_read),
		TEST(the_number_of_values_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
