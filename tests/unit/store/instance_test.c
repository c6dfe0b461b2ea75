#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "store/instance.h"

static char *name_of(const char *text)
{
	BBK_AUTO(url) url = BBK_URL_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	assert_int_equal(bbk_url_parse(&url, text, &err), 0);
	return bbk_instance_name(&url);
}

static void names_are_made_of_harmless_letters(void **state)
{
	static const struct {
		const char *url, *name;
	} rows[] = {
		{ "https://bitbucket.example.com",
		  "bitbucket.example.com" },
		{ "https://dev.example.com:8443/bitbucket",
		  "dev.example.com_8443__bitbucket" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char *name = name_of(rows[i].url);

		miss_text(name, rows[i].name, rows[i].url);
		free(name);
	}
}

/* They say which host key is verified: nothing may be shared by accident. */
static void different_instances_have_different_names(void **state)
{
	static const char *const pairs[][2] = {
		{ "https://h:8443", "https://h/8443" },
		{ "https://h/a/b", "https://h/a_b" },
		{ "https://h/~a", "https://h/_a" },
		{ "https://h/a/b", "https://h/a__b" },
		{ "https://h/~a", "https://h/_ta" },
		{ "https://h/_", "https://h/_u" },
		{ "https://h/a_/b", "https://h/a/_b" },
		{ "https://[1::2]", "https://[1:2::]" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(pairs); i++) {
		char *a = name_of(pairs[i][0]), *b = name_of(pairs[i][1]);

		if (!strcmp(a, b))
			miss("%s and %s are both %s", pairs[i][0], pairs[i][1],
			     a);
		free(a);
		free(b);
	}
}

static void facts_come_back(void **state)
{
	BBK_AUTO(instance_facts) out = BBK_INSTANCE_FACTS_INIT;
	BBK_AUTO(instance_facts) in = BBK_INSTANCE_FACTS_INIT;
	BBK_AUTO(url) url = BBK_URL_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	assert_int_equal(bbk_url_parse(&url, "https://h:7990/bb", &err), 0);
	assert_int_equal(bbk_instance_facts_read(&in, test_dir(), &url, &err),
			 1);
	out.release = bbk_strdup("9.4.1");
	bbk_strv_add(&out.fingerprints, "SHA256:a");
	bbk_strv_add(&out.fingerprints, "MD5:b");
	assert_int_equal(bbk_instance_facts_save(&out, test_dir(), &url, &err),
			 0);
	assert_int_equal(bbk_instance_facts_read(&in, test_dir(), &url, &err),
			 0);
	assert_string_equal(in.release, "9.4.1");
	assert_int_equal(in.fingerprints.len, 2);
	assert_string_equal(in.fingerprints.v[1], "MD5:b");
}

/* A quick no for every host but those of enrolled instances. */
static void a_host_is_known_by_its_instances(void **state)
{
	static const char *const bases[] = { "https://h:7990/bb", "https://g",
					     "https://[::1]:8443" };
	static const struct {
		const char *host;
		unsigned port;
		bool has;
	} rows[] = {
		{ "h", 7990, true },   { "g", 443, true },
		{ "[::1]", 8443, true }, { "h", 443, false },
		{ "h", 799, false },   { "g", 8443, false },
		{ "h.evil", 7990, false }, { "evilh", 7990, false },
		{ "g.evil", 443, false },
	};
	BBK_AUTO(instance_facts) facts = BBK_INSTANCE_FACTS_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	assert_false(bbk_instance_has_host(test_dir(), "h", 7990));
	for (size_t i = 0; i < ROWS(bases); i++) {
		BBK_AUTO(url) url = BBK_URL_INIT;

		assert_int_equal(bbk_url_parse(&url, bases[i], &err), 0);
		assert_int_equal(bbk_instance_facts_save(&facts, test_dir(),
							 &url, &err), 0);
	}
	for (size_t i = 0; i < ROWS(rows); i++)
		if (bbk_instance_has_host(test_dir(), rows[i].host,
					  rows[i].port) != rows[i].has)
			miss("%s:%u", rows[i].host, rows[i].port);
}

static void a_user_is_remembered_and_forgotten(void **state)
{
	BBK_AUTO(instance_user) none = { bbk_strdup("00000000"), NULL };
	BBK_AUTO(instance_user) dev = { bbk_strdup("0a1b2c3d"),
					bbk_strdup("dev") };
	BBK_AUTO(instance_user) in = BBK_INSTANCE_USER_INIT;
	BBK_AUTO(url) url = BBK_URL_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	assert_int_equal(bbk_url_parse(&url, "https://h/bb", &err), 0);
	assert_int_equal(bbk_instance_user_read(&in, test_dir(), &url, &err),
			 1);
	assert_int_equal(bbk_instance_user_save(&dev, test_dir(), &url, &err),
			 0);
	assert_int_equal(bbk_instance_user_read(&in, test_dir(), &url, &err),
			 0);
	assert_string_equal(in.mark, "0a1b2c3d");
	assert_string_equal(in.name, "dev");
	assert_int_equal(bbk_instance_user_save(&none, test_dir(), &url, &err),
			 0);
	assert_int_equal(bbk_instance_user_read(&in, test_dir(), &url, &err),
			 0);
	assert_null(in.name);
	bbk_instance_user_forget(test_dir(), &url);
	bbk_instance_user_forget(test_dir(), &url);
	assert_int_equal(bbk_instance_user_read(&in, test_dir(), &url, &err),
			 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_are_made_of_harmless_letters),
		TEST(different_instances_have_different_names),
		TEST(facts_come_back),
		TEST(a_host_is_known_by_its_instances),
		TEST(a_user_is_remembered_and_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
