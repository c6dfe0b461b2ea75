#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "bitbucket/datacenter.h"
#include "bitbucket/grants.h"

#define LINE "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIazEu89wgQZ4bqs3d63QSMzYVa" \
	     "0MuJ2e2gKTKqu+UUO"

static struct bbk_curl curl;

static void open_rest(struct bbk_rest *rest, const char *token)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	char *api = bbk_strf("%s/rest", getenv("BASE"));

	rest->http = &curl.http;
	rest->clock = &bbk_system_clock;
	rest->ca = bbk_strdup(getenv("CA"));
	rest->token_source = bbk_strdup("a test");
	if (token)
		bbk_secret_set(&rest->token, token, strlen(token));
	assert_int_equal(bbk_url_parse(&rest->api, api, &err), 0);
	free(api);
}

static void an_instance_says_what_it_is(void **state)
{
	BBK_AUTO(rest) rest = BBK_REST_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	BBK_AUTO(dc_settings) settings = BBK_DC_SETTINGS_INIT;
	BBK_AUTO(repository) repo = BBK_REPOSITORY_INIT;
	char *release = NULL, *key = NULL;

	(void)state;
	open_rest(&rest, getenv("TOKEN"));
	assert_int_equal(bbk_dc_release(&rest, &release, &err), 0);
	assert_int_equal(bbk_dc_settings(&rest, &settings, &err), 0);
	assert_true(settings.enabled);
	assert_int_equal(bbk_dc_repo(&rest, "proj", "app", &repo, &err), 0);
	assert_string_equal(repo.project, "PROJ");
	assert_int_equal(repo.ssh_urls.len, 1);
	assert_true(bbk_begins(repo.ssh_urls.v[0], "ssh://"));
	assert_int_equal(bbk_dc_project(&rest, "proj", &key, &err), 0);
	assert_string_equal(key, "PROJ");
	assert_string_equal(rest.who, "dev");
	free(release);
	free(key);
}

static void a_key_is_added_found_and_refused_the_second_time(void **state)
{
	static const struct bbk_target target = {
		BBK_SCOPE_PROJECT, NULL, "PROJ", NULL };
	struct bbk_registration wanted = { LINE, "bbkey \303\274@x", false, 0 };
	const char *blob = strchr(LINE, ' ') + 1;
	BBK_AUTO(rest) rest = BBK_REST_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	BBK_AUTO(grant) grant = BBK_GRANT_INIT;
	enum bbk_refusal refusal = BBK_REFUSAL_OTHER;

	(void)state;
	open_rest(&rest, getenv("TOKEN"));
	assert_int_equal(
		bbk_grant_find(&bbk_datacenter, &rest, &target, blob, &grant,
			       &err),
		1);
	assert_int_equal(bbk_datacenter.grant_add(&rest, &target, &wanted,
						  &grant, &refusal, &err),
			 0);
	assert_false(grant.write);
	assert_int_equal(
		bbk_grant_find(&bbk_datacenter, &rest, &target, blob, &grant,
			       &err),
		0);
	assert_int_equal(bbk_datacenter.grant_add(&rest, &target, &wanted,
						  &grant, &refusal, &err),
			 -1);
	assert_int_equal(refusal, BBK_REFUSAL_EXISTS);
	miss_class(&err, BBK_E_CONFLICT, "twice");
	assert_int_equal(
		bbk_datacenter.grant_set_write(&rest, &target, grant.id, &err),
		0);
	assert_int_equal(
		bbk_grant_find(&bbk_datacenter, &rest, &target, blob, &grant,
			       &err),
		0);
	assert_true(grant.write);
}

static void errors_have_their_class(void **state)
{
	static const struct {
		const char *token, *path;
		enum bbk_class class;
	} rows[] = {
		{ "wrong", "/ssh/latest/settings", BBK_E_AUTH },
		{ NULL, "/ssh/latest/settings", BBK_E_AUTH },
		{ "TOKEN", "/api/latest/projects/NOPE", BBK_E_PERMISSION },
		{ "READER", "/keys/latest/projects/PROJ/ssh",
		  BBK_E_PERMISSION },
		{ "TOKEN", "/nothing/here", BBK_E_PERMISSION },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(rest) rest = BBK_REST_INIT;
		BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		const char *token = rows[i].token;

		open_rest(&rest, token && getenv(token) ? getenv(token) :
							  token);
		assert_int_equal(bbk_rest_call(&rest, "GET", rows[i].path,
					       NULL, &reply, &err), -1);
		miss_class(&err, rows[i].class, rows[i].path);
	}
}

static void a_server_that_cannot_prove_itself_gets_nothing(void **state)
{
	BBK_AUTO(rest) rest = BBK_REST_INIT;
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	open_rest(&rest, getenv("TOKEN"));
	bbk_replace(&rest.ca, NULL);
	assert_int_equal(bbk_rest_call(&rest, "GET", "/x", NULL, &reply, &err),
			 -1);
	miss_class(&err, BBK_E_TLS, "an unknown CA");
	rest.ca = bbk_strdup(getenv("CA"));
	rest.api.port = 1;
	assert_int_equal(bbk_rest_call(&rest, "GET", "/x", NULL, &reply, &err),
			 -1);
	miss_class(&err, BBK_E_NETWORK, "a closed port");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_instance_says_what_it_is),
		TEST(a_key_is_added_found_and_refused_the_second_time),
		TEST(errors_have_their_class),
		TEST(a_server_that_cannot_prove_itself_gets_nothing),
	};
	int status;

	bbk_curl_init(&curl);
	status = cmocka_run_group_tests(tests, NULL, NULL);
	bbk_curl_release(&curl);
	return status;
}
