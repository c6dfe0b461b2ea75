#include "test.h"

#include <stdio.h>
#include <string.h>

#include "ssh/client.h"
#include "ssh/verdict.h"

#define PRE "debug1: Connecting to h [127.0.0.1] port 7999.\r\n" \
	    "debug1: SSH2_MSG_NEWKEYS received\r\n"
#define ACCEPT "debug1: Server accepts key: /k ED25519 SHA256:x explicit\r\n"
#define IN "Authenticated to h ([127.0.0.1]:7999) using \"publickey\".\r\n"
#define KEX "debug1: Local version string SSH-2.0-OpenSSH_9.2p1\r\n"

static const struct {
	const char *name, *err, *out;
	int status;
	enum bbk_ssh_outcome want;
} rows[] = {
	{ "in", PRE ACCEPT IN, "00d5abcd 1234", 0, BBK_SSH_OK },
	{ "in, hangs up", PRE ACCEPT IN, "00d5abcd", 255, BBK_SSH_OK },
	{ "in, an ERR line", PRE ACCEPT IN, "0040ERR Repository", 128,
	  BBK_SSH_OTHER },
	{ "in, words on stdout", PRE ACCEPT IN, "Welcome to h", 1,
	  BBK_SSH_OTHER },
	{ "in, nothing on stdout", PRE ACCEPT IN, "", 1, BBK_SSH_OTHER },
	{ "in, no such repository",
	  PRE ACCEPT IN "Repository not found\nThe requested repository does "
	  "not exist, or you do not have permission to access it.\n", "", 1,
	  BBK_SSH_NO_ACCESS },
	{ "in, the server imitates a refusal",
	  PRE ACCEPT IN "git@h: Permission denied (publickey).\r\n", "", 255,
	  BBK_SSH_OTHER },
	{ "in, the server imitates a changed key",
	  PRE ACCEPT IN "@ REMOTE HOST IDENTIFICATION HAS CHANGED! @\n",
	  "00d5abcd", 0, BBK_SSH_OK },
	{ "denied", PRE "git@h: Permission denied (publickey).\r\n", "", 255,
	  BBK_SSH_DENIED },
	{ "denied, several ways",
	  PRE "git@h: Permission denied (publickey,password).\r\n", "", 255,
	  BBK_SSH_DENIED },
	{ "too many keys",
	  PRE "Received disconnect from 127.0.0.1 port 7999:2: Too many "
	  "authentication failures\r\nDisconnected from 127.0.0.1 port "
	  "7999\r\n", "", 255, BBK_SSH_DENIED },
	{ "unknown", "No ED25519 host key is known for [h]:7999 and you have "
	  "requested strict checking.\r\nHost key verification failed.\r\n",
	  "", 255, BBK_SSH_HOST_UNKNOWN },
	{ "changed", "@@@@@@\r\n@    WARNING: REMOTE HOST IDENTIFICATION HAS "
	  "CHANGED!     @\r\nHost key verification failed.\r\n", "", 255,
	  BBK_SSH_HOST_CHANGED },
	{ "revoked", "@@@@@\r\n@       WARNING: REVOKED HOST KEY DETECTED!  "
	  "             @\r\nHost key verification failed.\r\n", "", 255,
	  BBK_SSH_HOST_REVOKED },
	{ "no host key type", "Unable to negotiate with 127.0.0.1 port 7999: "
	  "no matching host key type found. Their offer: ssh-dss\r\n", "",
	  255, BBK_SSH_NEGOTIATE },
	{ "old rsa", PRE "debug1: send_pubkey_test: no mutual signature "
	  "algorithm\r\ngit@h: Permission denied (publickey).\r\n", "", 255,
	  BBK_SSH_DENIED },
	{ "refused", "ssh: connect to host h port 7999: Connection refused\r\n",
	  "", 255, BBK_SSH_NETWORK },
	{ "no name", "ssh: Could not resolve hostname h: Name or service not "
	  "known\r\n", "", 255, BBK_SSH_NETWORK },
	{ "timed out", "ssh: connect to host h port 22: Connection timed "
	  "out\r\n", "", 255, BBK_SSH_NETWORK },
	{ "silent", "Connection timed out during banner exchange\r\n"
	  "Connection to 127.0.0.1 port 7999 timed out\r\n", "", 255,
	  BBK_SSH_NETWORK },
	{ "closed early", "kex_exchange_identification: Connection closed by "
	  "remote host\r\nConnection closed by 127.0.0.1 port 7999\r\n", "",
	  255, BBK_SSH_NETWORK },
	{ "ssh 1", "Protocol major versions differ: 2 vs. 1\r\n", "", 255,
	  BBK_SSH_NETWORK },
	{ "nothing", "", "", 255, BBK_SSH_OTHER },
	{ "no configuration", "/home/jo/.ssh/config: line 1: Bad configuration "
	  "option: x\r\n", "", 255, BBK_SSH_OTHER },
	{ "in by the words of a debug line",
	  "debug1: Authenticated to h\r\n", "00d5abcd", 0, BBK_SSH_OTHER },
	{ "in before the keys", ACCEPT IN PRE, "00d5abcd", 0, BBK_SSH_OTHER },
	{ "denied before the keys", "git@h: Permission denied (publickey)."
	  "\r\n", "", 255, BBK_SSH_OTHER },
	{ "denied by the words of a debug line",
	  "debug1: kex_exchange_identification: banner line 0: git@h: "
	  "Permission denied (publickey).\r\n", "", 255, BBK_SSH_OTHER },
};

static void the_words_of_openssh_are_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(ssh_answer) answer = BBK_SSH_ANSWER_INIT;

		bbk_ssh_classify(&answer, rows[i].err, rows[i].out,
				 strlen(rows[i].out), rows[i].status,
				 "SHA256:x");
		if (answer.outcome != rows[i].want)
			miss("%s: %d, not %d", rows[i].name, rows[i].want,
			     answer.outcome);
	}
}

/*
 * Before the host key is checked, anybody on the way can put words into what
 * ssh prints.  "Denied" means that a key is made and registered.
 */
static void words_before_the_host_key_never_mean_denied(void **state)
{
	static const char *const texts[] = {
		KEX "Bad remote protocol version identification: 'SSH-x "
		    "Permission denied (publickey).'\r\n",
		KEX "Received disconnect from 127.0.0.1 port 7999:2: "
		    "Permission denied (publickey).\r\nDisconnected from "
		    "127.0.0.1 port 7999\r\n",
		KEX "Received disconnect from 127.0.0.1 port 7999:2: Too many "
		    "authentication failures\r\n",
		KEX "Unable to negotiate with 127.0.0.1 port 7999: no matching "
		    "host key type found. Their offer: Permission denied (\r\n",
		/* ssh prints the line ends of a server's message */
		KEX "debug1: Remote: x\ndebug1: SSH2_MSG_NEWKEYS received\n"
		    "git@h: Permission denied (publickey).\r\n",
		KEX "Received disconnect from 127.0.0.1 port 7999:2: x\n"
		    "debug1: SSH2_MSG_NEWKEYS received\nAuthenticated to h\n"
		    "Repository not found\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(texts); i++) {
		BBK_AUTO(ssh_answer) answer = BBK_SSH_ANSWER_INIT;

		bbk_ssh_classify(&answer, texts[i], "", 0, 255, "SHA256:x");
		if (answer.outcome == BBK_SSH_DENIED ||
		    answer.outcome == BBK_SSH_OK ||
		    answer.outcome == BBK_SSH_NO_ACCESS)
			miss("%d for %s", answer.outcome,
			     texts[i] + sizeof(KEX) - 1);
	}
}

static void a_servers_offer_does_not_make_a_key_revoked(void **state)
{
	BBK_AUTO(ssh_answer) answer = BBK_SSH_ANSWER_INIT;
	static const char text[] =
		"Unable to negotiate with 127.0.0.1 port 22: no matching host "
		"key type found. Their offer: REVOKED HOST KEY\r\n";

	(void)state;
	bbk_ssh_classify(&answer, text, "", 0, 255, "SHA256:x");
	if (answer.outcome != BBK_SSH_NEGOTIATE)
		miss("outcome %d", answer.outcome);
}

static void another_key_than_the_one_asked_for_is_noticed(void **state)
{
	static const struct {
		const char *key;
		bool other;
	} keys[] = { { "SHA256:x", false }, { "SHA256:y", true },
		     { NULL, false } };

	(void)state;
	for (size_t i = 0; i < ROWS(keys); i++) {
		BBK_AUTO(ssh_answer) answer = BBK_SSH_ANSWER_INIT;

		bbk_ssh_classify(&answer, PRE ACCEPT IN, "00d5abcd", 8, 0,
				 keys[i].key);
		if (answer.other_key != keys[i].other)
			miss("%s", keys[i].key ? keys[i].key : "(none)");
	}
}

static void a_server_without_room_is_no_broken_line(void **state)
{
	static const struct {
		const char *err;
		bool dropped;
	} texts[] = {
		{ KEX "kex_exchange_identification: Connection closed by "
		  "remote host\r\nConnection closed by 127.0.0.1 port "
		  "22\r\n", true },
		{ KEX "kex_exchange_identification: read: Connection reset by "
		  "peer\r\n", true },
		{ KEX "Connection reset by 127.0.0.1 port 22\r\n", true },
		{ KEX "kex_exchange_identification: banner line contains "
		  "invalid characters\r\n", false },
		{ KEX "debug1: Remote protocol version 2.0, remote software "
		  "version x\r\nConnection reset by 127.0.0.1 port 22\r\n",
		  false },
		{ "ssh: connect to host h port 22: Connection refused\r\n",
		  false },
		{ PRE "git@h: Permission denied (publickey).\r\n", false },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(texts); i++) {
		BBK_AUTO(ssh_answer) answer = BBK_SSH_ANSWER_INIT;

		bbk_ssh_classify(&answer, texts[i].err, "", 0, 255, NULL);
		if (answer.dropped != texts[i].dropped)
			miss("%s", texts[i].err);
	}
}

static void an_rsa_key_that_is_not_even_offered_is_noticed(void **state)
{
	static const char line[] = "debug1: send_pubkey_test: no mutual "
				   "signature algorithm\r\n";
	static const char end[] = "git@h: Permission denied (publickey).\r\n";
	BBK_AUTO(ssh_answer) answer = BBK_SSH_ANSWER_INIT;
	BBK_AUTO(ssh_answer) early = BBK_SSH_ANSWER_INIT;
	char text[512];

	(void)state;
	(void)snprintf(text, sizeof(text), "%s%s%s", PRE, line, end);
	bbk_ssh_classify(&answer, text, "", 0, 255, NULL);
	assert_true(answer.old_rsa);
	(void)snprintf(text, sizeof(text), "%s%s%s", line, PRE, end);
	bbk_ssh_classify(&early, text, "", 0, 255, NULL);
	assert_false(early.old_rsa);
}

static void who_is_let_in_and_turned_away_hears_why(void **state)
{
	BBK_AUTO(ssh_answer) answer = BBK_SSH_ANSWER_INIT;

	(void)state;
	bbk_ssh_classify(&answer, PRE ACCEPT IN "debug1: Sending command\r\n"
			 "fatal: locked\nTransferred: sent 1\r\n", "", 0, 3,
			 NULL);
	assert_int_equal(answer.outcome, BBK_SSH_OTHER);
	assert_string_equal(answer.said, "fatal: locked");
}

static void what_was_said_is_scrubbed(void **state)
{
	BBK_AUTO(ssh_answer) answer = BBK_SSH_ANSWER_INIT;

	(void)state;
	bbk_ssh_classify(&answer, PRE "git@h: Permission denied "
			 "(\033]0;x\007).\n", "", 0, 255, NULL);
	assert_int_equal(answer.outcome, BBK_SSH_DENIED);
	assert_non_null(answer.said);
	assert_null(strchr(answer.said, '\033'));
	assert_null(strchr(answer.said, '\n'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_words_of_openssh_are_understood),
		TEST(words_before_the_host_key_never_mean_denied),
		TEST(a_servers_offer_does_not_make_a_key_revoked),
		TEST(another_key_than_the_one_asked_for_is_noticed),
		TEST(a_server_without_room_is_no_broken_line),
		TEST(an_rsa_key_that_is_not_even_offered_is_noticed),
		TEST(who_is_let_in_and_turned_away_hears_why),
		TEST(what_was_said_is_scrubbed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
