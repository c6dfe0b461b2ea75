#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ssh/keygen.h"
#include "ssh/pubkey.h"

static void a_key_is_made_read_and_described(void **state)
{
	static const struct {
		enum bbk_key_type type;
		const char *word;
		long bits;
	} rows[] = { { BBK_KEY_ED25519, "ED25519", 256 },
		     { BBK_KEY_ECDSA, "ECDSA", 256 },
		     { BBK_KEY_RSA, "RSA", 4096 } };

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(err) err = BBK_ERR_INIT;
		BBK_AUTO(str) line = BBK_STR_INIT;
		BBK_AUTO(pubkey) key = BBK_PUBKEY_INIT;
		BBK_AUTO(key_facts) facts = BBK_KEY_FACTS_INIT;
		const char *path = test_path(rows[i].word);
		struct stat st;

		assert_int_equal(bbk_keygen_make(path, rows[i].type,
						 "bbkey a b", false, &err), 0);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		assert_int_equal(bbk_keygen_public(path, &line, &err), 0);
		assert_int_equal(bbk_pubkey_parse(&key, line.s, line.len,
						  &err), 0);
		assert_string_equal(key.comment, "bbkey a b");
		assert_int_equal(bbk_keygen_describe(line.s, &facts, &err), 0);
		assert_string_equal(facts.word, rows[i].word);
		assert_int_equal(facts.bits, rows[i].bits);
		assert_int_equal(strlen(facts.fingerprint), 50);
	}
}

static void what_is_no_key_is_class_keyfile(void **state)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	BBK_AUTO(str) line = BBK_STR_INIT;
	BBK_AUTO(key_facts) facts = BBK_KEY_FACTS_INIT;

	(void)state;
	test_write(test_path("g"), "garbage\n", 0600);
	test_write(test_path("e"), "", 0600);
	assert_int_equal(bbk_keygen_public(test_path("g"), &line, &err), -1);
	miss_class(&err, BBK_E_KEYFILE, "garbage");
	assert_int_equal(bbk_keygen_public(test_path("e"), &line, &err), -1);
	miss_class(&err, BBK_E_KEYFILE, "empty");
	assert_int_equal(bbk_keygen_public(test_path("none"), &line, &err),
			 -1);
	miss_class(&err, BBK_E_KEYFILE, "missing");
	assert_int_equal(bbk_keygen_describe("garbage\n", &facts, &err), -1);
	miss_class(&err, BBK_E_KEYFILE, "no line");
	assert_null(line.s);
}

/* The name of a file must not decide what is inside it. */
static void a_passphrase_is_noticed_and_nothing_else_is(void **state)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;
	BBK_AUTO(str) line = BBK_STR_INIT;
	char command[1200];

	(void)state;
	(void)snprintf(command, sizeof(command), "ssh-keygen -q -t ed25519 "
		       "-N secret -C c -f '%s'", test_path("p"));
	assert_int_equal(system(command), 0);
	assert_int_equal(bbk_keygen_public(test_path("p"), &line, &err), 1);
	test_write(test_path("my-passphrase-notes"), "garbage\n", 0600);
	if (bbk_keygen_public(test_path("my-passphrase-notes"), &line,
			      &err) != -1)
		miss("a garbage file named passphrase is a key with one");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_key_is_made_read_and_described),
		TEST(what_is_no_key_is_class_keyfile),
		TEST(a_passphrase_is_noticed_and_nothing_else_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
