#include "base/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void bbk_json_release(struct bbk_json *json)
{
	json_decref(json->root);
	json->root = NULL;
}

/* Each value but the first follows one of these. */
static size_t count_values(const char *text, size_t len)
{
	size_t n = 1;

	for (size_t i = 0; i < len; i++)
		n += text[i] == ',' || text[i] == '[' || text[i] == ':';
	return n;
}

int bbk_json_parse(struct bbk_json *json, const char *text, size_t len,
		   struct bbk_err *err)
{
	json_error_t why;
	json_t *root;

	if (len > BBK_JSON_MAX)
		return bbk_err_set(err, BBK_E_SERVER,
				   "the answer is larger than %zu bytes",
				   BBK_JSON_MAX);
	if (count_values(text, len) > BBK_JSON_VALUES_MAX)
		return bbk_err_set(err, BBK_E_SERVER,
				   "the answer has more than %d values",
				   BBK_JSON_VALUES_MAX);
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	if (!root)
		return bbk_err_set(err, BBK_E_SERVER,
				   "the answer is no valid JSON (line %d, "
				   "column %d)", why.line, why.column);
	bbk_json_release(json);
	json->root = root;
	return 0;
}

static json_t *get(const json_t *object, const char *name, json_type type)
{
	json_t *value = json_object_get(object, name);

	return value && json_typeof(value) == type ? value : NULL;
}

json_t *bbk_json_object(const json_t *object, const char *name)
{
	return get(object, name, JSON_OBJECT);
}

json_t *bbk_json_array(const json_t *object, const char *name)
{
	return get(object, name, JSON_ARRAY);
}

json_t *bbk_json_item(const json_t *array, size_t i)
{
	json_t *item = json_array_get(array, i);

	return json_is_object(item) ? item : NULL;
}

size_t bbk_json_len(const json_t *array)
{
	return json_array_size(array);
}

bool bbk_json_is_object(const json_t *value)
{
	return json_is_object(value);
}

const char *bbk_json_text_at(const json_t *array, size_t i)
{
	return json_string_value(json_array_get(array, i));
}

const char *bbk_json_string(const json_t *object, const char *name)
{
	return json_string_value(get(object, name, JSON_STRING));
}

bool bbk_json_int(const json_t *object, const char *name, int64_t *out)
{
	json_t *value = get(object, name, JSON_INTEGER);

	if (value)
		*out = json_integer_value(value);
	return value != NULL;
}

bool bbk_json_bool(const json_t *object, const char *name, bool *out)
{
	json_t *value = json_object_get(object, name);

	if (!json_is_boolean(value))
		return false;
	*out = json_is_true(value);
	return true;
}

bool bbk_json_has(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return value && !json_is_null(value);
}

static json_t *need(json_t *value)
{
	if (!value)
		abort();
	return value;
}

json_t *bbk_json_new_object(void)
{
	return need(json_object());
}

json_t *bbk_json_new_array(void)
{
	return need(json_array());
}

void bbk_json_put(json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, need(value)) < 0)
		abort();
}

void bbk_json_append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, need(value)) < 0)
		abort();
}

static json_t *new_string(const char *text)
{
	BBK_AUTO(str) clean = BBK_STR_INIT;
	json_t *value = json_string(text);

	if (!value) {
		bbk_scrub(&clean, text, strlen(text), strlen(text));
		value = json_string(bbk_str_get(&clean));
	}
	return value;
}

void bbk_json_put_string(json_t *object, const char *name, const char *text)
{
	if (text)
		bbk_json_put(object, name, new_string(text));
	else
		bbk_json_put_null(object, name);
}

void bbk_json_put_strings(json_t *object, const char *name,
			  const struct bbk_strv *texts)
{
	json_t *array = bbk_json_new_array();

	for (size_t i = 0; i < texts->len; i++)
		bbk_json_append(array, new_string(texts->v[i]));
	bbk_json_put(object, name, array);
}

void bbk_json_put_int(json_t *object, const char *name, int64_t value)
{
	bbk_json_put(object, name, json_integer(value));
}

void bbk_json_put_bool(json_t *object, const char *name, bool value)
{
	bbk_json_put(object, name, json_boolean(value));
}

void bbk_json_put_null(json_t *object, const char *name)
{
	bbk_json_put(object, name, json_null());
}

void bbk_json_text(struct bbk_str *out, const json_t *value, bool pretty)
{
	char *text = json_dumps(value, (pretty ? JSON_INDENT(2) : 0) |
				       JSON_PRESERVE_ORDER);

	if (!text)
		abort();
	bbk_str_add(out, text);
	free(text);
}
