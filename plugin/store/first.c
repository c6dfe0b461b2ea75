#include "store/first.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/fields.h"

void bbk_first_release(struct bbk_first *first)
{
	free(first->key);
	free(first->known_hosts);
	first->key = first->known_hosts = NULL;
	bbk_strv_release(&first->pins);
}

static char *path_of(const char *state, const char *host, unsigned port)
{
	return bbk_strf("%s/records/%s:%u/@first", state, host, port);
}

int bbk_first_read(struct bbk_first *first, const char *state,
		   const char *host, unsigned port, struct bbk_err *err)
{
	BBK_AUTO(fields) fields = BBK_FIELDS_INIT;
	BBK_AUTO(first) got = BBK_FIRST_INIT;
	char *path = path_of(state, host, port);
	int rc = bbk_fields_read(&fields, path, err);

	free(path);
	if (rc)
		return rc;
	bbk_replace(&got.key, bbk_fields_get(&fields, "key"));
	bbk_replace(&got.known_hosts, bbk_fields_get(&fields, "known_hosts"));
	for (size_t i = 0; i < fields.names.len; i++)
		if (!strcmp(fields.names.v[i], "pin"))
			bbk_strv_add(&got.pins, fields.values.v[i]);
	if (!got.key || !got.known_hosts || !got.pins.len)
		return 1;
	bbk_first_release(first);
	*first = got;
	got = (struct bbk_first)BBK_FIRST_INIT;
	return 0;
}

int bbk_first_save(const struct bbk_first *first, const char *state,
		   const char *host, unsigned port, struct bbk_err *err)
{
	BBK_AUTO(fields) fields = BBK_FIELDS_INIT;
	char *path = path_of(state, host, port);
	int rc;

	bbk_fields_add(&fields, "key", first->key);
	bbk_fields_add(&fields, "known_hosts", first->known_hosts);
	for (size_t i = 0; i < first->pins.len; i++)
		bbk_fields_add(&fields, "pin", first->pins.v[i]);
	rc = bbk_fields_write(&fields, path, err);
	free(path);
	return rc;
}

void bbk_first_forget(const char *state, const char *host, unsigned port)
{
	char *path = path_of(state, host, port);

	(void)unlink(path);
	free(path);
}
