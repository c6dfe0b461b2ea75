#include "store/login.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/fields.h"
#include "store/instance.h"

void bbk_login_note_release(struct bbk_login_note *note)
{
	free(note->mark);
	free(note->name);
	free(note->user);
	*note = (struct bbk_login_note)BBK_LOGIN_NOTE_INIT;
}

static char *path_of(const char *state, const struct bbk_url *base)
{
	char *name = bbk_instance_name(base);
	char *path = bbk_strf("%s/logins/%s", state, name);

	free(name);
	return path;
}

int bbk_login_note_read(struct bbk_login_note *note, const char *state,
			const struct bbk_url *base, struct bbk_err *err)
{
	BBK_AUTO(fields) fields = BBK_FIELDS_INIT;
	char *path = path_of(state, base);
	int rc = bbk_fields_read(&fields, path, err);

	free(path);
	if (!rc && (!bbk_fields_get(&fields, "token") ||
		    !bbk_fields_get(&fields, "name")))
		rc = 1;
	if (rc)
		return rc;
	bbk_replace(&note->mark, bbk_fields_get(&fields, "token"));
	bbk_replace(&note->name, bbk_fields_get(&fields, "name"));
	bbk_replace(&note->user, bbk_fields_get(&fields, "user"));
	note->apart = bbk_same(bbk_fields_get(&fields, "apart"), "yes");
	return 0;
}

int bbk_login_note_save(const struct bbk_login_note *note, const char *state,
			const struct bbk_url *base, struct bbk_err *err)
{
	BBK_AUTO(fields) fields = BBK_FIELDS_INIT;
	char *path = path_of(state, base);
	int rc;

	bbk_fields_add(&fields, "version", "1");
	bbk_fields_add(&fields, "token", note->mark);
	bbk_fields_add(&fields, "name", note->name);
	bbk_fields_add(&fields, "user", note->user);
	bbk_fields_add(&fields, "apart", note->apart ? "yes" : NULL);
	rc = bbk_fields_write(&fields, path, err);
	free(path);
	return rc;
}

void bbk_login_note_forget(const char *state, const struct bbk_url *base)
{
	char *path = path_of(state, base);

	(void)unlink(path);
	free(path);
}
