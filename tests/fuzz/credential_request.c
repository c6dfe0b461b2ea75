#include "fuzz.h"

#include "base/request.h"

/* What is passed on to another helper says what was understood, no more. */
static void check_text(const struct bbk_request *request)
{
	BBK_AUTO(request) again = BBK_REQUEST_INIT;
	size_t len = strlen(request->text);

	HOLDS(request->text[len - 1] == '\n');
	HOLDS(!strstr(request->text, "\n\n") && !strchr(request->text, '\r'));
	HOLDS(bbk_request_parse(&again, request->text, len));
	HOLDS(!strcmp(again.host, request->host));
	HOLDS(again.authtype == request->authtype);
	HOLDS(bbk_same(again.password, request->password));
}

/* A place is https, canonical, and nothing but the host that was named. */
static void check_url(const struct bbk_request *request)
{
	BBK_AUTO(url) url = BBK_URL_INIT;

	if (!bbk_request_url(request, &url))
		return;
	HOLDS(url.scheme == BBK_HTTPS && !url.user && !url.password);
	HOLDS(!strcmp(request->protocol, "https"));
	HOLDS(strlen(url.host) <= strlen(request->host));
	for (size_t i = 0; url.host[i]; i++)
		HOLDS(url.host[i] == bbk_lower(request->host[i]));
	HOLDS(!request->host[strlen(url.host)] ||
	      request->host[strlen(url.host)] == ':');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BBK_AUTO(request) request = BBK_REQUEST_INIT;

	if (bbk_request_parse(&request, (const char *)data, size)) {
		HOLDS(*request.protocol && *request.host);
		HOLDS(!strpbrk(request.host, "\r\n"));
		check_text(&request);
		check_url(&request);
	}
	return 0;
}
