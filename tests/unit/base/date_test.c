#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/date.h"
#include "base/str.h"

static void every_day_is_the_c_librarys(void **state)
{
	(void)state;
	for (int64_t day = 0; day <= 2932896; day++) {
		char want[32];
		time_t when = (time_t)(day * 86400);
		struct tm tm;
		int64_t back = -1;
		char *text;

		if (day == 200000) /* the 26th century: then the far end */
			day = 2932500;
		when = (time_t)(day * 86400);
		assert_non_null(gmtime_r(&when, &tm));
		assert_true(strftime(want, sizeof(want), "%Y-%m-%d", &tm) > 0);
		text = bbk_date_text(day);
		if (!text || strcmp(text, want) != 0)
			miss("day %ld is %s, not %s", (long)day,
			     text ? text : "none", want);
		if (bbk_date_parse(want, &back) < 0 || back != day)
			miss("%s is %ld, not %ld", want, (long)back,
			     (long)day);
		free(text);
	}
	assert_null(bbk_date_text(-1));
	assert_null(bbk_date_text(2932897)); /* 10000-01-01 */
}

static void only_days_of_the_calendar_are_dates(void **state)
{
	static const struct {
		const char *text;
		int64_t day; /* -1: it is none */
	} rows[] = {
		{ "1970-01-01", 0 },	 { "2024-02-29", 19782 },
		{ "2023-02-29", -1 },	 { "2100-02-29", -1 },
		{ "2000-02-29", 11016 }, { "2026-12-31", 20818 },
		{ "2027-01-01", 20819 }, { "9999-12-31", 2932896 },
		{ "1969-12-31", -1 },	 { "2026-00-01", -1 },
		{ "2026-13-01", -1 },	 { "2026-04-31", -1 },
		{ "2026-04-00", -1 },	 { "2026-1-01", -1 },
		{ "2026-01-1", -1 },	 { "2026/01/01", -1 },
		{ "2026-01-01T00", -1 }, { "2026-01-01 ", -1 },
		{ " 026-01-01", -1 },	 { "-026-01-01", -1 },
		{ "+026-01-01", -1 },	 { "", -1 },
		{ "never", -1 },	 { "1764547200", -1 },
		{ "2026-0\xc2\xb9-01", -1 }, { "20260-1-01", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		int64_t day = -1;
		int rc = bbk_date_parse(rows[i].text, &day);

		if (day != rows[i].day || (rc == 0) != (rows[i].day >= 0))
			miss("'%s': %d, day %ld", rows[i].text, rc, (long)day);
	}
}

static void a_day_is_that_of_greenwich(void **state)
{
	static const struct {
		int64_t seconds, day;
	} rows[] = { { 0, 0 },	   { 86399, 0 },  { 86400, 1 },
		     { -1, -1 },   { -86400, -1 }, { -86401, -2 } };

	(void)state;
	assert_int_equal(setenv("TZ", "Pacific/Kiritimati", 1), 0);
	tzset();
	for (size_t i = 0; i < ROWS(rows); i++)
		if (bbk_date_of_seconds(rows[i].seconds) != rows[i].day)
			miss("%ld s", (long)rows[i].seconds);
	if (bbk_date_today() != time(NULL) / 86400 &&
	    bbk_date_today() != time(NULL) / 86400) /* midnight in between */
		miss("today is another day");
	assert_int_equal(unsetenv("TZ"), 0);
}

static void days_are_counted_from_today(void **state)
{
	static const int64_t rows[] = { -400, -1, 0, 1, 14, 15, 366 };

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		int64_t today, left = 99;

		do { /* midnight may pass in between */
			char *text;

			today = bbk_date_today();
			text = bbk_date_text(today + rows[i]);
			assert_int_equal(bbk_date_left(text, &left), 0);
			free(text);
		} while (today != bbk_date_today());
		if (left != rows[i])
			miss("%ld days are %ld", (long)rows[i], (long)left);
	}
}

static void what_is_no_date_has_no_days_left(void **state)
{
	int64_t left = 99;

	(void)state;
	assert_int_equal(bbk_date_left(NULL, &left), -1);
	assert_int_equal(bbk_date_left("soon", &left), -1);
	assert_int_equal(left, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_day_is_the_c_librarys),
		TEST(only_days_of_the_calendar_are_dates),
		TEST(a_day_is_that_of_greenwich),
		TEST(days_are_counted_from_today),
		TEST(what_is_no_date_has_no_days_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
