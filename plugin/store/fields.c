#include "store/fields.h"

#include <assert.h>
#include <string.h>

#include "base/file.h"

void bbk_fields_release(struct bbk_fields *fields)
{
	bbk_strv_release(&fields->names);
	bbk_strv_release(&fields->values);
}

void bbk_fields_add(struct bbk_fields *fields, const char *name,
		    const char *value)
{
	if (!value)
		return;
	assert(!strpbrk(value, "\r\n"));
	bbk_strv_add(&fields->names, name);
	bbk_strv_add(&fields->values, value);
}

const char *bbk_fields_get(const struct bbk_fields *fields, const char *name)
{
	for (size_t i = 0; i < fields->names.len; i++)
		if (!strcmp(fields->names.v[i], name))
			return fields->values.v[i];
	return NULL;
}

static int parse_line(struct bbk_fields *fields, const char *line, size_t len)
{
	size_t name = strspn(line, "abcdefghijklmnopqrstuvwxyz_");

	if (!name || name >= len || line[name] != ' ' ||
	    memchr(line, '\r', len) || memchr(line, '\0', len))
		return -1;
	bbk_strv_addf(&fields->names, "%.*s", (int)name, line);
	bbk_strv_addf(&fields->values, "%.*s", (int)(len - name - 1),
		      line + name + 1);
	return 0;
}

static int parse(struct bbk_fields *fields, const struct bbk_str *text)
{
	const char *line = bbk_str_get(text), *end = line + text->len;

	while (line < end) {
		const char *eol = memchr(line, '\n', (size_t)(end - line));

		if (!eol || parse_line(fields, line, (size_t)(eol - line)) < 0)
			return -1;
		line = eol + 1;
	}
	return 0;
}

int bbk_fields_read(struct bbk_fields *fields, const char *path,
		    struct bbk_err *err)
{
	BBK_AUTO(fields) found = BBK_FIELDS_INIT;
	BBK_AUTO(str) text = BBK_STR_INIT;
	int rc = bbk_file_read(&text, path, BBK_FIELDS_MAX, err);

	if (rc)
		return rc;
	if (parse(&found, &text) < 0)
		return 1;
	bbk_fields_release(fields);
	*fields = found;
	found = (struct bbk_fields)BBK_FIELDS_INIT;
	return 0;
}

int bbk_fields_write(const struct bbk_fields *fields, const char *path,
		     struct bbk_err *err)
{
	BBK_AUTO(str) text = BBK_STR_INIT;

	for (size_t i = 0; i < fields->names.len; i++)
		bbk_str_addf(&text, "%s %s\n", fields->names.v[i],
			     fields->values.v[i]);
	if (bbk_make_parents(path, err) < 0)
		return -1;
	return bbk_file_write(path, bbk_str_get(&text), text.len, 0600, err);
}
