#include "store/sshconfig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

#define CONFIG_MAX ((size_t)1 << 20)

static int fail(struct bbk_err *err, const char *path, const char *why)
{
	char *shown = bbk_scrubbed(path);

	bbk_err_set(err, BBK_E_LOCAL, "cannot change '%s': %s", shown, why);
	free(shown);
	return -1;
}

/* "Host x", " host=x", "\"Match\" all": a block begins. */
static bool begins_block(const char *line, size_t len)
{
	static const char *const words[] = { "host", "match" };

	while (len && strchr(" \t\f\"", *line))
		line++, len--;
	for (size_t i = 0; i < BBK_ARRAY_LEN(words); i++) {
		size_t n = strlen(words[i]), j = 0;

		while (j < n && j < len && bbk_lower(line[j]) == words[i][j])
			j++;
		if (j == n && (n == len || !bbk_is_alnum(line[n])))
			return true;
	}
	return false;
}

bool bbk_sshconfig_includes(const char *text, size_t len, const char *line)
{
	const char *end = text + len;

	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((stop ? stop : end) - text);
		size_t bare = n && text[n - 1] == '\r' ? n - 1 : n;

		if (bare == strlen(line) && !memcmp(text, line, bare))
			return true;
		if (begins_block(text, n))
			return false;
		text += n + 1;
	}
	return false;
}

int bbk_sshconfig_look(const char *path, const char *line,
		       enum bbk_sshconfig_had *had, struct bbk_err *err)
{
	BBK_AUTO(str) text = BBK_STR_INIT;
	int rc = bbk_file_read(&text, path, CONFIG_MAX, err);

	if (rc < 0)
		return -1;
	*had = rc > 0 ? BBK_SSHCONFIG_NONE :
	       bbk_sshconfig_includes(bbk_str_get(&text), text.len, line) ?
		       BBK_SSHCONFIG_LINE : BBK_SSHCONFIG_FILE;
	return 0;
}

static bool uses_crlf(const struct bbk_str *text)
{
	const char *stop = text->len ? memchr(text->s, '\n', text->len) : NULL;

	return stop && stop > text->s && stop[-1] == '\r';
}

static bool write_whole(int fd, const struct bbk_str *text)
{
	return lseek(fd, 0, SEEK_SET) == 0 &&
	       bbk_write_all(fd, bbk_str_get(text), text->len) == 0;
}

/*
 * The new bytes over the old, which are a shorter text: where there is no room
 * for more, the old ones still fit.
 */
static int write_over(int fd, const struct bbk_str *old,
		      const struct bbk_str *new, const char *path,
		      struct bbk_err *err)
{
	int saved;

	if (write_whole(fd, new) && bbk_fsync(fd) == 0)
		return 0;
	saved = errno;
	if (!write_whole(fd, old) || ftruncate(fd, (off_t)old->len) < 0)
		return fail(err, path, "it was damaged, the disk is full");
	return fail(err, path, strerror(saved));
}

static int add_to(int fd, const char *path, const char *line,
		  struct bbk_err *err)
{
	BBK_AUTO(str) old = BBK_STR_INIT;
	BBK_AUTO(str) new = BBK_STR_INIT;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_uid != geteuid())
		return fail(err, path, "it is not a file of yours");
	if (bbk_file_read(&old, path, CONFIG_MAX, err) != 0)
		return -1;
	bbk_str_addf(&new, "%s%s", line, uses_crlf(&old) ? "\r\n" : "\n");
	bbk_str_addn(&new, bbk_str_get(&old), old.len);
	return write_over(fd, &old, &new, path, err);
}

int bbk_sshconfig_add(const char *path, const char *line,
		      enum bbk_sshconfig_had *had, struct bbk_err *err)
{
	BBK_AUTO(str) text = BBK_STR_INIT;
	int fd, rc;

	if (bbk_sshconfig_look(path, line, had, err) < 0)
		return -1;
	if (*had == BBK_SSHCONFIG_LINE)
		return 0;
	if (*had == BBK_SSHCONFIG_NONE) {
		if (bbk_file_kind_at(AT_FDCWD, path) != BBK_FILE_NONE)
			return fail(err, path, "it is a link to nothing");
		bbk_str_addf(&text, "%s\n", line);
		return bbk_make_parents(path, err) < 0 ? -1 :
		       bbk_file_write(path, bbk_str_get(&text), text.len, 0600,
				      err);
	}
	fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fail(err, path, strerror(errno));
	rc = add_to(fd, path, line, err);
	close(fd);
	return rc;
}
