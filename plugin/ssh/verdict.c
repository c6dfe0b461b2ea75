#include "ssh/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "base/drop.h"
#include "base/text.h"

#define SEEN "git-bbkey host key: " /* transport/hostkey.h */

/*
 * Lines of ssh's own, by how they begin, so that no text of a server's within
 * one can pass for another (OpenSSH 9.2); first match decides.
 */
static const struct {
	const char *begin;
	const char *words; /* and further on, where that is not enough */
	enum bbk_ssh_outcome outcome;
} verdicts[] = {
	{ "@", "WARNING: REVOKED HOST KEY DETECTED!", BBK_SSH_HOST_REVOKED },
	{ "@", "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!",
	  BBK_SSH_HOST_CHANGED },
	{ "Host key verification failed.", "", BBK_SSH_HOST_UNKNOWN },
	{ "Unable to negotiate with ", "", BBK_SSH_NEGOTIATE },
	{ "ssh: ", "", BBK_SSH_NETWORK },
	{ "kex_exchange_identification: ", "", BBK_SSH_NETWORK },
	{ "banner exchange: ", "", BBK_SSH_NETWORK },
	{ "ssh_dispatch_run_fatal: ", "", BBK_SSH_NETWORK },
	{ "Connection closed by ", "", BBK_SSH_NETWORK },
	{ "Connection reset by ", "", BBK_SSH_NETWORK },
	{ "Connection timed out ", "", BBK_SSH_NETWORK },
	{ "Connection to ", " timed out", BBK_SSH_NETWORK },
	{ "Received disconnect from ", "", BBK_SSH_NETWORK },
	{ "Disconnected from ", "", BBK_SSH_NETWORK },
	{ "Bad packet length ", "", BBK_SSH_NETWORK },
	{ "Protocol major versions differ", "", BBK_SSH_NETWORK },
};

/*
 * "git@host: Permission denied (publickey).", once keys were exchanged: only
 * then has ssh accepted the host key.
 */
static bool is_denied(const char *line)
{
	const char *colon = strstr(line, ": Permission denied (");
	const char *at = strchr(line, '@');

	if (bbk_begins(line, "Received disconnect from "))
		return strstr(line, "Too many authentication failures") != NULL;
	return colon && at && at < colon && strcspn(line, " ") >
						    (size_t)(colon - line);
}

/* What the server says once somebody is in: reference 1.10 and 2.6. */
static bool means_no_access(const char *line)
{
	return strstr(line, "Repository not found") ||
	       strstr(line, "repository does not exist") ||
	       strstr(line, "repository either does not exist") ||
	       strstr(line, "repository access denied");
}

/* How Cloud greets who asks for nothing: "authenticated via ssh key." */
static bool is_greeting(const char *line)
{
	return bbk_begins(line, "authenticated via ");
}

static bool decide(struct bbk_ssh_answer *answer, const char *line,
		   enum bbk_ssh_outcome outcome)
{
	answer->outcome = outcome;
	free(answer->said);
	answer->said = bbk_scrubbed(line);
	return true;
}

/* Once it said who it is, a server drops nobody: the line broke. */
static bool is_drop(const char *line, bool identified)
{
	return !identified && (bbk_drop_is(line) ||
			       bbk_begins(line, "Connection reset by ") ||
			       bbk_begins(line, "Connection closed by "));
}

static bool verdict(struct bbk_ssh_answer *answer, const char *line,
		    bool exchanged)
{
	if (exchanged && is_denied(line))
		return decide(answer, line, BBK_SSH_DENIED);
	for (size_t i = 0; i < BBK_ARRAY_LEN(verdicts); i++)
		if (bbk_begins(line, verdicts[i].begin) &&
		    strstr(line, verdicts[i].words))
			return decide(answer, line, verdicts[i].outcome);
	return false;
}

/*
 * "debug1: Server accepts key: <path> ED25519 SHA256:... explicit".  The path
 * is escaped and cut by ssh's log, so the fingerprint tells.
 */
static bool accepts_other(const char *line, const char *fingerprint)
{
	static const char words[] = "debug1: Server accepts key: ";

	return fingerprint && bbk_begins(line, words) &&
	       strstr(line, " SHA256:") && !strstr(line, fingerprint);
}

static bool is_pkt_line(const char *out, size_t len)
{
	if (len < 8 || !memcmp(out + 4, "ERR ", 4))
		return false;
	for (int i = 0; i < 4; i++)
		if (!bbk_is_digit(out[i]) &&
		    !(out[i] >= 'a' && out[i] <= 'f'))
			return false;
	return true;
}

/*
 * "debug1: send_pubkey_test: no mutual signature algorithm": a server that
 * names no signatures is taken for one that knows SHA-1 alone (BSERV-13013).
 */
static bool is_old_rsa(const char *line)
{
	static const char words[] = "debug1: send_pubkey_test: no mutual ";

	return bbk_begins(line, words);
}

static void read_lines(struct bbk_ssh_answer *answer, const char *text,
		       const char *fingerprint, bool *in)
{
	bool decided = false, exchanged = false, identified = false;
	char *said = NULL; /* by the server, once somebody is in */

	while (*text) {
		size_t len = strcspn(text, "\r\n");
		char *line = bbk_strndup(text, len);

		if (exchanged &&
		    bbk_begins(line, "debug1: Server accepts key: "))
			answer->known = true;
		if (exchanged && is_old_rsa(line))
			answer->old_rsa = true;
		if (bbk_begins(line, "debug1: Remote protocol version "))
			identified = true;
		if (bbk_begins(line, "debug1: SSH2_MSG_NEWKEYS received"))
			exchanged = exchanged || !decided;
		else if (exchanged && bbk_begins(line, "Authenticated to "))
			*in = true;
		else if (accepts_other(line, fingerprint))
			answer->other_key = true;
		else if (!*in && !decided && !bbk_begins(line, "debug") &&
			 !bbk_begins(line, SEEN)) {
			decided = verdict(answer, line, exchanged);
			answer->dropped = decided && is_drop(line, identified);
		}
		else if (*in && means_no_access(line))
			answer->outcome = BBK_SSH_NO_ACCESS;
		else if (*in && is_greeting(line))
			answer->outcome = BBK_SSH_OK;
		else if (*in && !said && !bbk_begins(line, "debug") &&
			 !bbk_begins(line, SEEN))
			said = bbk_scrubbed(line);
		free(line);
		text += len + strspn(text + len, "\r\n");
	}
	if (answer->outcome == BBK_SSH_OTHER && !answer->said)
		answer->said = said;
	else
		free(said);
}

/* A message before the key exchange: from anybody, line ends and all. */
static bool is_forged(const char *text)
{
	const char *keys = strstr(text, "debug1: SSH2_MSG_NEWKEYS received");
	const char *word = strstr(text, "debug1: Remote: ");

	return word && (!keys || word < keys);
}

void bbk_ssh_classify(struct bbk_ssh_answer *answer, const char *err_text,
		      const char *out, size_t out_len, int status,
		      const char *fingerprint)
{
	bool in = false;

	answer->outcome = BBK_SSH_OTHER;
	if (is_forged(err_text))
		return;
	read_lines(answer, err_text, fingerprint, &in);
	if (in && answer->outcome != BBK_SSH_NO_ACCESS &&
	    (status == 0 || is_pkt_line(out, out_len)))
		answer->outcome = BBK_SSH_OK;
}

/*
 * "git-bbkey host key: name type blob fingerprint": our own helper's line.  It
 * comes before a server can make ssh print anything, so the first one counts.
 */
void bbk_ssh_read_hostkey(struct bbk_hostkey *key, const char *text)
{
	char **fields[] = { &key->name, &key->type, &key->blob,
			    &key->fingerprint };

	if (is_forged(text))
		return;
	while (*text && !bbk_begins(text, SEEN)) {
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	if (!*text)
		return;
	text += strlen(SEEN);
	for (size_t i = 0; i < BBK_ARRAY_LEN(fields); i++) {
		size_t len = strcspn(text, " \r\n");

		*fields[i] = bbk_strndup(text, len);
		text += len + (text[len] == ' ');
	}
}
