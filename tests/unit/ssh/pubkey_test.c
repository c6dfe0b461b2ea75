#include "test.h"

#include <string.h>

#include "ssh/pubkey.h"

#define ED "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIazEu89wgQZ4bqs3d63QSMzYVa0" \
	   "MuJ2e2gKTKqu+UUO"

static void a_line_has_a_type_a_blob_and_a_comment(void **state)
{
	static const struct {
		const char *line, *comment;
	} rows[] = {
		{ ED, "" },	       { ED "\n", "" },
		{ ED "\r\n", "" },     { ED " jo@box", "jo@box" },
		{ ED " a b  c \n", "a b  c" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(pubkey) key = BBK_PUBKEY_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;

		if (bbk_pubkey_parse(&key, rows[i].line, strlen(rows[i].line),
				     &err) < 0) {
			miss("%s: %s", rows[i].line, err.what);
			continue;
		}
		miss_text(key.type, "ssh-ed25519", "type");
		miss_text(key.comment, rows[i].comment, "comment");
		assert_int_equal(strlen(key.blob), 68);
	}
}

static void what_is_no_public_key_is_refused(void **state)
{
	static const char *const lines[] = {
		"", " ", "\n", "ssh-ed25519", "ssh-ed25519 ", "ssh-ed25519 A",
		"ssh-ed25519 AAAA", " " ED, "\t" ED, "command=\"id\" " ED,
		"-----BEGIN OPENSSH PRIVATE KEY-----",
		"ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIIazEu89wgQZ4bqs3d63QSMzYVa0"
		"MuJ2e2gKTKqu+UUO",
		"SSH-ED25519 AAAAC3NzaC1lZDI1NTE5AAAAIIazEu89wgQZ4bqs3d63QSMz"
		"YVa0MuJ2e2gKTKqu+UUO",
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIazEu89wgQZ4bqs3d63QSMz"
		"YVa0MuJ2e2gKTKqu+UU",
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5====",
		"ssh-ed25519 AAAAC3Nz=aC1lZDI1NTE5AAAAIIazEu89wgQZ4bqs3d63QSM",
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
		"ssh-ed25519\tAAAAC3NzaC1lZDI1NTE5AAAAIIazEu89wgQZ4bqs3d63QSMz",
		ED "\n" ED, ED " a\nb", ED " a\rb", ED "\tcomment",
		"ssh_x AAAABXNzaF94AAAA", "a\033 AAAA",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(lines); i++) {
		BBK_AUTO(pubkey) key = BBK_PUBKEY_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;

		if (bbk_pubkey_parse(&key, lines[i], strlen(lines[i]),
				     &err) == 0)
			miss("'%s' is taken", lines[i]);
		else
			miss_class(&err, BBK_E_KEYFILE, lines[i]);
	}
}

static void a_nul_and_a_line_beyond_16k_are_refused(void **state)
{
	BBK_AUTO(pubkey) key = BBK_PUBKEY_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	char line[16386] = ED " ";

	(void)state;
	assert_int_equal(bbk_pubkey_parse(&key, ED "\0x", sizeof(ED "\0x") - 1,
					  &err), -1);
	memset(line + sizeof(ED), 'x', sizeof(line) - sizeof(ED));
	bbk_err_release(&err);
	assert_int_equal(bbk_pubkey_parse(&key, line, 16384, &err), 0);
	assert_int_equal(bbk_pubkey_parse(&key, line, 16385, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_has_a_type_a_blob_and_a_comment),
		TEST(what_is_no_public_key_is_refused),
		TEST(a_nul_and_a_line_beyond_16k_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
