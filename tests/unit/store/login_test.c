#include "test.h"

#include <stdlib.h>

#include "store/login.h"

static void parse(struct bbk_url *url, const char *text)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;

	assert_int_equal(bbk_url_parse(url, text, &err), 0);
}

static void a_note_is_read_as_it_was_saved(void **state)
{
	static const struct {
		const char *what, *user;
		bool apart;
	} rows[] = {
		{ "Bearer", NULL, false },
		{ "Bearer, apart", NULL, true },
		{ "Basic", "a b@example.com", false },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(login_note) note = BBK_LOGIN_NOTE_INIT;
		BBK_AUTO(login_note) got = BBK_LOGIN_NOTE_INIT;
		BBK_AUTO(url) base = BBK_URL_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;

		parse(&base, "https://h/bitbucket");
		bbk_replace(&note.mark, "0123abcd");
		bbk_replace(&note.name, "dev");
		bbk_replace(&note.user, rows[i].user);
		note.apart = rows[i].apart;
		assert_int_equal(bbk_login_note_save(&note, test_dir(), &base,
						     &err), 0);
		assert_int_equal(bbk_login_note_read(&got, test_dir(), &base,
						     &err), 0);
		miss_text(got.mark, "0123abcd", rows[i].what);
		miss_text(got.name, "dev", rows[i].what);
		miss_text(got.user, rows[i].user, rows[i].what);
		if (got.apart != rows[i].apart)
			miss("%s: apart", rows[i].what);
	}
}

static void an_instance_has_a_note_of_its_own(void **state)
{
	BBK_AUTO(login_note) note = BBK_LOGIN_NOTE_INIT;
	BBK_AUTO(url) base = BBK_URL_INIT;
	BBK_AUTO(url) other = BBK_URL_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	parse(&base, "https://h/bitbucket");
	parse(&other, "https://h:8443/bitbucket");
	bbk_replace(&note.mark, "0123abcd");
	bbk_replace(&note.name, "dev");
	assert_int_equal(bbk_login_note_save(&note, test_dir(), &base, &err),
			 0);
	assert_int_equal(bbk_login_note_read(&note, test_dir(), &other, &err),
			 1);
	bbk_login_note_forget(test_dir(), &other);
	assert_int_equal(bbk_login_note_read(&note, test_dir(), &base, &err),
			 0);
	bbk_login_note_forget(test_dir(), &base);
	assert_int_equal(bbk_login_note_read(&note, test_dir(), &base, &err),
			 1);
}

static void half_a_note_is_none(void **state)
{
	static const char *const rows[] = {
		"", "version 1\n", "version 1\ntoken 0123abcd\n",
		"version 1\nname dev\n", "token 0123abcd\nname dev",
		"token 0123abcd\nname dev\n\n",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(login_note) note = BBK_LOGIN_NOTE_INIT;
		BBK_AUTO(login_note) good = BBK_LOGIN_NOTE_INIT;
		BBK_AUTO(url) base = BBK_URL_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;

		parse(&base, "https://h");
		bbk_replace(&good.mark, "0123abcd");
		bbk_replace(&good.name, "dev");
		assert_int_equal(bbk_login_note_save(&good, test_dir(), &base,
						     &err), 0);
		test_write(test_path("logins/h"), rows[i], 0600);
		if (bbk_login_note_read(&note, test_dir(), &base, &err) != 1)
			miss("row %zu is a note", i);
		if (note.name || note.mark)
			miss("row %zu: half of it is taken", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_note_is_read_as_it_was_saved),
		TEST(an_instance_has_a_note_of_its_own),
		TEST(half_a_note_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
