#include "ssh/hostkey.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define KNOWN_HOSTS_MAX ((size_t)1 << 20)
#define FOREIGN_MAX ((size_t)8 << 20)

char *bbk_known_hosts_path(const char *state)
{
	return bbk_strf("%s/known_hosts", state);
}

char *bbk_known_hosts_option(const char *state, const struct bbk_strv *global)
{
	BBK_AUTO(str) value = BBK_STR_INIT;
	char *ours = bbk_known_hosts_path(state);

	bbk_ssh_quote(&value, ours, false);
	for (size_t i = 0; i < global->len; i++) {
		if (!strcmp(global->v[i], ours)) /* by init --ssh-config */
			continue;
		bbk_str_addc(&value, ' ');
		bbk_ssh_quote(&value, global->v[i], false);
	}
	free(ours);
	return bbk_str_take(&value);
}

char *bbk_known_hosts_name(const char *host, unsigned port)
{
	if (host[0] == '[') { /* known hosts write IPv6 without, or once */
		char *bare = bbk_strndup(host + 1, strlen(host) - 2);
		char *name = bbk_known_hosts_name(bare, port);

		free(bare);
		return name;
	}
	return port == 22 ? bbk_strdup(host) : bbk_strf("[%s]:%u", host, port);
}

static int read_ours(struct bbk_str *text, const char *state,
		     struct bbk_err *err)
{
	char *path = bbk_known_hosts_path(state);
	int rc = bbk_file_read(text, path, KNOWN_HOSTS_MAX, err);

	free(path);
	return rc < 0 ? -1 : 0;
}

/* We write "<name> <type> <blob>" and nothing else into that file. */
static bool line_is_for(const char *line, const char *words)
{
	size_t len = strlen(words);

	return !strncmp(line, words, len) &&
	       (!line[len] || line[len] == ' ' || line[len] == '\n');
}

int bbk_known_hosts_has(const char *state, const char *words, bool *has,
			struct bbk_err *err)
{
	BBK_AUTO(str) text = BBK_STR_INIT;
	const char *line;

	if (read_ours(&text, state, err) < 0)
		return -1;
	*has = false;
	for (line = bbk_str_get(&text); *line; line += strcspn(line, "\n")) {
		line += *line == '\n';
		*has = *has || line_is_for(line, words);
	}
	return 0;
}

/*
 * What is not there is no known hosts file only where it has the usual name: a
 * strange one may be half of a name with a blank in it.
 */
static bool may_be_missing(const char *path)
{
	const char *name = strrchr(path, '/');

	name = strstr(name ? name : path, "known_hosts");
	return name && strlen(name) <= strlen("known_hosts2");
}

static bool is_marked(const char *path)
{
	BBK_AUTO(err) why = BBK_ERR_INIT;
	BBK_AUTO(str) text = BBK_STR_INIT;
	int rc;

	if (!strcmp(path, "/dev/null"))
		return false;
	rc = bbk_file_read(&text, path, FOREIGN_MAX, &why);
	if (rc)
		return rc < 0 || !may_be_missing(path);
	return strstr(bbk_str_get(&text), "@revoked") ||
	       strlen(bbk_str_get(&text)) != text.len;
}

static bool is_any_marked(const struct bbk_strv *files)
{
	for (size_t i = 0; i < files->len; i++)
		if (is_marked(files->v[i]))
			return true;
	return false;
}

bool bbk_known_hosts_revoke(const struct bbk_ssh_plan *plan)
{
	return plan->revokes || is_any_marked(&plan->user_known_hosts) ||
	       is_any_marked(&plan->global_known_hosts);
}

int bbk_known_hosts_save(const char *state, const struct bbk_hostkey *key,
			 struct bbk_err *err)
{
	BBK_AUTO(str) text = BBK_STR_INIT;
	BBK_AUTO(str) next = BBK_STR_INIT;
	char *path;
	int rc;

	if (read_ours(&text, state, err) < 0)
		return -1;
	for (const char *line = bbk_str_get(&text); *line;) {
		size_t len = strcspn(line, "\n");

		len += line[len] == '\n';
		if (!line_is_for(line, key->name))
			bbk_str_addn(&next, line, len);
		line += len;
	}
	if (next.len && next.s[next.len - 1] != '\n')
		bbk_str_addc(&next, '\n');
	bbk_str_addf(&next, "%s %s %s\n", key->name, key->type, key->blob);
	if (!strcmp(bbk_str_get(&text), bbk_str_get(&next)))
		return 0;
	path = bbk_known_hosts_path(state);
	rc = bbk_make_parents(path, err);
	if (!rc)
		rc = bbk_file_write(path, bbk_str_get(&next), next.len, 0600,
				    err);
	free(path);
	return rc;
}

/* "ssh-rsa AAAA...", or NULL; the caller frees. */
static char *key_of(const struct bbk_str *known_hosts, const char *name)
{
	const char *line = bbk_str_get(known_hosts);
	size_t len;

	for (; *line; line += len) {
		len = strcspn(line, "\n");
		if (line_is_for(line, name) && line[strlen(name)] == ' ')
			return bbk_strndup(line + strlen(name) + 1,
					   len - strlen(name) - 1);
		len += line[len] == '\n';
	}
	return NULL;
}

int bbk_known_hosts_share(const char *state, const struct bbk_hostkey *key,
			  const struct bbk_strv *names, struct bbk_err *err)
{
	BBK_AUTO(str) text = BBK_STR_INIT;
	char *had;
	int rc = 0;

	if (read_ours(&text, state, err) < 0)
		return -1;
	had = key_of(&text, key->name);
	for (size_t i = 0; i < names->len && !rc; i++) {
		struct bbk_hostkey other = *key;
		char *has = key_of(&text, names->v[i]);

		other.name = names->v[i];
		if (strcmp(other.name, key->name) != 0 &&
		    (!has || bbk_same(has, had)))
			rc = bbk_known_hosts_save(state, &other, err);
		free(has);
	}
	free(had);
	return rc;
}

static char *md5_form(const char *hex)
{
	BBK_AUTO(str) out = BBK_STR_INIT;

	bbk_str_add(&out, "MD5:");
	for (size_t digits = 0; *hex; hex++) {
		int c = bbk_lower(*hex);

		if (c == ':')
			continue;
		if (!bbk_is_digit(c) && !(c >= 'a' && c <= 'f'))
			return NULL;
		if (digits && digits % 2 == 0)
			bbk_str_addc(&out, ':');
		bbk_str_addc(&out, (char)c);
		digits++;
	}
	return out.len == 4 + 47 ? bbk_str_take(&out) : NULL;
}

static char *sha256_form(const char *base64)
{
	size_t len = strcspn(base64, "=");

	for (size_t i = 0; i < len; i++)
		if (!bbk_is_alnum(base64[i]) && !strchr("+/", base64[i]))
			return NULL;
	if (len != 43 || strlen(base64) > 44)
		return NULL;
	return bbk_strf("SHA256:%.43s", base64);
}

static bool begins_nocase(const char *text, const char *prefix)
{
	for (; *prefix; text++, prefix++)
		if (bbk_lower(*text) != bbk_lower(*prefix))
			return false;
	return true;
}

char *bbk_fingerprint_canonical(const char *algorithm, const char *value)
{
	bool md5 = algorithm && begins_nocase(algorithm, "md5");

	if (begins_nocase(value, "MD5:"))
		return md5_form(value + 4);
	if (begins_nocase(value, "SHA256:"))
		return sha256_form(value + 7);
	if (md5 || strlen(value) == 47 || strlen(value) == 32)
		return md5_form(value);
	return sha256_form(value);
}
