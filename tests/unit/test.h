/*
 * What every unit test starts with: cmocka, tables, a folder of its own.
 *
 * A test walks over its table to the end: miss() notes a row that is wrong,
 * and the test fails when it is over.
 */
#ifndef UNIT_TEST_H
#define UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/err.h"

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, test_begin, test_end)
#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

int test_begin(void **state);
int test_end(void **state);

void miss(const char *fmt, ...) BBK_PRINTF(1, 2);
/* The class is this one, or miss(); the error is released. */
void miss_class(struct bbk_err *err, enum bbk_class class, const char *row);
/* Both NULL, or the same text; or miss(). */
void miss_text(const char *got, const char *want, const char *row);

/* A folder that is removed when the test is over. */
const char *test_dir(void);
/* test_dir()/name, in one of eight buffers. */
const char *test_path(const char *name);
void test_write(const char *path, const char *text, unsigned mode);
/* The file's text, in one of eight buffers; NULL: there is none. */
const char *test_read(const char *path);

/* Runs f in a child; true if it ended well within that many seconds. */
int test_ends_within(unsigned seconds, void (*f)(void));

#endif
