/*
 * JSON from outside, and JSON that we print; over jansson.
 *
 * Reading: at most BBK_JSON_MAX bytes and BBK_JSON_VALUES_MAX values (each
 * takes some hundred bytes of memory, however short its text), no duplicate
 * names, every field's type is checked where it is taken.  Borrowed pointers
 * live as long as the root.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BBK_JSON_MAX ((size_t)1 << 20)
#define BBK_JSON_VALUES_MAX 50000 /* a page of 100 keys has some thousand */

struct json_t;

struct bbk_json {
	struct json_t *root;
};

#define BBK_JSON_INIT { NULL }

void bbk_json_release(struct bbk_json *json);

/* Class server where the text is not one JSON object or array. */
int bbk_json_parse(struct bbk_json *json, const char *text, size_t len,
		   struct bbk_err *err) BBK_MUST_CHECK;

/* Each gives NULL, false or fallback where it is missing or another type. */
struct json_t *bbk_json_object(const struct json_t *object, const char *name);
struct json_t *bbk_json_array(const struct json_t *object, const char *name);
struct json_t *bbk_json_item(const struct json_t *array, size_t i);
size_t bbk_json_len(const struct json_t *array);
bool bbk_json_is_object(const struct json_t *value);
const char *bbk_json_text_at(const struct json_t *array, size_t i);
const char *bbk_json_string(const struct json_t *object, const char *name);
bool bbk_json_int(const struct json_t *object, const char *name, int64_t *out);
bool bbk_json_bool(const struct json_t *object, const char *name, bool *out);
/* Is it there, whatever its type, and not null? */
bool bbk_json_has(const struct json_t *object, const char *name);

/* Writing: values are handed over to what they are put into. */
struct json_t *bbk_json_new_object(void);
struct json_t *bbk_json_new_array(void);
/* text NULL makes null; bytes that are not UTF-8 become '?'. */
void bbk_json_put_string(struct json_t *object, const char *name,
			 const char *text);
/* A list of them. */
void bbk_json_put_strings(struct json_t *object, const char *name,
			  const struct bbk_strv *texts);
void bbk_json_put_int(struct json_t *object, const char *name, int64_t value);
void bbk_json_put_bool(struct json_t *object, const char *name, bool value);
void bbk_json_put_null(struct json_t *object, const char *name);
void bbk_json_put(struct json_t *object, const char *name,
		  struct json_t *value);
void bbk_json_append(struct json_t *array, struct json_t *value);
/* One line, or indented by two; names in the order they were put. */
void bbk_json_text(struct bbk_str *out, const struct json_t *value,
		   bool pretty);

#endif
