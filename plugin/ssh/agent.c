#include "ssh/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

#define REPLY_MAX (256 * 1024) /* OpenSSH 9.2, AGENT_MAX_LEN */
#define IDENTITIES_ANSWER 12
#define HEAD_LEN 5 /* that number, and how many keys there are */

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, saved;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0)
		return -1;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static bool read_all(int fd, unsigned char *bytes, size_t len, int64_t end)
{
	size_t done = 0;

	while (done < len) {
		struct pollfd wait = { fd, POLLIN, 0 };
		int64_t left = end - bbk_system_clock.now(&bbk_system_clock);
		ssize_t n;

		if (left <= 0)
			return false;
		if (poll(&wait, 1, (int)left) <= 0)
			continue;
		n = read(fd, bytes + done, len - done);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

static size_t number(const unsigned char *bytes)
{
	return (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 |
	       (size_t)bytes[2] << 8 | bytes[3];
}

static enum bbk_agent ask(int fd, int64_t end, struct bbk_str *keys)
{
	static const unsigned char request[] = { 0, 0, 0, 1, 11 };
	unsigned char length[4];
	unsigned char *reply;
	size_t len;
	enum bbk_agent found = BBK_AGENT_SILENT;

	if (send(fd, request, sizeof(request), MSG_NOSIGNAL) !=
		    sizeof(request) ||
	    !read_all(fd, length, sizeof(length), end))
		return BBK_AGENT_SILENT;
	len = number(length);
	if (len < HEAD_LEN || len > REPLY_MAX)
		return BBK_AGENT_SILENT;
	reply = bbk_alloc(len);
	if (read_all(fd, reply, len, end) &&
	    reply[0] == IDENTITIES_ANSWER) {
		found = number(reply + 1) ? BBK_AGENT_KEYS : BBK_AGENT_NONE;
		bbk_str_addn(keys, reply + HEAD_LEN, len - HEAD_LEN);
	}
	free(reply);
	return found;
}

enum bbk_agent bbk_agent_ask(const char *path, int64_t wait_ms,
			     struct bbk_str *keys)
{
	int fd = connect_to(path);
	enum bbk_agent found;

	if (fd < 0) /* a full queue is a hung agent; the rest, none at all */
		return errno == EAGAIN ? BBK_AGENT_SILENT : BBK_AGENT_NONE;
	found = ask(fd, bbk_system_clock.now(&bbk_system_clock) + wait_ms,
		    keys);
	close(fd);
	return found;
}

/* A length of four bytes, and as many bytes. */
static bool next_string(const struct bbk_str *keys, size_t *at,
			const char **bytes, size_t *len)
{
	if (keys->len - *at < 4)
		return false;
	*len = number((const unsigned char *)keys->s + *at);
	if (*len > keys->len - *at - 4)
		return false;
	*bytes = keys->s + *at + 4;
	*at += 4 + *len;
	return true;
}

bool bbk_agent_next(const struct bbk_str *keys, size_t *at,
		    struct bbk_agent_key *key)
{
	return next_string(keys, at, &key->blob, &key->blob_len) &&
	       next_string(keys, at, &key->comment, &key->comment_len);
}
