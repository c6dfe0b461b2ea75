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

#include "base/file.h"
#include "ssh/pubkey.h"

#define CONNECT_MS 3000
#define SESSION_MS 3000L
#define FILES_MAX 16
#define PUBLIC_MAX 16384

static int connect_one(const struct addrinfo *address)
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
	    (errno != EINPROGRESS || poll(&wait, 1, CONNECT_MS) != 1 ||
	     getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &len) < 0 ||
	     failed)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int connect_to(const char *host, unsigned port, struct bbk_err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char *service = bbk_strf("%u", port);
	int fd = -1;

	if (getaddrinfo(host, service, &hints, &found) == 0)
		for (const struct addrinfo *a = found; a && fd < 0;
		     a = a->ai_next)
			fd = connect_one(a);
	if (found)
		freeaddrinfo(found);
	free(service);
	if (fd < 0)
		(void)bbk_err_set(err, BBK_E_NETWORK,
				  "cannot connect to %s port %u", host, port);
	return fd;
}

/* Is this the host key that OpenSSH has verified? */
static int check_host(LIBSSH2_SESSION *session, const char *fingerprint,
		      struct bbk_err *err)
{
	const char *hash = libssh2_hostkey_hash(session,
						LIBSSH2_HOSTKEY_HASH_SHA256);
	BBK_AUTO(str) shown = BBK_STR_INIT;

	bbk_str_add(&shown, "SHA256:");
	if (hash)
		bbk_base64(&shown, hash, 32);
	if (hash && !strcmp(bbk_str_get(&shown), fingerprint))
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

static bool is_known(LIBSSH2_SESSION *session, const char *user,
		     const char *file)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(str) line = BBK_STR_INIT;
	BBK_AUTO(str) blob = BBK_STR_INIT;
	BBK_AUTO(pubkey) key = BBK_PUBKEY_INIT;
	bool known = false;
	void *abstract = &known;

	if (bbk_file_read(&line, file, PUBLIC_MAX, &ignored) ||
	    bbk_pubkey_parse(&key, bbk_str_get(&line), line.len, &ignored) < 0)
		return false;
	bbk_pubkey_blob(&key, &blob);
	(void)libssh2_userauth_publickey(session, user,
					 (const unsigned char *)blob.s,
					 blob.len, refuse_to_sign, &abstract);
	return known;
}

static int ask(LIBSSH2_SESSION *session, int fd,
	       const struct bbk_survey_wish *wish, struct bbk_strv *known,
	       struct bbk_err *err)
{
	const char *methods;

	libssh2_session_set_timeout(session, SESSION_MS);
	if (libssh2_session_handshake(session, fd) != 0)
		return bbk_err_set(err, BBK_E_NEGOTIATE,
				   "libssh2 and %s have no algorithm in common",
				   wish->host);
	if (check_host(session, wish->fingerprint, err) < 0)
		return -1;
	methods = libssh2_userauth_list(session, wish->user,
					(unsigned)strlen(wish->user));
	if (!methods || !strstr(methods, "publickey"))
		return 0;
	for (size_t i = 0; i < wish->files->len && i < FILES_MAX; i++)
		if (is_known(session, wish->user, wish->files->v[i]))
			bbk_strv_add(known, wish->files->v[i]);
	(void)libssh2_session_disconnect(session, "done");
	return 0;
}

int bbk_survey_run(const struct bbk_survey_wish *wish, struct bbk_strv *known,
		   struct bbk_err *err)
{
	LIBSSH2_SESSION *session = NULL;
	int fd = connect_to(wish->host, wish->port, err);
	int rc = -1;

	if (fd < 0)
		return -1;
	if (libssh2_init(0) == 0)
		session = libssh2_session_init();
	if (session)
		rc = ask(session, fd, wish, known, err);
	else
		(void)bbk_err_set(err, BBK_E_LOCAL,
				  "libssh2 cannot be started");
	if (session)
		(void)libssh2_session_free(session);
	libssh2_exit();
	close(fd);
	return rc;
}
