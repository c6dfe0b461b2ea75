/*
 * Days, as UTC has them: "2026-12-01", or their number since 1970-01-01.
 *
 * libc alone, no locale, no time zone: whoever crosses a border, or has none
 * set, sees the same day.
 */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include "base/attr.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The day that this text is: ten characters, a year from 1970 to 9999, a day
 * that the Gregorian calendar has.  0, or -1 with *day untouched.
 */
int bbk_date_parse(const char *text, int64_t *day) BBK_MUST_CHECK;

/* "YYYY-MM-DD"; NULL where it is none of those days.  The caller frees. */
char *bbk_date_text(int64_t day);

/* Which day these seconds since 1970 are in; also of negative ones. */
int64_t bbk_date_of_seconds(int64_t seconds);
int64_t bbk_date_today(void);

/*
 * How many days it is from today to this one: 1 is tomorrow, negative is
 * over.  -1 where text is NULL or no date.
 */
int bbk_date_left(const char *text, int64_t *days) BBK_MUST_CHECK;

#endif
