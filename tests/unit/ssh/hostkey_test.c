#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "ssh/hostkey.h"

#define HASH "ybgmFkzwOSotHTHLJgHO0QN8L0xErw6vd0VhFA9m3SM"
#define MD5 "17:5f:0e:6b:2c:aa:bb:cc:dd:ee:ff:00:11:22:33:44"

static void a_fingerprint_has_one_form(void **state)
{
	static const struct {
		const char *algorithm, *value, *want;
	} rows[] = {
		{ NULL, "SHA256:" HASH, "SHA256:" HASH },
		{ NULL, HASH, "SHA256:" HASH },
		{ "SHA-256", HASH "=", "SHA256:" HASH },
		{ "SHA256", "sha256:" HASH, "SHA256:" HASH },
		{ NULL, "MD5:" MD5, "MD5:" MD5 },
		{ NULL, MD5, "MD5:" MD5 },
		{ "MD5", MD5, "MD5:" MD5 },
		{ "md5", "175F0E6B2CAABBCCDDEEFF0011223344", "MD5:" MD5 },
		{ NULL, "175f0e6b2caabbccddeeff0011223344", "MD5:" MD5 },
		{ NULL, "", NULL }, { NULL, "SHA256:", NULL },
		{ NULL, "MD5:", NULL }, { NULL, "SHA1:" HASH, NULL },
		{ NULL, HASH "A", NULL }, { NULL, "SHA256:x", NULL },
		{ "MD5", HASH, NULL },
		{ NULL, "MD5:" MD5 ":55", NULL },
		{ NULL, "zz:5f:0e:6b:2c:aa:bb:cc:dd:ee:ff:00:11:22:33:44",
		  NULL },
		{ NULL, "SHA256:" HASH "=; rm -rf", NULL },
		{ NULL, "SHA256:ybgmFkzwOSotHTHLJgHO0QN8L0xErw6vd0VhFA9m3S ",
		  NULL },
		{ NULL, "SHA256:ybgmFkzwOSotHTHLJgHO0QN8L0xErw6vd0VhFA9m3%f",
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char *got = bbk_fingerprint_canonical(rows[i].algorithm,
						      rows[i].value);

		miss_text(got, rows[i].want, rows[i].value);
		free(got);
	}
}

static void names_are_those_of_known_hosts(void **state)
{
	static const struct {
		const char *host;
		unsigned port;
		const char *want;
	} rows[] = {
		{ "h", 22, "h" }, { "h", 7999, "[h]:7999" },
		{ "[::1]", 22, "::1" }, { "[::1]", 7999, "[::1]:7999" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char *got = bbk_known_hosts_name(rows[i].host, rows[i].port);

		miss_text(got, rows[i].want, rows[i].host);
		free(got);
	}
}

static int save(const char *name, const char *blob)
{
	BBK_AUTO(hostkey) key = BBK_HOSTKEY_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	key.name = bbk_strdup(name);
	key.type = bbk_strdup("ssh-ed25519");
	key.blob = bbk_strdup(blob);
	return bbk_known_hosts_save(test_dir(), &key, &err);
}

static void saving_replaces_its_own_entry_and_keeps_the_others(void **state)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	bool has = true;

	(void)state;
	assert_int_equal(bbk_known_hosts_has(test_dir(), "h", &has, &err), 0);
	assert_false(has);
	assert_int_equal(save("h", "A"), 0);
	assert_int_equal(save("[h]:7999", "B"), 0);
	assert_int_equal(save("hh", "C"), 0);
	assert_int_equal(save("h", "D"), 0);
	assert_int_equal(save("h", "D"), 0);
	assert_string_equal(test_read(test_path("known_hosts")),
			    "[h]:7999 ssh-ed25519 B\nhh ssh-ed25519 C\n"
			    "h ssh-ed25519 D\n");
	assert_int_equal(bbk_known_hosts_has(test_dir(), "[h]:7999", &has,
					     &err), 0);
	assert_true(has);
	assert_int_equal(bbk_known_hosts_has(test_dir(), "7999", &has, &err),
			 0);
	assert_false(has);
}

static void a_last_line_without_its_end_stays_a_line_of_its_own(void **state)
{
	(void)state;
	test_write(test_path("known_hosts"), "a ssh-ed25519 A", 0600);
	assert_int_equal(save("h", "B"), 0);
	miss_text(test_read(test_path("known_hosts")),
		  "a ssh-ed25519 A\nh ssh-ed25519 B\n", "known_hosts");
}

static int share(const char *name, const char *blob)
{
	BBK_AUTO(hostkey) key = BBK_HOSTKEY_INIT;
	BBK_AUTO(strv) names = BBK_STRV_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	key.name = bbk_strdup(name);
	key.type = bbk_strdup("ssh-ed25519");
	key.blob = bbk_strdup(blob);
	bbk_strv_addl(&names, "a", "[b]:443", NULL);
	return bbk_known_hosts_share(test_dir(), &key, &names, &err);
}

static void a_key_is_shared_with_names_that_have_no_other(void **state)
{
	(void)state;
	assert_int_equal(share("a", "A"), 0);
	miss_text(test_read(test_path("known_hosts")),
		  "[b]:443 ssh-ed25519 A\n", "none yet");
	assert_int_equal(save("a", "A"), 0);
	assert_int_equal(share("a", "B"), 0);
	assert_int_equal(save("a", "B"), 0);
	miss_text(test_read(test_path("known_hosts")),
		  "[b]:443 ssh-ed25519 B\na ssh-ed25519 B\n", "the same");
	assert_int_equal(save("[b]:443", "C"), 0);
	assert_int_equal(share("a", "D"), 0);
	miss_text(test_read(test_path("known_hosts")),
		  "a ssh-ed25519 B\n[b]:443 ssh-ed25519 C\n", "its own");
}

static void quoting_survives_what_a_path_can_have(void **state)
{
	BBK_AUTO(str) plain = BBK_STR_INIT;
	BBK_AUTO(str) expanding = BBK_STR_INIT;

	(void)state;
	bbk_ssh_quote(&plain, "/a b/\"c\\%h", false);
	bbk_ssh_quote(&expanding, "/a b/\"c\\%h", true);
	assert_string_equal(plain.s, "\"/a b/\\\"c\\\\%h\"");
	assert_string_equal(expanding.s, "\"/a b/\\\"c\\\\%%h\"");
}

static void our_known_hosts_come_first_and_once(void **state)
{
	BBK_AUTO(strv) global = BBK_STRV_INIT;
	char *got;

	(void)state;
	bbk_strv_addl(&global, "/etc/ssh/known", "/s/known_hosts", "/a b",
		      NULL);
	got = bbk_known_hosts_option("/s", &global);
	assert_string_equal(got, "\"/s/known_hosts\" \"/etc/ssh/known\" "
				 "\"/a b\"");
	free(got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_fingerprint_has_one_form),
		TEST(names_are_those_of_known_hosts),
		TEST(saving_replaces_its_own_entry_and_keeps_the_others),
		TEST(a_last_line_without_its_end_stays_a_line_of_its_own),
		TEST(a_key_is_shared_with_names_that_have_no_other),
		TEST(quoting_survives_what_a_path_can_have),
		TEST(our_known_hosts_come_first_and_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
