#include "store/instance.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/fields.h"

void bbk_instance_facts_release(struct bbk_instance_facts *facts)
{
	free(facts->release);
	facts->release = NULL;
	bbk_strv_release(&facts->fingerprints);
}

static void add_host(struct bbk_str *name, const char *host, unsigned port)
{
	for (; *host; host++) { /* IPv6 has others */
		bool plain = bbk_is_alnum(*host) || strchr(".-", *host);

		bbk_str_addc(name, (char)(plain ? *host : '-'));
	}
	if (port != 443)
		bbk_str_addf(name, "_%u", port);
}

char *bbk_instance_name(const struct bbk_url *base)
{
	BBK_AUTO(str) name = BBK_STR_INIT;

	add_host(&name, base->host, base->port);
	for (const char *c = base->path; *c; c++) {
		if (*c == '/')
			bbk_str_add(&name, "__");
		else if (*c == '_' || *c == '~')
			bbk_str_add(&name, *c == '_' ? "_u" : "_t");
		else
			bbk_str_addc(&name, *c);
	}
	return bbk_str_take(&name);
}

bool bbk_instance_has_host(const char *state, const char *host, unsigned port)
{
	BBK_AUTO(str) name = BBK_STR_INIT;
	char *folder = bbk_strf("%s/instances", state);
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	bool has = false;

	free(folder);
	if (!dir)
		return false;
	add_host(&name, host, port);
	while (!has && (entry = readdir(dir))) {
		const char *rest = entry->d_name + name.len;

		has = bbk_begins(entry->d_name, name.s) &&
		      (!*rest || bbk_begins(rest, "__"));
	}
	closedir(dir);
	return has;
}

static char *path_of(const char *state, const char *folder,
		     const struct bbk_url *base)
{
	char *name = bbk_instance_name(base);
	char *path = bbk_strf("%s/%s/%s", state, folder, name);

	free(name);
	return path;
}

int bbk_instance_facts_read(struct bbk_instance_facts *facts,
			    const char *state, const struct bbk_url *base,
			    struct bbk_err *err)
{
	BBK_AUTO(fields) fields = BBK_FIELDS_INIT;
	char *path = path_of(state, "instances", base);
	int rc = bbk_fields_read(&fields, path, err);

	free(path);
	if (rc)
		return rc;
	bbk_instance_facts_release(facts);
	bbk_replace(&facts->release, bbk_fields_get(&fields, "release"));
	for (size_t i = 0; i < fields.names.len; i++)
		if (!strcmp(fields.names.v[i], "fingerprint"))
			bbk_strv_add(&facts->fingerprints, fields.values.v[i]);
	return 0;
}

int bbk_instance_facts_save(const struct bbk_instance_facts *facts,
			    const char *state, const struct bbk_url *base,
			    struct bbk_err *err)
{
	BBK_AUTO(fields) fields = BBK_FIELDS_INIT;
	char *path = path_of(state, "instances", base);
	int rc;

	bbk_fields_add(&fields, "version", "1");
	bbk_fields_add(&fields, "release", facts->release);
	for (size_t i = 0; i < facts->fingerprints.len; i++)
		bbk_fields_add(&fields, "fingerprint",
			       facts->fingerprints.v[i]);
	rc = bbk_fields_write(&fields, path, err);
	free(path);
	return rc;
}

void bbk_instance_user_release(struct bbk_instance_user *user)
{
	free(user->mark);
	free(user->name);
	*user = (struct bbk_instance_user)BBK_INSTANCE_USER_INIT;
}

int bbk_instance_user_read(struct bbk_instance_user *user, const char *state,
			   const struct bbk_url *base, struct bbk_err *err)
{
	BBK_AUTO(fields) fields = BBK_FIELDS_INIT;
	char *path = path_of(state, "users", base);
	int rc = bbk_fields_read(&fields, path, err);

	free(path);
	if (!rc && !bbk_fields_get(&fields, "token"))
		rc = 1;
	if (rc)
		return rc;
	bbk_replace(&user->mark, bbk_fields_get(&fields, "token"));
	bbk_replace(&user->name, bbk_fields_get(&fields, "user"));
	return 0;
}

int bbk_instance_user_save(const struct bbk_instance_user *user,
			   const char *state, const struct bbk_url *base,
			   struct bbk_err *err)
{
	BBK_AUTO(fields) fields = BBK_FIELDS_INIT;
	char *path = path_of(state, "users", base);
	int rc;

	bbk_fields_add(&fields, "version", "1");
	bbk_fields_add(&fields, "token", user->mark);
	bbk_fields_add(&fields, "user", user->name);
	rc = bbk_fields_write(&fields, path, err);
	free(path);
	return rc;
}

void bbk_instance_user_forget(const char *state, const struct bbk_url *base)
{
	char *path = path_of(state, "users", base);

	(void)unlink(path);
	free(path);
}
