#include "ssh/survey.h"

#include <errno.h>
#include <fcntl.h>
#include <libssh2.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "ssh/agent.h"
#include "ssh/pubkey.h"

#define RUN_MS 10000
#define STEP_MS 3000 /* one connect(), one answer */
#define CONNECTIONS 3
#define PUBLIC_MAX 16384
#define TYPE_MAX 64

void bbk_survey_release(struct bbk_survey *survey)
{
	for (size_t i = 0; i < survey->len; i++) {
		bbk_str_release(&survey->keys[i].blob);
		free(survey->keys[i].path);
		free(survey->keys[i].comment);
	}
	free(survey->keys);
	*survey = (struct bbk_survey)BBK_SURVEY_INIT;
}

/* --- the keys ------------------------------------------------------------- */

/* Length of the type in front, 0 where there is none: libssh2 trusts it. */
static size_t type_len(const struct bbk_str *blob)
{
	const unsigned char *bytes = (const unsigned char *)bbk_str_get(blob);
	size_t len;

	if (blob->len < 5 || bytes[0] || bytes[1] || bytes[2])
		return 0;
	len = bytes[3];
	if (len > TYPE_MAX || 4 + len >= blob->len)
		return 0;
	for (size_t i = 0; i < len; i++)
		if (!bbk_is_alnum(bytes[4 + i]) &&
		    !memchr("@.-", bytes[4 + i], 3))
			return 0;
	return len;
}

/* The one with this blob, or a new one, which takes it; NULL: no room. */
static struct bbk_survey_key *place_for(struct bbk_survey *survey,
					struct bbk_str *blob)
{
	struct bbk_survey_key *key;

	if (!type_len(blob))
		return NULL;
	for (size_t i = 0; i < survey->len; i++) {
		key = &survey->keys[i];
		if (key->blob.len == blob->len &&
		    !memcmp(key->blob.s, blob->s, blob->len))
			return key;
	}
	if (survey->len == BBK_SURVEY_MAX)
		return NULL;
	survey->keys = bbk_realloc(survey->keys, (survey->len + 1) *
						 sizeof(*survey->keys));
	key = &survey->keys[survey->len++];
	*key = (struct bbk_survey_key){ .blob = *blob };
	*blob = (struct bbk_str)BBK_STR_INIT;
	return key;
}

void bbk_survey_add_file(struct bbk_survey *survey, const char *path)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(str) line = BBK_STR_INIT;
	BBK_AUTO(str) blob = BBK_STR_INIT;
	BBK_AUTO(pubkey) public = BBK_PUBKEY_INIT;
	struct bbk_survey_key *key;

	if (bbk_file_read(&line, path, PUBLIC_MAX, &ignored) ||
	    bbk_pubkey_parse(&public, bbk_str_get(&line), line.len,
			     &ignored) < 0)
		return;
	bbk_pubkey_blob(&public, &blob);
	key = place_for(survey, &blob);
	if (key && !key->path)
		key->path = bbk_strdup(path);
}

void bbk_survey_add_agent(struct bbk_survey *survey,
			  const struct bbk_str *keys)
{
	struct bbk_agent_key agent;
	size_t at = 0;

	while (bbk_agent_next(keys, &at, &agent)) {
		BBK_AUTO(str) blob = BBK_STR_INIT;
		BBK_AUTO(str) comment = BBK_STR_INIT;
		struct bbk_survey_key *key;

		bbk_str_addn(&blob, agent.blob, agent.blob_len);
		key = place_for(survey, &blob);
		if (!key || key->comment)
			continue;
		bbk_scrub(&comment, agent.comment, agent.comment_len,
			  BBK_SCRUB_MAX);
		key->comment = bbk_strdup(bbk_str_get(&comment));
	}
}

char *bbk_survey_key_line(const struct bbk_survey_key *key)
{
	BBK_AUTO(str) line = BBK_STR_INIT;
	size_t start;

	bbk_str_addn(&line, key->blob.s + 4, type_len(&key->blob));
	bbk_str_addc(&line, ' ');
	start = line.len;
	bbk_base64(&line, key->blob.s, key->blob.len);
	while ((line.len - start) % 4)
		bbk_str_addc(&line, '=');
	return bbk_str_take(&line);
}

/* --- the connection ------------------------------------------------------- */

/* A survey on its way; `end` in milliseconds of the system's clock. */
struct run {
	struct bbk_survey *survey;
	const struct bbk_survey_host *host;
	size_t next; /* the key that is asked about next */
	int64_t end;
};

/* For one step; 0: it is over. */
static int left(const struct run *run)
{
	int64_t ms = run->end - bbk_system_clock.now(&bbk_system_clock);

	return ms < 0 ? 0 : ms < STEP_MS ? (int)ms : STEP_MS;
}

static int connect_one(const struct run *run, const struct addrinfo *address)
{
	int fd = socket(address->ai_family, address->ai_socktype, 0);
	struct pollfd wait = { fd, POLLOUT, 0 };
	socklen_t len = sizeof(int);
	int failed = 0;

	if (fd < 0)
		return -1;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	if (connect(fd, address->ai_addr, address->ai_addrlen) < 0 &&
	    (errno != EINPROGRESS || poll(&wait, 1, left(run)) != 1 ||
	     getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &len) < 0 ||
	     failed)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int connect_to(const struct run *run, struct bbk_err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char *service = bbk_strf("%u", run->host->port);
	int fd = -1;

	if (getaddrinfo(run->host->host, service, &hints, &found) == 0)
		for (const struct addrinfo *a = found; a && fd < 0;
		     a = a->ai_next)
			fd = connect_one(run, a);
	if (found)
		freeaddrinfo(found);
	free(service);
	if (fd < 0)
		(void)bbk_err_set(err, BBK_E_NETWORK,
				  "cannot connect to %s port %u",
				  run->host->host, run->host->port);
	return fd;
}

/* Is this the host key that OpenSSH has verified, or another published one? */
static int check_host(LIBSSH2_SESSION *session,
		      const struct bbk_survey_host *host, struct bbk_err *err)
{
	const char *hash = libssh2_hostkey_hash(session,
						LIBSSH2_HOSTKEY_HASH_SHA256);
	BBK_AUTO(str) shown = BBK_STR_INIT;

	bbk_str_add(&shown, "SHA256:");
	if (hash)
		bbk_base64(&shown, hash, 32);
	if (hash && (!strcmp(bbk_str_get(&shown), host->fingerprint) ||
		     (host->pins &&
		      bbk_strv_has(host->pins, bbk_str_get(&shown)))))
		return 0;
	return bbk_err_set(err, BBK_E_HOSTKEY,
			   "libssh2 was shown another host key");
}

/* Called when the server would take the key; nothing is ever signed. */
static int refuse_to_sign(LIBSSH2_SESSION *session, unsigned char **signature,
			  size_t *signature_len, const unsigned char *data,
			  size_t len, void **abstract)
{
	(void)session;
	(void)signature;
	(void)signature_len;
	(void)data;
	(void)len;
	*(bool *)*abstract = true;
	return -1;
}

/* false: there was no answer, and there will be none on this connection. */
static bool ask_about(LIBSSH2_SESSION *session, const char *user,
		      struct bbk_survey_key *key)
{
	void *abstract = &key->known;
	const unsigned char *blob = (const unsigned char *)key->blob.s;
	int rc = libssh2_userauth_publickey(session, user, blob, key->blob.len,
					    refuse_to_sign, &abstract);

	return key->known || rc == LIBSSH2_ERROR_AUTHENTICATION_FAILED;
}

static int ask(struct run *run, LIBSSH2_SESSION *session, int fd,
	       struct bbk_err *err)
{
	const char *user = run->host->user;
	struct bbk_survey *survey = run->survey;
	const char *methods;

	libssh2_session_set_timeout(session, left(run) + 1); /* 0 is for ever */
	if (libssh2_session_handshake(session, fd) != 0)
		return bbk_err_set(err, BBK_E_NEGOTIATE,
				   "libssh2 and %s have no algorithm in common",
				   run->host->host);
	if (check_host(session, run->host, err) < 0)
		return -1;
	methods = libssh2_userauth_list(session, user, (unsigned)strlen(user));
	if (!methods || !strstr(methods, "publickey"))
		return 0;
	for (; run->next < survey->len && left(run) > 0; run->next++) {
		libssh2_session_set_timeout(session, left(run) + 1);
		if (!ask_about(session, user, &survey->keys[run->next]))
			return 0;
	}
	(void)libssh2_session_disconnect(session, "done");
	return 0;
}

static int meet(struct run *run, struct bbk_err *err)
{
	int fd = connect_to(run, err);
	LIBSSH2_SESSION *session;
	int rc = -1;

	if (fd < 0)
		return -1;
	session = libssh2_session_init();
	if (session)
		rc = ask(run, session, fd, err);
	else
		(void)bbk_err_set(err, BBK_E_LOCAL,
				  "libssh2 cannot be started");
	if (session)
		(void)libssh2_session_free(session);
	close(fd);
	return rc;
}

int bbk_survey_run(struct bbk_survey *survey,
		   const struct bbk_survey_host *host, struct bbk_err *err)
{
	BBK_AUTO(err) later = BBK_ERR_INIT;
	struct run run = { survey, host, 0,
			   bbk_system_clock.now(&bbk_system_clock) + RUN_MS };
	size_t before;
	int rc;

	if (!survey->len)
		return 0;
	if (libssh2_init(0) != 0)
		return bbk_err_set(err, BBK_E_LOCAL,
				   "libssh2 cannot be started");
	rc = meet(&run, err);
	before = 0;
	for (int more = CONNECTIONS - 1; more && !rc && run.next > before &&
					 run.next < survey->len &&
					 left(&run) > 0; more--) {
		before = run.next;
		if (meet(&run, &later) < 0)
			break;
	}
	libssh2_exit();
	return rc;
}
