#include "base/url.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define URL_MAX 4096
#define HOST_MAX 253
#define USER_MAX 64

static const struct {
	const char *prefix;
	enum bbk_scheme scheme;
} schemes[] = {
	{ "https://", BBK_HTTPS },	{ "http://", BBK_HTTP },
	{ "ssh://", BBK_SSH },		{ "git+ssh://", BBK_SSH },
	{ "ssh+git://", BBK_SSH },
};

static unsigned default_port(enum bbk_scheme scheme)
{
	return scheme == BBK_HTTPS ? 443 : scheme == BBK_HTTP ? 80 : 22;
}

void bbk_url_release(struct bbk_url *url)
{
	free(url->user);
	free(url->host);
	free(url->path);
	*url = (struct bbk_url)BBK_URL_INIT;
}

void bbk_url_copy(struct bbk_url *to, const struct bbk_url *from)
{
	struct bbk_url copy = *from;

	copy.user = from->user ? bbk_strdup(from->user) : NULL;
	copy.host = bbk_strdup(from->host);
	copy.path = bbk_strdup(from->path);
	bbk_url_release(to);
	*to = copy;
}

bool bbk_user_is_valid(const char *user)
{
	size_t len = strlen(user);

	if (!len || len > USER_MAX || !bbk_is_alnum(user[0]))
		return false;
	for (; *user; user++)
		if (!bbk_is_alnum(*user) && !strchr("._-", *user))
			return false;
	return true;
}

static bool ipv6_is_valid(const char *host)
{
	unsigned char address[16];
	char bare[INET6_ADDRSTRLEN] = "";
	size_t len = strlen(host);

	if (len < 4 || len >= sizeof(bare) + 2 || host[len - 1] != ']')
		return false;
	memcpy(bare, host + 1, len - 2);
	return inet_pton(AF_INET6, bare, address) == 1;
}

/* Four decimals: the one spelling that no two parsers read differently. */
static bool ipv4_is_plain(const char *host)
{
	int parts = 0;

	for (const char *p = host;; p++) {
		char part[4] = "";
		size_t len = strcspn(p, ".");
		long n;

		if (len > 3)
			return false;
		memcpy(part, p, len);
		if (bbk_parse_number(part, 0, 255, &n) < 0)
			return false;
		parts++;
		p += len;
		if (!*p)
			return parts == 4;
	}
}

static bool looks_like_ipv4(const char *host)
{
	const char *last = strrchr(host, '.');

	last = last ? last + 1 : host;
	if (last[0] == '0' && bbk_lower(last[1]) == 'x')
		return true;
	return strspn(last, "0123456789") == strlen(last);
}

bool bbk_host_is_valid(const char *host)
{
	size_t len = strlen(host);

	if (host[0] == '[')
		return ipv6_is_valid(host);
	if (!len || len > HOST_MAX || strstr(host, ".."))
		return false;
	if (!bbk_is_alnum(host[0]) || !bbk_is_alnum(host[len - 1]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!bbk_is_alnum(host[i]) && host[i] != '.' && host[i] != '-')
			return false;
	return !looks_like_ipv4(host) || ipv4_is_plain(host);
}

char *bbk_host_canonical(const char *host)
{
	char *copy = bbk_strdup(host);

	for (char *p = copy; *p; p++)
		*p = (char)bbk_lower(*p);
	return copy;
}

static int refuse(struct bbk_err *err, const char *why)
{
	return bbk_err_set(err, BBK_E_NOT_BITBUCKET,
			   "this URL is refused: %s", why);
}

static int hex(int c)
{
	c = bbk_lower(c);
	return bbk_is_digit(c) ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool path_byte(int c)
{
	return bbk_is_alnum(c) || (c && strchr("._~-", c));
}

/* Adds text without its percent signs, each of which must be harmless. */
static int decode_path(struct bbk_str *out, const char *text,
		       struct bbk_err *err)
{
	for (; *text; text++) {
		int c = (unsigned char)*text;

		if (c == '%') {
			int high = hex(text[1]);
			int low = high < 0 ? -1 : hex(text[2]);

			c = low < 0 ? 0 : high * 16 + low;
			if (!path_byte(c))
				return refuse(err, "its path has a '%' where "
						   "Bitbucket has none");
			text += 2;
		} else if (c != '/' && !path_byte(c)) {
			return refuse(err, "its path has a character that no "
					   "project or repository has");
		}
		bbk_str_addc(out, (char)c);
	}
	return 0;
}

static bool parts_are_plain(const char *path)
{
	for (const char *p = path; *p; p += strcspn(p, "/")) {
		size_t len;

		p++;
		len = strcspn(p, "/");
		if (!len || p[0] == '-' || (len == 1 && p[0] == '.') ||
		    (len == 2 && !strncmp(p, "..", 2)) || len > 255)
			return false;
	}
	return true;
}

static int parse_path(struct bbk_url *url, const char *text,
		      struct bbk_err *err)
{
	BBK_AUTO(str) path = BBK_STR_INIT;

	if (*text && *text != '/')
		bbk_str_addc(&path, '/');
	if (decode_path(&path, text, err) < 0)
		return -1;
	if (path.len && path.s[path.len - 1] == '/')
		bbk_str_cut(&path, path.len - 1);
	if (!parts_are_plain(bbk_str_get(&path)))
		return refuse(err, "its path has an empty part, '.', '..' or "
				   "one that begins with '-'");
	url->path = bbk_str_take(&path);
	return 0;
}

static int parse_port(struct bbk_url *url, const char *text,
		      struct bbk_err *err)
{
	long port;

	if (bbk_parse_number(text, 1, 65535, &port) < 0)
		return refuse(err, "its port is not a number from 1 to 65535");
	url->port = (unsigned)port;
	url->port_given = true;
	return 0;
}

/* Takes "user:password@" off the front of authority; it is ours to change. */
static int parse_user(struct bbk_url *url, char **authority,
		      struct bbk_err *err)
{
	char *at = strchr(*authority, '@');
	char *colon;

	if (!at)
		return 0;
	*at = '\0';
	if (strchr(at + 1, '@'))
		return refuse(err, "it has more than one '@'");
	colon = strchr(*authority, ':');
	if (colon)
		*colon = '\0';
	if (!bbk_user_is_valid(*authority))
		return refuse(err, "its user name is not one that Bitbucket "
				   "can have");
	url->password = colon != NULL;
	url->user = bbk_strdup(*authority);
	*authority = at + 1;
	return 0;
}

static int parse_host(struct bbk_url *url, const char *host,
		      struct bbk_err *err)
{
	if (!bbk_host_is_valid(host))
		return refuse(err, "its host name is not a plain one");
	url->host = bbk_host_canonical(host);
	return 0;
}

static int parse_authority(struct bbk_url *url, const char *text, size_t len,
			   struct bbk_err *err)
{
	BBK_AUTO(str) copy = BBK_STR_INIT;
	char *host, *colon;

	bbk_str_addn(&copy, text, len);
	host = copy.s;
	if (parse_user(url, &host, err) < 0)
		return -1;
	colon = strchr(host[0] == '[' && strchr(host, ']') ?
		       strchr(host, ']') : host, ':');
	if (colon) {
		*colon = '\0';
		if (parse_port(url, colon + 1, err) < 0)
			return -1;
	}
	return parse_host(url, host, err);
}

static int parse_scp(struct bbk_url *url, const char *text, struct bbk_err *err)
{
	size_t bracket = 0, len;

	if (strchr(text, '[') && strchr(text, ']') > strchr(text, '['))
		bracket = (size_t)(strchr(text, ']') - text);
	len = bracket + strcspn(text + bracket, ":");
	if (!text[len] || strcspn(text, "/") < len)
		return bbk_err_set(err, BBK_E_NOT_BITBUCKET,
				   "this is not a URL of a Bitbucket "
				   "repository, project or instance");
	url->scheme = BBK_SSH;
	url->port = default_port(BBK_SSH);
	url->scp_like = true;
	if (parse_authority(url, text, len, err) < 0)
		return -1;
	return parse_path(url, text + len + 1, err);
}

static int check_bytes(const char *text, struct bbk_err *err)
{
	if (!*text)
		return refuse(err, "it is empty");
	if (strlen(text) > URL_MAX)
		return refuse(err, "it is too long");
	for (; *text; text++)
		if (*text <= 0x20 || *text >= 0x7f)
			return refuse(err, "it has a blank, a control "
					   "character or a letter beyond "
					   "ASCII");
	return 0;
}

static int parse(struct bbk_url *url, const char *text, struct bbk_err *err)
{
	if (check_bytes(text, err) < 0)
		return -1;
	for (size_t i = 0; i < BBK_ARRAY_LEN(schemes); i++) {
		size_t len;

		if (!bbk_begins(text, schemes[i].prefix))
			continue;
		text += strlen(schemes[i].prefix);
		len = strcspn(text, "/?#");
		url->scheme = schemes[i].scheme;
		url->port = default_port(url->scheme);
		if (parse_authority(url, text, len, err) < 0)
			return -1;
		return parse_path(url, text + len, err);
	}
	if (strstr(text, "://"))
		return refuse(err, "Bitbucket is reached by https or ssh");
	return parse_scp(url, text, err);
}

int bbk_url_parse(struct bbk_url *url, const char *text, struct bbk_err *err)
{
	BBK_AUTO(url) parsed = BBK_URL_INIT;

	if (parse(&parsed, text, err) < 0)
		return -1;
	bbk_url_release(url);
	*url = parsed;
	parsed = (struct bbk_url)BBK_URL_INIT;
	return 0;
}

static void add_url(struct bbk_str *out, const struct bbk_url *url,
		    const char *user)
{
	bbk_str_add(out, url->scheme == BBK_HTTPS ? "https://" :
			 url->scheme == BBK_HTTP ? "http://" : "ssh://");
	if (user)
		bbk_str_addf(out, "%s@", user);
	bbk_str_add(out, url->host);
	if (url->port != default_port(url->scheme))
		bbk_str_addf(out, ":%u", url->port);
	bbk_str_add(out, url->path);
}

void bbk_url_add(struct bbk_str *out, const struct bbk_url *url)
{
	add_url(out, url, NULL);
}

void bbk_url_add_user(struct bbk_str *out, const struct bbk_url *url)
{
	add_url(out, url, url->user);
}

bool bbk_url_same_origin(const struct bbk_url *a, const struct bbk_url *b)
{
	return a->scheme == b->scheme && a->port == b->port &&
	       !strcmp(a->host, b->host);
}

bool bbk_url_within(const struct bbk_url *url, const struct bbk_url *base)
{
	size_t len = strlen(base->path);

	return bbk_url_same_origin(url, base) &&
	       bbk_begins(url->path, base->path) &&
	       (!url->path[len] || url->path[len] == '/');
}

void bbk_url_add_escaped(struct bbk_str *out, const char *text)
{
	for (; *text; text++)
		if (bbk_is_alnum(*text) || strchr("-._~", *text))
			bbk_str_addc(out, *text);
		else
			bbk_str_addf(out, "%%%02X", (unsigned char)*text);
}
