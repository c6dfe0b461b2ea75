#include "credential/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

#define LINE_MAX_BYTES 65535
#define LINES_MAX 64
#define TEXT_MAX ((size_t)LINE_MAX_BYTES * 4)

void bbk_request_release(struct bbk_request *request)
{
	free(request->protocol);
	free(request->host);
	free(request->path);
	free(request->username);
	*request = (struct bbk_request)BBK_REQUEST_INIT;
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
	};
	const char *equals = memchr(line, '=', len);
	size_t name = equals ? (size_t)(equals - line) : 0;

	if (!name || len > LINE_MAX_BYTES)
		return false;
	for (size_t i = 0; i < BBK_ARRAY_LEN(fields); i++) {
		if (strlen(fields[i].name) != name ||
		    strncmp(fields[i].name, line, name) != 0)
			continue;
		if (*fields[i].to)
			return false;
		*fields[i].to = bbk_strndup(equals + 1, len - name - 1);
	}
	return true;
}

static bool parse(struct bbk_request *request, const char *text, size_t len)
{
	int lines = 0;

	if (memchr(text, '\0', len) || memchr(text, '\r', len))
		return false;
	while (len && *text != '\n') {
		const char *eol = memchr(text, '\n', len);
		size_t line = eol ? (size_t)(eol - text) : len;

		if (!eol || ++lines > LINES_MAX ||
		    !take_line(request, text, line))
			return false;
		text += line + 1;
		len -= line + 1;
	}
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

bool bbk_request_read(struct bbk_request *request, int fd)
{
	BBK_AUTO(str) text = BBK_STR_INIT;
	char chunk[4096];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || text.len + (size_t)n > TEXT_MAX)
			return false;
		bbk_str_addn(&text, chunk, (size_t)n);
	}
	return bbk_request_parse(request, bbk_str_get(&text), text.len);
}
