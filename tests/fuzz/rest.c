/* The bytes are the body of every answer, whatever was asked. */
#include "fuzz.h"

#include "bitbucket/cloud.h"
#include "bitbucket/datacenter.h"
#include "bitbucket/listing.h"

#define API "https://h/rest"
#define WEB "https://w"

static const char *body;
static size_t body_len;
static long status;

static int answer(struct bbk_http *http, const struct bbk_http_request *request,
		  struct bbk_http_reply *reply, struct bbk_err *err)
{
	(void)http, (void)err;
	HOLDS(request->token ? bbk_begins(request->url, API "/") :
	      !strcmp(request->url, WEB "/site/ssh") ||
	      bbk_begins(request->url, API "/"));
	bbk_http_reply_release(reply);
	reply->status = status;
	reply->type = bbk_strdup("application/json");
	bbk_str_addn(&reply->body, body, body_len);
	return 0;
}

static void *tags[BBK_HTTP_AT_ONCE];
static size_t tag_count;

static int start(struct bbk_http *http, const struct bbk_http_request *request,
		 void *tag, struct bbk_err *err)
{
	(void)http, (void)request, (void)err;
	HOLDS(tag_count < BBK_HTTP_AT_ONCE);
	tags[tag_count++] = tag;
	return 0;
}

static int wait_for(struct bbk_http *http, struct bbk_http_done *done,
		    struct bbk_err *err)
{
	static const struct bbk_http_request request = { .url = API "/" };

	HOLDS(tag_count > 0);
	done->tag = tags[--tag_count];
	done->rc = answer(http, &request, &done->reply, err);
	return 0;
}

static int64_t now(struct bbk_clock *clock)
{
	(void)clock;
	return 0;
}

static void no_sleep(struct bbk_clock *clock, int64_t milliseconds)
{
	(void)clock;
	HOLDS(milliseconds >= 0 && milliseconds < 11000);
}

static void settled(int rc, struct bbk_err *err)
{
	HOLDS(rc != -1 || (err->what && err->class != BBK_OK));
	bbk_err_release(err);
}

static void grants(struct bbk_rest *rest, struct bbk_err *err)
{
	static const struct bbk_target targets[] = {
		{ BBK_SCOPE_PROJECT, NULL, "PROJ", NULL },
		{ BBK_SCOPE_REPO, NULL, "PROJ", "app" },
		{ BBK_SCOPE_PERSONAL, NULL, NULL, NULL },
	};
	static const struct bbk_registration wanted = { "ssh-ed25519 AAAA c",
							"l", true, 1 };

	for (size_t i = 0; i < BBK_ARRAY_LEN(targets); i++) {
		BBK_AUTO(grant) grant = BBK_GRANT_INIT;
		enum bbk_refusal refusal;

		settled(bbk_grant_find(&bbk_datacenter, rest, &targets[i],
				       "AAAA", &grant, err), err);
		settled(bbk_datacenter.grant_add(rest, &targets[i], &wanted,
						 &grant, &refusal, err),
			err);
	}
}

static void grants_of_cloud(struct bbk_rest *rest, struct bbk_err *err)
{
	static const struct bbk_target targets[] = {
		{ BBK_SCOPE_PROJECT, "acme", "PROJ", NULL },
		{ BBK_SCOPE_REPO, "acme", "PROJ", "app" },
		{ BBK_SCOPE_PERSONAL, NULL, NULL, NULL },
	};
	static const struct bbk_registration wanted = { "ssh-ed25519 AAAA c",
							"l", false, 1 };

	for (size_t i = 0; i < BBK_ARRAY_LEN(targets); i++) {
		BBK_AUTO(grant) grant = BBK_GRANT_INIT;
		enum bbk_refusal refusal;

		bbk_replace(&rest->account, "{a}"); /* else it is asked for */
		settled(bbk_grant_find(&bbk_cloud, rest, &targets[i], "AAAA",
				       &grant, err), err);
		settled(bbk_cloud.grant_add(rest, &targets[i], &wanted, &grant,
					    &refusal, err), err);
		free(rest->account);
		rest->account = NULL;
	}
}

/* A body of many places makes many calls: that is not what is looked for. */
static void everywhere(const struct bbk_edition *edition,
		       struct bbk_rest *rest, struct bbk_err *err)
{
	BBK_AUTO(listings) listings = BBK_LISTINGS_INIT;

	if (body_len < 2000)
		settled(bbk_listings_all(&listings, edition, rest, NULL, NULL,
					 err), err);
	HOLDS(tag_count == 0);
}

static void everything_of_cloud(struct bbk_rest *rest, struct bbk_err *err)
{
	BBK_AUTO(repository) repo = BBK_REPOSITORY_INIT;
	BBK_AUTO(strv) keys = BBK_STRV_INIT;
	BBK_AUTO(url) web = BBK_URL_INIT;
	char *key = NULL;

	rest->cloud = true;
	settled(bbk_cloud_repo(rest, "acme", "app", &repo, err), err);
	settled(bbk_cloud_project(rest, "acme", "PROJ", &key, err), err);
	settled(bbk_cloud_user(rest, err), err);
	grants_of_cloud(rest, err);
	everywhere(&bbk_cloud, rest, err);
	HOLDS(bbk_url_parse(&web, WEB, err) == 0);
	settled(bbk_cloud_host_keys(rest, &web, &keys, err), err);
	free(key);
}

static void everything(struct bbk_rest *rest, struct bbk_err *err)
{
	BBK_AUTO(dc_settings) settings = BBK_DC_SETTINGS_INIT;
	BBK_AUTO(repository) repo = BBK_REPOSITORY_INIT;
	char *release = NULL, *key = NULL;

	settled(bbk_dc_release(rest, &release, err), err);
	settled(bbk_dc_settings(rest, &settings, err), err);
	settled(bbk_dc_repo(rest, "PROJ", "app", &repo, err), err);
	settled(bbk_dc_any_repo(rest, "PROJ", &repo, err), err);
	settled(bbk_dc_project(rest, "PROJ", &key, err), err);
	grants(rest, err);
	everywhere(&bbk_datacenter, rest, err);
	free(release);
	free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const long statuses[] = { 200, 400, 401, 403, 409 };
	struct bbk_http http = { answer, start, wait_for };
	struct bbk_clock clock = { now, no_sleep };

	body = (const char *)data;
	body_len = size;
	for (size_t i = 0; i < BBK_ARRAY_LEN(statuses); i++) {
		BBK_AUTO(rest) rest = BBK_REST_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;

		rest.http = &http;
		rest.clock = &clock;
		rest.token_source = bbk_strdup("x");
		bbk_secret_set(&rest.token, "t", 1);
		HOLDS(bbk_url_parse(&rest.api, API, &err) == 0);
		status = statuses[i];
		everything(&rest, &err);
		everything_of_cloud(&rest, &err);
	}
	return 0;
}
