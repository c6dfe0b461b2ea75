#include "ssh/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

#define REPLY_MAX (256 * 1024) /* OpenSSH 9.2, AGENT_MAX_LEN */
#define IDENTITIES_ANSWER 12

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

/* Reads len bytes; `keep` of them are kept. */
static bool read_all(int fd, unsigned char *bytes, size_t keep, size_t len,
		     int64_t end)
{
	unsigned char chunk[4096];
	size_t done = 0;

	while (done < len) {
		struct pollfd wait = { fd, POLLIN, 0 };
		int64_t left = end - bbk_system_clock.now(&bbk_system_clock);
		size_t want = len - done < sizeof(chunk) ? len - done :
							   sizeof(chunk);
		ssize_t n;

		if (left <= 0)
			return false;
		if (poll(&wait, 1, (int)left) <= 0)
			continue;
		n = read(fd, chunk, want);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return false;
		for (size_t i = 0; i < (size_t)n && done + i < keep; i++)
			bytes[done + i] = chunk[i];
		done += (size_t)n;
	}
	return true;
}

static size_t number(const unsigned char *bytes)
{
	return (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 |
	       (size_t)bytes[2] << 8 | bytes[3];
}

static enum bbk_agent ask(int fd, int64_t end)
{
	static const unsigned char request[] = { 0, 0, 0, 1, 11 };
	unsigned char length[4];
	unsigned char reply[5];
	size_t len;

	if (send(fd, request, sizeof(request), MSG_NOSIGNAL) !=
		    sizeof(request) ||
	    !read_all(fd, length, sizeof(length), sizeof(length), end))
		return BBK_AGENT_SILENT;
	len = number(length);
	if (len < sizeof(reply) || len > REPLY_MAX ||
	    !read_all(fd, reply, sizeof(reply), len, end) ||
	    reply[0] != IDENTITIES_ANSWER)
		return BBK_AGENT_SILENT;
	return number(reply + 1) ? BBK_AGENT_KEYS : BBK_AGENT_NONE;
}

enum bbk_agent bbk_agent_ask(const char *path, int64_t wait_ms)
{
	int fd = connect_to(path);
	enum bbk_agent found;

	if (fd < 0) /* a full queue is a hung agent; the rest, none at all */
		return errno == EAGAIN ? BBK_AGENT_SILENT : BBK_AGENT_NONE;
	found = ask(fd, bbk_system_clock.now(&bbk_system_clock) + wait_ms);
	close(fd);
	return found;
}
