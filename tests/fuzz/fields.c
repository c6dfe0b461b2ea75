/* The bytes are a state file: read as fields, and as a record. */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "store/fields.h"
#include "store/record.h"

static char state[64];

static void forget(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "%s/records/h:22/p/r", state);
	(void)unlink(command);
	*strrchr(command, '/') = '\0';
	for (int i = 0; i < 4; i++, *strrchr(command, '/') = '\0')
		(void)rmdir(command);
}

static const char *prepare(void)
{
	static char path[128];
	BBK_AUTO(err) err = BBK_ERR_INIT;

	if (!state[0]) {
		(void)snprintf(state, sizeof(state), "/tmp/bbkey-fuzz-XXXXXX");
		HOLDS(mkdtemp(state));
		(void)snprintf(path, sizeof(path), "%s/records/h:22/p/r",
			       state);
		HOLDS(bbk_make_parents(path, &err) == 0);
		(void)atexit(forget);
	}
	return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bbk_place place = { "h", 22, "p", "r", NULL };
	BBK_AUTO(err) err = BBK_ERR_INIT;
	BBK_AUTO(fields) fields = BBK_FIELDS_INIT;
	BBK_AUTO(record) record = BBK_RECORD_INIT;
	const char *path = prepare();
	int rc, fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	HOLDS(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
	rc = bbk_fields_read(&fields, path, &err);
	HOLDS(rc >= 0 || (size > BBK_FIELDS_MAX && err.what));
	if (rc == 0)
		for (size_t i = 0; i < fields.values.len; i++)
			HOLDS(*fields.names.v[i] &&
			      !strpbrk(fields.values.v[i], "\r\n"));
	bbk_err_release(&err);
	if (bbk_record_find(&record, state, &place, &err) == 0)
		HOLDS(rc == 0);
	else
		HOLDS(!record.base && !record.key);
	return 0;
}
