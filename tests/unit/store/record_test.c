#include "test.h"

#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/str.h"
#include "store/record.h"

static const struct bbk_place app = { "h", 7999, "PROJ", "app", NULL };

static void save(enum bbk_scope scope, const char *key,
		 const struct bbk_place *place)
{
	BBK_AUTO(record) record = BBK_RECORD_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	record.scope = scope;
	record.key = bbk_strdup(key);
	assert_int_equal(bbk_record_save(&record, test_dir(), place, &err), 0);
}

static void expect_key(const struct bbk_place *place, const char *key)
{
	BBK_AUTO(record) record = BBK_RECORD_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	int rc = bbk_record_find(&record, test_dir(), place, &err);

	if (rc != (key ? 0 : 1))
		miss("%s/%s: %d", place->project,
		     place->repo ? place->repo : "", rc);
	else
		miss_text(record.key, key, "key");
}

static void the_narrowest_record_wins(void **state)
{
	static const struct bbk_place other = { "h", 7999, "proj", "tool",
						NULL },
				      whole = { "h", 7999, "proj", NULL, NULL },
				      lib = { "h", 7999, "lib", "app", NULL },
				      port = { "h", 22, "PROJ", "app", NULL };

	(void)state;
	expect_key(&app, NULL);
	save(BBK_SCOPE_PERSONAL, "personal", &app);
	expect_key(&lib, "personal");
	save(BBK_SCOPE_PROJECT, "project", &app);
	expect_key(&app, "project");
	save(BBK_SCOPE_REPO, "repo", &app);
	expect_key(&app, "repo");
	expect_key(&other, "project");
	expect_key(&whole, "project");
	expect_key(&lib, "personal");
	expect_key(&port, NULL);
}

static void every_field_comes_back(void **state)
{
	struct bbk_record out = {
		.scope = BBK_SCOPE_REPO,
		.base = (char[]){ "https://h/bb" },
		.project = (char[]){ "PROJ" },
		.repo = (char[]){ "app" },
		.key = (char[]){ "/home/%x y/.ssh/k" },
		.fingerprint = (char[]){ "SHA256:x" },
		.who = (char[]){ "jo" },
		.agent = true,
		.write = true,
		.id = (char[]){ "42" },
		.label = (char[]){ "bbkey jo@box" },
		.expires = (char[]){ "2027-01-31" },
		.known_hosts = (char[]){ "\"/a b\" \"/c\"" },
	};
	BBK_AUTO(record) in = BBK_RECORD_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	assert_int_equal(bbk_record_save(&out, test_dir(), &app, &err), 0);
	assert_int_equal(bbk_record_find(&in, test_dir(), &app, &err), 0);
	assert_int_equal(in.scope, BBK_SCOPE_REPO);
	assert_true(in.agent && in.write);
	miss_text(in.base, out.base, "base");
	miss_text(in.project, out.project, "project");
	miss_text(in.repo, out.repo, "repo");
	miss_text(in.key, out.key, "key");
	miss_text(in.fingerprint, out.fingerprint, "fingerprint");
	miss_text(in.who, out.who, "who");
	miss_text(in.id, out.id, "id");
	miss_text(in.label, out.label, "label");
	miss_text(in.expires, out.expires, "expires");
	miss_text(in.known_hosts, out.known_hosts, "known_hosts");
}

static void a_damaged_record_is_as_if_there_were_none(void **state)
{
	static const char *const texts[] = {
		"", "version 2\npermission read\n", "version 1\n",
		"permission read\n", "version 1\npermission read",
		"version 1\npermission maybe\n",
	};
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ROWS(texts); i++) {
		BBK_AUTO(record) in = BBK_RECORD_INIT;
		const char *path = test_path("records/h:7999/proj/app");
		int rc;

		assert_int_equal(bbk_make_parents(path, &err), 0);
		test_write(path, texts[i], 0600);
		rc = bbk_record_find(&in, test_dir(), &app, &err);
		if (rc != 1 || in.base || in.key || in.id)
			miss("row %zu is read: %d", i, rc);
		miss_class(&err, BBK_OK, texts[i]);
	}
	save(BBK_SCOPE_PERSONAL, "personal", &app);
	expect_key(&app, "personal");
	save(BBK_SCOPE_REPO, "anew", &app);
	expect_key(&app, "anew");
}

static void a_record_that_cannot_be_read_is_an_error(void **state)
{
	BBK_AUTO(record) in = BBK_RECORD_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	save(BBK_SCOPE_PERSONAL, "personal", &app);
	assert_int_equal(bbk_make_dirs(test_path("records/h:7999/proj/app"),
				       &err), 0);
	assert_int_equal(bbk_record_find(&in, test_dir(), &app, &err), -1);
	miss_class(&err, BBK_E_LOCAL, "a folder");
}

static void the_path_is_made_of_the_place(void **state)
{
	static const struct bbk_place me = { "[::1]", 22, "~Jo", "a.b", NULL };

	(void)state;
	save(BBK_SCOPE_REPO, "k", &me);
	assert_non_null(test_read(test_path("records/[::1]:22/~jo/a.b")));
	save(BBK_SCOPE_PROJECT, "k", &me);
	assert_non_null(test_read(test_path("records/[::1]:22/~jo/@project")));
	save(BBK_SCOPE_PERSONAL, "k", &me);
	assert_non_null(test_read(test_path("records/[::1]:22/@instance")));
}

/* --- levels, and who one is ----------------------------------------------- */

static void save_at(enum bbk_level level, const char *key,
		    const struct bbk_place *place)
{
	BBK_AUTO(record) record = BBK_RECORD_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	record.level = level;
	record.key = bbk_strdup(key);
	assert_int_equal(bbk_record_save(&record, test_dir(), place, &err), 0);
}

static void a_level_that_is_said_counts_for_any_scope(void **state)
{
	static const struct bbk_place tool = { "h", 7999, "proj", "tool",
					       NULL },
		lib = { "h", 7999, "lib", "core", NULL };

	(void)state;
	save_at(BBK_LEVEL_INSTANCE, "instance", &app);
	expect_key(&lib, "instance");
	save_at(BBK_LEVEL_OWNER, "owner", &app);
	expect_key(&tool, "owner");
	expect_key(&lib, "instance");
	save_at(BBK_LEVEL_REPO, "repo", &app);
	expect_key(&app, "repo");
	expect_key(&tool, "owner");
	save_at(BBK_LEVEL_OWNER, "again", &app);
	expect_key(&app, "again"); /* the narrower one would win over it */
}

/* One instance under three names, and its users. */
static void clouds_three_names_are_one_place(void **state)
{
	static const struct bbk_place names[] = {
		{ "bitbucket.org", 22, "acme", "app", NULL },
		{ "ssh.bitbucket.org", 22, "acme", "app", "git" },
		{ "altssh.bitbucket.org", 443, "acme", "app", NULL },
	};
	static const struct bbk_place others[] = {
		{ "bitbucket.org", 443, "acme", "app", NULL },
		{ "bitbucket.org.evil", 22, "acme", "app", NULL },
		{ "altssh.bitbucket.org", 22, "acme", "app", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(names); i++) {
		struct bbk_place place = bbk_place_canonical(names[i]);

		if (i == 0)
			save(BBK_SCOPE_PERSONAL, "mine", &place);
		expect_key(&place, "mine");
	}
	for (size_t i = 0; i < ROWS(others); i++) {
		struct bbk_place place = bbk_place_canonical(others[i]);

		expect_key(&place, NULL);
	}
}

static void what_is_a_users_is_nobody_elses(void **state)
{
	struct bbk_place jo = app, ann = app;

	(void)state;
	jo.user = "jo";
	ann.user = "ann";
	save(BBK_SCOPE_PERSONAL, "jo's", &jo);
	expect_key(&jo, "jo's");
	expect_key(&app, NULL);
	expect_key(&ann, NULL);
	save(BBK_SCOPE_PROJECT, "git's", &app);
	expect_key(&ann, "git's");
	expect_key(&jo, "jo's"); /* it comes first, however wide */
}

static int collect(void *arg, const struct bbk_record *record,
		   const struct bbk_place *place, struct bbk_err *err)
{
	(void)err;
	bbk_strv_addf(arg, "%s%s%s:%u %s %s = %s",
		      place->user ? place->user : "", place->user ? "@" : "",
		      place->host, place->port,
		      place->project ? place->project : "-",
		      place->repo ? place->repo : "-", record->key);
	return !strcmp(record->key, "stop") ? 5 : 0;
}

static void each_record_is_shown_once(void **state)
{
	static const struct bbk_place alice = { "bitbucket.org", 22, "acme",
						"app", "alice" };
	static const struct bbk_place other = { "g", 22, "~jo", "x", NULL };
	static const char *const wanted[] = {
		"alice@bitbucket.org:22 acme app = five",
		"g:22 ~jo - = four",
		"h:7999 - - = three",
		"h:7999 proj - = two",
		"h:7999 proj app = one",
	};
	BBK_AUTO(strv) seen = BBK_STRV_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	BBK_AUTO(record) found = BBK_RECORD_INIT;

	(void)state;
	assert_int_equal(bbk_record_each(test_dir(), collect, &seen, &err), 0);
	save(BBK_SCOPE_PERSONAL, "three", &app);
	save(BBK_SCOPE_PROJECT, "two", &app);
	save(BBK_SCOPE_REPO, "one", &app);
	save(BBK_SCOPE_PROJECT, "four", &other);
	save(BBK_SCOPE_REPO, "five", &alice);
	test_write(test_path("records/h:7999/proj/broken"), "version 9\n",
		   0600);
	test_write(test_path("records/h:7999/stray"), "x", 0600);
	assert_int_equal(bbk_record_each(test_dir(), collect, &seen, &err), 0);
	for (size_t i = 0; i < ROWS(wanted); i++)
		miss_text(i < seen.len ? seen.v[i] : NULL, wanted[i], "each");
	assert_int_equal(seen.len, ROWS(wanted));
	save(BBK_SCOPE_PROJECT, "stop", &other);
	assert_int_equal(bbk_record_each(test_dir(), collect, &seen, &err), 5);
	assert_int_equal(seen.len, ROWS(wanted) + 2);
	assert_int_equal(bbk_record_find(&found, test_dir(), &app, &err), 0);
	assert_int_equal(bbk_record_remove(&found, test_dir(), &app, &err), 0);
	expect_key(&app, "two");
	assert_int_equal(bbk_record_remove(&found, test_dir(), &app, &err), 0);
	expect_key(&app, "two");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_narrowest_record_wins),
		TEST(every_field_comes_back),
		TEST(a_damaged_record_is_as_if_there_were_none),
		TEST(a_record_that_cannot_be_read_is_an_error),
		TEST(the_path_is_made_of_the_place),
		TEST(a_level_that_is_said_counts_for_any_scope),
		TEST(clouds_three_names_are_one_place),
		TEST(what_is_a_users_is_nobody_elses),
		TEST(each_record_is_shown_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
