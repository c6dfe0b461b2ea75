#include "git/urls.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/spawn.h"
#include "git/git.h"

#define CONFIG_MAX ((size_t)4 << 20)

/* --- reading ------------------------------------------------------------- */

static bool has_word(const char *text, const char *word)
{
	for (; *text; text++) {
		size_t i = 0;

		while (word[i] && bbk_lower(text[i]) == bbk_lower(word[i]))
			i++;
		if (!word[i])
			return true;
	}
	return false;
}

/* A value may have quotes and line ends in the middle: git-config(1). */
static bool may_have_word(const struct bbk_str *content, const char *word)
{
	BBK_AUTO(str) plain = BBK_STR_INIT;

	for (size_t i = 0; i < content->len; i++)
		if (content->s[i] && !strchr("\"\\\r\n", content->s[i]))
			bbk_str_addc(&plain, content->s[i]);
	return has_word(bbk_str_get(&plain), word);
}

/* "key LF value NUL" again and again; a key alone has no value */
static void read_values(struct bbk_config *urls, const struct bbk_str *text,
			const char *word)
{
	const char *p = bbk_str_get(text), *end = p + text->len;

	for (; p < end; p += strlen(p) + 1) {
		const char *line = strchr(p, '\n');

		if (!line || !has_word(line + 1, word))
			continue;
		bbk_strv_addf(&urls->keys, "%.*s", (int)(line - p), p);
		bbk_strv_add(&urls->values, line + 1);
	}
}

static int begin(struct bbk_process *git, const char *file, struct bbk_err *err)
{
	if (bbk_git_begin(git, err) < 0)
		return -1;
	bbk_strv_add(&git->env, "GIT_DIR=/dev/null");
	bbk_strv_addl(&git->argv, "config", "--file", file, NULL);
	return 0;
}

int bbk_urls_read(struct bbk_config *urls, const char *file, const char *word,
		  struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;
	BBK_AUTO(str) content = BBK_STR_INIT;
	int rc = bbk_file_read(&content, file, CONFIG_MAX, err);

	if (rc || !may_have_word(&content, word))
		return rc < 0 ? rc : 0;
	if (begin(&git, file, err) < 0)
		return -1;
	bbk_strv_addl(&git.argv, "-z", "--get-regexp",
		      "^(remote\\..*\\.(push)?url|submodule\\..*\\.url)$",
		      NULL);
	git.out_max = CONFIG_MAX;
	if (bbk_process_run(&git, err) < 0)
		return -1;
	if (git.status > 1) /* 1: no such lines */
		return bbk_git_failed(&git, "read the configuration", err);
	read_values(urls, &git.out, word);
	return 0;
}

/* --- replacing ----------------------------------------------------------- */

/* Without the check git would add what it cannot replace. */
static int check_is_there(const char *file,
			  const struct bbk_url_change *change,
			  struct bbk_err *err)
{
	BBK_AUTO(strv) values = BBK_STRV_INIT;

	if (bbk_config_file_get(file, change->key, &values, err) < 0)
		return -1;
	if (bbk_strv_has(&values, change->from))
		return 0;
	return bbk_err_set(err, BBK_E_LOCAL,
			   "it was changed in the meantime");
}

static int edit(const char *file, const struct bbk_url_change *change,
		struct bbk_err *err)
{
	BBK_AUTO(process) git = BBK_PROCESS_INIT;

	if (check_is_there(file, change, err) < 0 ||
	    begin(&git, file, err) < 0)
		return -1;
	bbk_strv_addl(&git.argv, "--fixed-value", "--replace-all", change->key,
		      change->to, change->from, NULL);
	if (bbk_process_run(&git, err) < 0)
		return -1;
	return git.status ?
		bbk_git_failed(&git, "write the configuration", err) : 0;
}

static int edit_copy(const char *copy, const struct bbk_str *content,
		     mode_t mode, const struct bbk_url_change *changes,
		     size_t len, struct bbk_err *err)
{
	if (bbk_file_write(copy, bbk_str_get(content), content->len, mode,
			   err) < 0)
		return -1;
	for (size_t i = 0; i < len; i++)
		if (edit(copy, &changes[i], err) < 0)
			return -1;
	return bbk_fsync_at(AT_FDCWD, copy, err);
}

/* Under git's lock: the file is what it was, and becomes the copy. */
static int put_in_place(const char *copy, const char *file,
			const struct bbk_str *content, struct bbk_err *err)
{
	BBK_AUTO(str) now = BBK_STR_INIT;

	if (bbk_file_read(&now, file, CONFIG_MAX, err) < 0)
		return -1;
	if (now.len != content->len ||
	    memcmp(bbk_str_get(&now), bbk_str_get(content), now.len) != 0)
		return bbk_err_set(err, BBK_E_BUSY, "another program has "
				   "changed the configuration just now");
	return rename(copy, file) < 0 ?
		bbk_file_failed(err, errno, "write", file) : 0;
}

static int swap(const char *copy, const char *file,
		const struct bbk_str *content, struct bbk_err *err)
{
	char *lock = bbk_strf("%s.lock", file);
	int fd = bbk_openat(AT_FDCWD, lock,
			    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int rc;

	if (fd >= 0) {
		rc = put_in_place(copy, file, content, err);
		(void)unlink(lock);
		close(fd);
	} else if (errno == EEXIST) {
		rc = bbk_err_set(err, BBK_E_BUSY, "another program is at work "
				 "on the configuration");
		bbk_err_hint(err, "if there is none, a git that was killed has "
				  "left this file behind: %s", lock);
	} else {
		rc = bbk_file_failed(err, errno, "write", file);
	}
	free(lock);
	return rc;
}

static int replace(const char *file, const struct bbk_url_change *changes,
		   size_t len, struct bbk_err *err)
{
	BBK_AUTO(str) content = BBK_STR_INIT;
	char *copy = bbk_strf("%s.bbkey-%ld", file, (long)getpid());
	struct stat st;
	int rc;

	rc = lstat(file, &st) < 0 ? bbk_file_failed(err, errno, "read", file) :
	     !S_ISREG(st.st_mode) ? bbk_file_failed(err, ELOOP, "read", file) :
	     bbk_file_read(&content, file, CONFIG_MAX, err);
	if (rc > 0)
		rc = bbk_file_failed(err, ENOENT, "read", file);
	if (!rc)
		rc = edit_copy(copy, &content, st.st_mode & 0777, changes, len,
			       err);
	if (!rc)
		rc = swap(copy, file, &content, err);
	(void)unlink(copy);
	free(copy);
	return rc;
}

int bbk_urls_replace(const char *file, const struct bbk_url_change *changes,
		     size_t len, struct bbk_err *err)
{
	sigset_t usual;
	int rc;

	bbk_hold_signals(&usual); /* they end us between two files */
	rc = replace(file, changes, len, err);
	(void)sigprocmask(SIG_SETMASK, &usual, NULL);
	return rc;
}
