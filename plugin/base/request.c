#include "base/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/str.h"

#define LINE_MAX_BYTES 65535
#define LINES_MAX 64
#define TEXT_MAX ((size_t)LINE_MAX_BYTES * 4)

static void wipe_and_free(char *text)
{
	if (text)
		bbk_wipe(text, strlen(text));
	free(text);
}

void bbk_request_release(struct bbk_request *request)
{
	free(request->protocol);
	free(request->host);
	free(request->path);
	free(request->username);
	wipe_and_free(request->password);
	wipe_and_free(request->credential);
	wipe_and_free(request->text);
	*request = (struct bbk_request)BBK_REQUEST_INIT;
}

/* "capability[]=x" adds to a list, and "capability[]=" empties it. */
static void take_capability(struct bbk_request *request, const char *value,
			    size_t len)
{
	static const char authtype[] = "authtype";

	if (!len)
		request->authtype = false;
	if (len == sizeof(authtype) - 1 && !strncmp(value, authtype, len))
		request->authtype = true;
}

static bool is_name(const char *name, const char *line, size_t len)
{
	return strlen(name) == len && !strncmp(name, line, len);
}

static bool take_line(struct bbk_request *request, const char *line, size_t len)
{
	const struct {
		const char *name;
		char **to;
	} fields[] = {
		{ "protocol", &request->protocol },
		{ "host", &request->host },
		{ "path", &request->path },
		{ "username", &request->username },
		{ "password", &request->password },
		{ "credential", &request->credential },
	};
	const char *equals = memchr(line, '=', len);
	size_t name = equals ? (size_t)(equals - line) : 0;

	if (!name || len > LINE_MAX_BYTES)
		return false;
	if (is_name("capability[]", line, name))
		take_capability(request, equals + 1, len - name - 1);
	for (size_t i = 0; i < BBK_ARRAY_LEN(fields); i++) {
		if (!is_name(fields[i].name, line, name))
			continue;
		if (*fields[i].to)
			return false;
		*fields[i].to = bbk_strndup(equals + 1, len - name - 1);
	}
	return true;
}

static bool parse(struct bbk_request *request, const char *text, size_t len)
{
	const char *line = text, *end = text + len;
	int lines = 0;

	if (memchr(text, '\0', len) || memchr(text, '\r', len))
		return false;
	while (line < end && *line != '\n') {
		const char *eol = memchr(line, '\n', (size_t)(end - line));

		if (!eol || ++lines > LINES_MAX ||
		    !take_line(request, line, (size_t)(eol - line)))
			return false;
		line = eol + 1;
	}
	request->text = bbk_strndup(text, (size_t)(line - text));
	return request->protocol && *request->protocol && request->host &&
	       *request->host;
}

bool bbk_request_parse(struct bbk_request *request, const char *text,
		       size_t len)
{
	BBK_AUTO(request) parsed = BBK_REQUEST_INIT;

	if (!parse(&parsed, text, len))
		return false;
	bbk_request_release(request);
	*request = parsed;
	parsed = (struct bbk_request)BBK_REQUEST_INIT;
	return true;
}

/* Is there an empty line in what was added behind `from`? */
static bool is_ended(const struct bbk_str *text, size_t from)
{
	return text->len && (text->s[0] == '\n' ||
			     strstr(text->s + (from ? from - 1 : 0), "\n\n"));
}

static bool read_text(struct bbk_str *text, int fd)
{
	char chunk[4096];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		size_t from = text->len;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || from + (size_t)n > TEXT_MAX)
			return false;
		bbk_str_addn(text, chunk, (size_t)n);
		bbk_wipe(chunk, (size_t)n);
		if (is_ended(text, from))
			break;
	}
	return true;
}

bool bbk_request_read(struct bbk_request *request, int fd)
{
	BBK_AUTO(str) text = BBK_STR_INIT;
	bool good = read_text(&text, fd) &&
		    bbk_request_parse(request, bbk_str_get(&text), text.len);

	if (text.s)
		bbk_wipe(text.s, text.len);
	return good;
}

bool bbk_request_url(const struct bbk_request *request, struct bbk_url *url)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	const char *path = request->path ? request->path : "";
	char *text;
	bool good;

	/* git has split and decoded it: what is special is none of ours */
	if (strcmp(request->protocol, "https") != 0 ||
	    strpbrk(request->host, "/?#@%\\") || strchr(path, '%'))
		return false;
	text = bbk_strf("https://%s%s%s", request->host, *path ? "/" : "",
			path);
	good = bbk_url_parse(url, text, &ignored) == 0;
	free(text);
	return good;
}
