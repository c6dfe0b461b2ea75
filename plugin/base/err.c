#include "base/err.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static const struct {
	const char *word;
	int status;
} classes[] = {
	{ "ok", 0 },
#define BBK_CLASS(name, word, status, meaning) { word, status },
#include "base/err.def"
#undef BBK_CLASS
};

void bbk_err_release(struct bbk_err *err)
{
	free(err->what);
	free(err->hint);
	err->class = BBK_OK;
	err->what = err->hint = NULL;
}

int bbk_err_set(struct bbk_err *err, enum bbk_class class, const char *fmt, ...)
{
	BBK_AUTO(str) what = BBK_STR_INIT;
	va_list args;

	if (err->what)
		return -1;
	va_start(args, fmt);
	bbk_str_addv(&what, fmt, args);
	va_end(args);
	err->class = class;
	err->what = bbk_str_take(&what);
	return -1;
}

int bbk_err_errno(struct bbk_err *err, enum bbk_class class, int errnum,
		  const char *fmt, ...)
{
	BBK_AUTO(str) what = BBK_STR_INIT;
	va_list args;

	va_start(args, fmt);
	bbk_str_addv(&what, fmt, args);
	va_end(args);
	return bbk_err_set(err, class, "%s: %s", bbk_str_get(&what),
			   strerror(errnum));
}

int bbk_err_wrap(struct bbk_err *err, const char *fmt, ...)
{
	BBK_AUTO(str) what = BBK_STR_INIT;
	va_list args;

	va_start(args, fmt);
	bbk_str_addv(&what, fmt, args);
	va_end(args);
	bbk_str_add(&what, ": ");
	bbk_str_add(&what, err->what ? err->what : "unknown error");
	free(err->what);
	err->what = bbk_str_take(&what);
	return -1;
}

int bbk_err_hint(struct bbk_err *err, const char *fmt, ...)
{
	BBK_AUTO(str) hint = BBK_STR_INIT;
	va_list args;

	va_start(args, fmt);
	bbk_str_addv(&hint, fmt, args);
	va_end(args);
	free(err->hint);
	err->hint = bbk_str_take(&hint);
	return -1;
}

const char *bbk_class_word(enum bbk_class class)
{
	return classes[class].word;
}

int bbk_class_status(enum bbk_class class)
{
	return classes[class].status;
}
