#include "fuzz.h"

#include "base/address.h"
#include "base/cloud.h"
#include "base/url.h"

static void pages(const char *text)
{
	for (int cloud = 0; cloud < 2; cloud++) {
		char *page = bbk_address_page(text, cloud);

		HOLDS(bbk_begins(text, page));
		free(page);
	}
}

/* Every name goes into REST paths and file names. */
static void names(const struct bbk_url *url, bool cloud)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	BBK_AUTO(address) address = BBK_ADDRESS_INIT;
	const char *host = url->host;
	unsigned port = url->port;

	bbk_cloud_canonical(&host, &port);
	HOLDS(bbk_cloud_is_ssh(host, port) ==
	      bbk_cloud_is_ssh(url->host, url->port));
	if (bbk_address_of(&address, url, cloud, &err) < 0)
		return;
	HOLDS(cloud || !address.workspace);
	HOLDS(!address.workspace || bbk_repo_is_valid(address.workspace));
	HOLDS(!address.project || bbk_project_is_valid(address.project));
	HOLDS(!address.repo || bbk_repo_is_valid(address.repo));
	HOLDS(!address.repo || bbk_address_owner(&address));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	BBK_AUTO(url) url = BBK_URL_INIT;
	BBK_AUTO(url) again = BBK_URL_INIT;
	BBK_AUTO(str) once = BBK_STR_INIT;
	BBK_AUTO(str) twice = BBK_STR_INIT;
	char *text = bbk_strndup((const char *)data, size);

	pages(text);
	if (bbk_url_parse(&url, text, &err) == 0) {
		HOLDS(url.host && url.path && url.port && url.port < 65536);
		HOLDS(bbk_host_is_valid(url.host));
		HOLDS(!strstr(url.path, "/-"));
		HOLDS(bbk_url_within(&url, &url));
		HOLDS(!url.user || bbk_user_is_valid(url.user));
		bbk_url_add_user(&once, &url);
		if (once.len <= 4096) { /* scp-like grows by "ssh://" */
			HOLDS(bbk_url_parse(&again, once.s, &err) == 0);
			HOLDS(bbk_url_same_origin(&url, &again));
			bbk_url_add_user(&twice, &again);
			HOLDS(!strcmp(once.s, twice.s));
		}
		names(&url, false);
		names(&url, true);
	}
	free(text);
	return 0;
}
