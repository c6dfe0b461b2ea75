#include "base/date.h"

#include <string.h>
#include <time.h>

#include "base/str.h"

#define DAY_S 86400
#define LAST_DAY 2932896 /* 9999-12-31 */

static bool is_leap(long year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static long days_in(long year, long month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30,
				    31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01 to the first of January. */
static int64_t start_of(long year)
{
	long before = year - 1;

	return (year - 1970) * 365L + (before / 4 - 1969 / 4) -
	       (before / 100 - 1969 / 100) + (before / 400 - 1969 / 400);
}

/* Digits alone; 0 is in no date. */
static long number(const char *text, size_t len)
{
	long value = 0;

	for (size_t i = 0; i < len; i++) {
		if (!bbk_is_digit(text[i]))
			return 0;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

int bbk_date_parse(const char *text, int64_t *day)
{
	long year, month, in_month;

	if (strlen(text) != strlen("YYYY-MM-DD") || text[4] != '-' ||
	    text[7] != '-')
		return -1;
	year = number(text, 4);
	month = number(text + 5, 2);
	in_month = number(text + 8, 2);
	if (year < 1970 || month < 1 || month > 12 || in_month < 1 ||
	    in_month > days_in(year, month))
		return -1;
	*day = start_of(year) + in_month - 1;
	while (--month)
		*day += days_in(year, month);
	return 0;
}

char *bbk_date_text(int64_t day)
{
	long year = 1970, month = 1;

	if (day < 0 || day > LAST_DAY)
		return NULL;
	year += (long)(day / 366); /* never too far */
	while (start_of(year + 1) <= day)
		year++;
	day -= start_of(year);
	for (; day >= days_in(year, month); month++)
		day -= days_in(year, month);
	return bbk_strf("%04ld-%02ld-%02d", year, month, (int)day + 1);
}

int64_t bbk_date_of_seconds(int64_t seconds)
{
	return seconds / DAY_S - (seconds % DAY_S < 0);
}

int64_t bbk_date_today(void)
{
	return bbk_date_of_seconds(time(NULL));
}

int bbk_date_left(const char *text, int64_t *days)
{
	int64_t day;

	if (!text || bbk_date_parse(text, &day) < 0)
		return -1;
	*days = day - bbk_date_today();
	return 0;
}
