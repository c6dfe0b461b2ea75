#include "store/instance.h"

#include <stdlib.h>
#include <string.h>

#include "store/fields.h"

void bbk_instance_facts_release(struct bbk_instance_facts *facts)
{
	free(facts->release);
	facts->release = NULL;
	bbk_strv_release(&facts->fingerprints);
}

char *bbk_instance_name(const struct bbk_url *base)
{
	BBK_AUTO(str) name = BBK_STR_INIT;

	for (const char *c = base->host; *c; c++) /* IPv6 has others */
		bbk_str_addc(&name, bbk_is_alnum(*c) || strchr(".-", *c) ?
					    *c : '-');
	if (base->port != 443)
		bbk_str_addf(&name, "_%u", base->port);
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

static char *path_of(const char *state, const struct bbk_url *base)
{
	char *name = bbk_instance_name(base);
	char *path = bbk_strf("%s/instances/%s", state, name);

	free(name);
	return path;
}

int bbk_instance_facts_read(struct bbk_instance_facts *facts,
			    const char *state, const struct bbk_url *base,
			    struct bbk_err *err)
{
	BBK_AUTO(fields) fields = BBK_FIELDS_INIT;
	char *path = path_of(state, base);
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
	char *path = path_of(state, base);
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
