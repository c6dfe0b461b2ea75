#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/request.h"

static struct bbk_access_request usual(void)
{
	return (struct bbk_access_request){
		.edition = "datacenter", .base = "https://b",
		.api = "https://b/rest", .project = "PROJ",
		.label = "bbkey u@h", .line = "ssh-ed25519 AAAA bbkey u@h",
		.fingerprint = "SHA256:x", .key_word = "ED25519",
		.machine = "u@h", .page = "https://b/keys",
		.instead = "https://b", .next = "git bbkey init --wait URL",
	};
}

static void what_cloud_cannot_give_is_not_asked_for(void **state)
{
	static const struct {
		const char *edition;
		enum bbk_scope scope;
		bool write;
		long expires;
		enum bbk_class class;
	} rows[] = {
		{ "datacenter", BBK_SCOPE_PROJECT, true, 9, BBK_OK },
		{ "cloud", BBK_SCOPE_PROJECT, false, 0, BBK_OK },
		{ "cloud", BBK_SCOPE_PROJECT, true, 0, BBK_E_PERMISSION },
		{ "cloud", BBK_SCOPE_REPO, true, 0, BBK_E_PERMISSION },
		{ "cloud", BBK_SCOPE_REPO, false, 1, BBK_E_PERMISSION },
		{ "cloud", BBK_SCOPE_PERSONAL, true, 9, BBK_OK },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(err) err = BBK_ERR_INIT;
		struct bbk_access_request request = usual();

		request.edition = rows[i].edition;
		request.scope = rows[i].scope;
		request.write = rows[i].write;
		request.expires = rows[i].expires;
		if (bbk_access_request_check(&request, &err) !=
		    (rows[i].class ? -1 : 0))
			miss("row %zu: another answer than -1 for a class", i);
		miss_class(&err, rows[i].class, rows[i].edition);
	}
}

static void sync_is_shown_only_where_its_file_can_say_it(void **state)
{
	BBK_AUTO(str) ignored = BBK_STR_INIT;
	struct bbk_access_request request = usual();

	(void)state;
	assert_true(bbk_access_request_manifest(&request, &ignored));
	request.expires = 9;
	assert_false(bbk_access_request_manifest(&request, &ignored));
	request = usual();
	request.scope = BBK_SCOPE_PERSONAL;
	assert_false(bbk_access_request_manifest(&request, &ignored));
	request = usual();
	request.edition = "cloud";
	assert_false(bbk_access_request_manifest(&request, &ignored));
}

static void a_manifest_names_a_repository_with_its_project(void **state)
{
	BBK_AUTO(str) text = BBK_STR_INIT;
	BBK_AUTO(json) json = BBK_JSON_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	struct bbk_access_request request = usual();
	struct json_t *grant;

	(void)state;
	request.scope = BBK_SCOPE_REPO;
	request.repo = "app";
	request.write = true;
	assert_true(bbk_access_request_manifest(&request, &text));
	assert_int_equal(bbk_json_parse(&json, text.s, text.len, &err), 0);
	grant = bbk_json_item(bbk_json_array(json.root, "grants"), 0);
	miss_text(bbk_json_string(grant, "repo"), "PROJ/app", "repo");
	miss_text(bbk_json_string(grant, "project"), NULL, "project");
	miss_text(bbk_json_string(grant, "permission"), "write", "permission");
}

/* Is it in the text, as it is? */
static bool shows(const struct bbk_str *text, const char *part)
{
	return strstr(bbk_str_get(text), part) != NULL;
}

static void a_label_is_data_for_sh_and_for_json(void **state)
{
	BBK_AUTO(str) curl = BBK_STR_INIT;
	struct bbk_access_request request = usual();

	(void)state;
	request.label = "it's \"$(id)\" `id` \\";
	assert_true(bbk_access_request_curl(&request, &curl));
	if (!shows(&curl, "it'\\''s \\\"$(id)\\\" `id` \\\\\""))
		miss("%s", bbk_str_get(&curl));
}

static void prose_fits_the_screen_whatever_the_names(void **state)
{
	BBK_AUTO(str) text = BBK_STR_INIT;
	struct bbk_access_request request = usual();
	char name[129] = "";
	char *line;

	(void)state;
	memset(name, 'N', sizeof(name) - 1);
	request.project = name;
	request.machine = "somebody.with.a.long.name@a-machine-with-one-too";
	request.label = "words and words and words and words and words and "
			"words and words and words and words";
	bbk_access_request_text(&request, &text);
	while ((line = strchr(text.s, '\n'))) {
		*line = '\0';
		if (bbk_columns(text.s) > 80 && strchr(text.s, ' ') &&
		    !bbk_begins(text.s, "printf "))
			miss("wider than 80: %s", text.s);
		memmove(text.s, line + 1, strlen(line + 1) + 1);
	}
}

/* --- JSON ---------------------------------------------------------------- */

static void json_has_every_field_of_the_contract(void **state)
{
	static const char names[] =
		"{\"base_url\": \"https://b\", \"edition\": \"datacenter\", "
		"\"project\": \"PROJ\", \"workspace\": null, \"repo\": null, "
		"\"scope\": \"project\", \"permission\": \"read\", "
		"\"label\": \"bbkey u@h\", \"public_key\": \"ssh-ed25519 "
		"AAAA bbkey u@h\", \"fingerprint\": \"SHA256:x\", "
		"\"expires_days\": null, \"page\": \"https://b/keys\", "
		"\"curl\": \"printf ";
	BBK_AUTO(str) text = BBK_STR_INIT;
	BBK_AUTO(str) words = BBK_STR_INIT;
	BBK_AUTO(json) json = BBK_JSON_INIT;
	struct bbk_access_request request = usual();

	(void)state;
	json.root = bbk_access_request_json(&request);
	bbk_json_text(&text, json.root, false);
	if (!bbk_begins(bbk_str_get(&text), names))
		miss("%s", bbk_str_get(&text));
	bbk_access_request_text(&request, &words);
	miss_text(bbk_json_string(json.root, "text"), bbk_str_get(&words),
		  "text");
}

static void json_says_null_for_what_a_personal_key_has_not(void **state)
{
	BBK_AUTO(str) text = BBK_STR_INIT;
	BBK_AUTO(json) json = BBK_JSON_INIT;
	struct bbk_access_request request = usual();
	int64_t days = 0;

	(void)state;
	request.scope = BBK_SCOPE_PERSONAL;
	request.project = NULL;
	request.expires = 9;
	json.root = bbk_access_request_json(&request);
	bbk_json_text(&text, json.root, false);
	if (!shows(&text, "\"project\": null") ||
	    !shows(&text, "\"permission\": null") ||
	    !shows(&text, "\"curl\": null"))
		miss("%s", bbk_str_get(&text));
	assert_true(bbk_json_int(json.root, "expires_days", &days));
	assert_int_equal(days, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_cloud_cannot_give_is_not_asked_for),
		TEST(sync_is_shown_only_where_its_file_can_say_it),
		TEST(a_manifest_names_a_repository_with_its_project),
		TEST(a_label_is_data_for_sh_and_for_json),
		TEST(prose_fits_the_screen_whatever_the_names),
		TEST(json_has_every_field_of_the_contract),
		TEST(json_says_null_for_what_a_personal_key_has_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
