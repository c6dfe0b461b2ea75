#include "test.h"

#include "base/err.h"

static void the_first_failure_stays(void **state)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	assert_int_equal(bbk_err_set(&err, BBK_E_AUTH, "no %s", "token"), -1);
	assert_int_equal(bbk_err_set(&err, BBK_E_LOCAL, "later"), -1);
	assert_int_equal(bbk_err_errno(&err, BBK_E_LOCAL, 2, "later"), -1);
	assert_int_equal(bbk_err_wrap(&err, "cannot %s", "read"), -1);
	assert_int_equal(bbk_err_hint(&err, "a"), -1);
	assert_int_equal(bbk_err_hint(&err, "b"), -1);
	assert_string_equal(err.what, "cannot read: no token");
	assert_string_equal(err.hint, "b");
	assert_int_equal(err.class, BBK_E_AUTH);
	bbk_err_release(&err);
	assert_int_equal(err.class, BBK_OK);
	assert_null(err.what);
}

/* Words and numbers are promised to scripts. */
static void classes_have_the_promised_words_and_statuses(void **state)
{
	static const struct {
		const char *word;
		enum bbk_class class;
		int status;
	} rows[] = {
		{ "ok", BBK_OK, 0 },
		{ "not-ready", BBK_E_NOT_READY, 1 },
		{ "auth", BBK_E_AUTH, 3 },
		{ "permission", BBK_E_PERMISSION, 4 },
		{ "conflict", BBK_E_CONFLICT, 5 },
		{ "hostkey", BBK_E_HOSTKEY, 6 },
		{ "network", BBK_E_NETWORK, 7 },
		{ "tls", BBK_E_TLS, 7 },
		{ "server", BBK_E_SERVER, 8 },
		{ "local", BBK_E_LOCAL, 9 },
		{ "keyfile", BBK_E_KEYFILE, 9 },
		{ "busy", BBK_E_BUSY, 10 },
		{ "denied", BBK_E_DENIED, 11 },
		{ "negotiate", BBK_E_NEGOTIATE, 11 },
		{ "propagation", BBK_E_PROPAGATION, 11 },
		{ "not-bitbucket", BBK_E_NOT_BITBUCKET, 12 },
		{ "fatal", BBK_E_FATAL, 128 },
		{ "usage", BBK_E_USAGE, 129 },
		{ "interrupted", BBK_E_INTERRUPTED, 130 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		miss_text(bbk_class_word(rows[i].class), rows[i].word,
			  rows[i].word);
		if (bbk_class_status(rows[i].class) != rows[i].status)
			miss("%s: status", rows[i].word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_failure_stays),
		TEST(classes_have_the_promised_words_and_statuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
