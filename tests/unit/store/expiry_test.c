#include "test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/date.h"
#include "store/expiry.h"

#define STAMP "expiry/SHA256_a_b_c"
#define FAR 15

/* Of the day that is so many from today. */
static char *date(int64_t days)
{
	static char text[8][16];
	static size_t next;
	char *made = bbk_date_text(bbk_date_today() + days);
	char *here = text[next++ % ROWS(text)];

	assert_non_null(made);
	strcpy(here, made);
	free(made);
	return here;
}

static struct bbk_record of(int64_t days)
{
	static char project[] = "PROJ", key[] = "/h/.ssh/bbkey_h";
	static char fingerprint[] = "SHA256:a/b+c";

	return (struct bbk_record){
		.scope = BBK_SCOPE_PROJECT, .project = project, .key = key,
		.fingerprint = fingerprint, .expires = date(days),
	};
}

/* What is said of it; in one of a few buffers. */
static const char *said(const struct bbk_record *record, bool hints)
{
	static char text[4][512];
	static size_t next;
	BBK_AUTO(str) out = BBK_STR_INIT;
	char *here = text[next++ % ROWS(text)];

	bbk_expiry_warn(&out, record, test_dir(), hints);
	assert_true(out.len < sizeof(text[0]));
	strcpy(here, bbk_str_get(&out));
	return here;
}

static void date_stamp(int64_t days)
{
	struct timespec then = { .tv_sec = time(NULL) + days * 86400 };
	struct timespec times[] = { then, then };

	assert_int_equal(utimensat(AT_FDCWD, test_path(STAMP), times, 0), 0);
}

static void it_is_said_from_fourteen_days_before(void **state)
{
	static const struct {
		int64_t days;
		const char *words; /* NULL: nothing */
	} rows[] = {
		{ 366, NULL },		   { FAR, NULL },
		{ 14, "expires in 14 days, on " },
		{ 2, "expires in 2 days, on " },
		{ 1, "expires tomorrow, on " }, { 0, "expires today, on " },
		{ -1, "expired on " },	   { -400, "expired on " },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(str) want = BBK_STR_INIT;
		struct bbk_record record = of(rows[i].days);

		(void)unlink(test_path(STAMP));
		if (rows[i].words)
			bbk_str_addf(&want, "git-bbkey: the key of this "
				     "machine for project PROJ %s%s\n",
				     rows[i].words, record.expires);
		miss_text(said(&record, false), bbk_str_get(&want),
			  rows[i].words ? rows[i].words : "far away");
	}
}

static void the_hint_is_what_would_make_another(void **state)
{
	static const struct {
		enum bbk_scope scope;
		bool write;
		const char *place, *options;
	} rows[] = {
		{ BBK_SCOPE_PROJECT, false, "project PROJ", "" },
		{ BBK_SCOPE_PROJECT, true, "project PROJ", " --write" },
		{ BBK_SCOPE_REPO, false, "repository PROJ/app",
		  " --scope repo" },
		{ BBK_SCOPE_REPO, true, "repository PROJ/app",
		  " --scope repo --write" },
		{ BBK_SCOPE_PERSONAL, true, "your account",
		  " --scope personal" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(str) want = BBK_STR_INIT;
		struct bbk_record record = of(3);

		(void)unlink(test_path(STAMP));
		record.scope = rows[i].scope;
		record.write = rows[i].write;
		record.repo = (char[]){ "app" };
		bbk_str_addf(&want, "git-bbkey: the key of this machine for %s "
			     "expires in 3 days, on %s\nhint: for another one, "
			     "run here: git bbkey init --new-key%s\n",
			     rows[i].place, record.expires, rows[i].options);
		miss_text(said(&record, true), bbk_str_get(&want),
			  rows[i].place);
	}
}

static void it_is_said_once_a_day(void **state)
{
	struct bbk_record record = of(3);
	struct bbk_record other = of(3);
	struct stat st;

	(void)state;
	assert_string_not_equal(said(&record, true), "");
	assert_int_equal(stat(test_path(STAMP), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_string_equal(said(&record, true), "");
	other.fingerprint = (char[]){ "SHA256:other" };
	assert_string_not_equal(said(&other, true), "");
	date_stamp(-1);
	assert_string_not_equal(said(&record, true), "");
	assert_string_equal(said(&record, true), "");
}

static void a_clock_that_was_ahead_silences_nothing(void **state)
{
	struct bbk_record record = of(3);

	(void)state;
	assert_string_not_equal(said(&record, true), "");
	date_stamp(300);
	assert_string_not_equal(said(&record, true), "");
	assert_string_equal(said(&record, true), "");
}

static void without_a_date_there_is_no_word_and_no_file(void **state)
{
	struct bbk_record record = of(3);
	struct bbk_record own = of(3);

	(void)state;
	record.expires = NULL;
	assert_string_equal(said(&record, true), "");
	record.expires = (char[]){ "soon" };
	assert_string_equal(said(&record, true), "");
	record.expires = date(FAR);
	assert_string_equal(said(&record, true), "");
	own.key = NULL; /* a record of the person's own keys */
	assert_string_equal(said(&own, true), "");
	assert_int_equal(access(test_path("expiry"), F_OK), -1);
}

static void where_nothing_can_be_noted_it_is_said_each_time(void **state)
{
	struct bbk_record record = of(3);

	(void)state;
	test_write(test_path("expiry"), "a file is in the way", 0600);
	assert_string_not_equal(said(&record, true), "");
	assert_string_not_equal(said(&record, true), "");
}

static void a_link_for_a_stamp_is_not_followed(void **state)
{
	static const struct timespec long_ago[2] = { { 0, 0 }, { 0, 0 } };
	struct bbk_record record = of(3);
	struct stat st;

	(void)state;
	assert_string_not_equal(said(&record, true), "");
	assert_int_equal(unlink(test_path(STAMP)), 0);
	assert_int_equal(symlink("../made", test_path(STAMP)), 0);
	assert_int_equal(utimensat(AT_FDCWD, test_path(STAMP), long_ago,
				   AT_SYMLINK_NOFOLLOW), 0);
	assert_string_not_equal(said(&record, true), "");
	assert_int_equal(stat(test_path("made"), &st), -1);
}

static void what_a_record_holds_is_scrubbed(void **state)
{
	struct bbk_record record = of(3);

	(void)state;
	record.project = (char[]){ "P\033[31m" };
	record.fingerprint = NULL;
	record.key = (char[]){ "/h/.ssh/../.." };
	assert_null(strchr(said(&record, true), '\033'));
	assert_int_equal(access(test_path("expiry/__"), F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_said_from_fourteen_days_before),
		TEST(the_hint_is_what_would_make_another),
		TEST(it_is_said_once_a_day),
		TEST(a_clock_that_was_ahead_silences_nothing),
		TEST(without_a_date_there_is_no_word_and_no_file),
		TEST(where_nothing_can_be_noted_it_is_said_each_time),
		TEST(a_link_for_a_stamp_is_not_followed),
		TEST(what_a_record_holds_is_scrubbed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
