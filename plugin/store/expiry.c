#include "store/expiry.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/date.h"
#include "base/file.h"
#include "base/text.h"

bool bbk_expiry_is_near(const char *expires, int64_t *days)
{
	int64_t left;

	if (bbk_date_left(expires, &left) < 0 ||
	    left > BBK_EXPIRY_NOTICE_DAYS)
		return false;
	*days = left;
	return true;
}

void bbk_expiry_describe(struct bbk_str *out, const char *expires,
			 int64_t days)
{
	if (days < 0)
		bbk_str_add(out, "expired");
	else if (days == 0)
		bbk_str_add(out, "expires today,");
	else if (days == 1)
		bbk_str_add(out, "expires tomorrow,");
	else
		bbk_str_addf(out, "expires in %lld days,", (long long)days);
	bbk_str_addf(out, " on %s", expires);
}

/* --- what was said today ------------------------------------------------ */

/* A fingerprint has '/' in it; a key without one goes by its file's name. */
static char *stamp_of(const struct bbk_record *record, const char *state)
{
	const char *slash = strrchr(record->key, '/');
	char *name = bbk_strdup(record->fingerprint ? record->fingerprint :
				slash ? slash + 1 : record->key);
	char *path;

	for (char *c = name; *c; c++)
		if (!bbk_is_alnum(*c))
			*c = '_';
	path = bbk_strf("%s/expiry/%s", state, name);
	free(name);
	return path;
}

static bool was_said(const char *stamp)
{
	struct stat st;

	return lstat(stamp, &st) == 0 &&
	       bbk_date_of_seconds(st.st_mtime) == bbk_date_today();
}

/* By our clock, whatever a file server's says. */
static void note_said(const char *stamp)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	struct timespec now = { .tv_sec = time(NULL) };
	struct timespec times[] = { now, now };
	int fd;

	if (bbk_make_parents(stamp, &ignored) < 0)
		return;
	fd = open(stamp, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
			 O_NONBLOCK, 0600);
	if (fd < 0)
		return;
	(void)futimens(fd, times);
	(void)close(fd);
}

/* --- saying it ------------------------------------------------------------ */

static void add_place(struct bbk_str *out, const struct bbk_record *record)
{
	BBK_AUTO(str) place = BBK_STR_INIT;
	const char *owner = record->workspace ? record->workspace :
						record->project;

	if (record->scope == BBK_SCOPE_PERSONAL || !owner)
		bbk_str_add(&place, "your account");
	else if (record->scope == BBK_SCOPE_REPO && record->repo)
		bbk_str_addf(&place, "repository %s/%s", owner, record->repo);
	else if (!record->project)
		bbk_str_addf(&place, "workspace %s", owner);
	else
		bbk_str_addf(&place, "project %s", record->project);
	bbk_scrub(out, bbk_str_get(&place), place.len, BBK_SCRUB_MAX);
}

static void add_hint(struct bbk_str *out, const struct bbk_record *record)
{
	bbk_str_add(out, "hint: for another one, run here: git bbkey init "
			 "--new-key");
	bbk_str_add(out, bbk_scope_option(record->scope));
	if (record->write && record->scope != BBK_SCOPE_PERSONAL)
		bbk_str_add(out, " --write");
	bbk_str_addc(out, '\n');
}

void bbk_expiry_warn(struct bbk_str *out, const struct bbk_record *record,
		     const char *state, bool hints)
{
	int64_t days;
	char *stamp;

	if (!record->key || !bbk_expiry_is_near(record->expires, &days))
		return;
	stamp = stamp_of(record, state);
	if (!was_said(stamp)) {
		note_said(stamp);
		bbk_str_add(out, "git-bbkey: the key of this machine for ");
		add_place(out, record);
		bbk_str_addc(out, ' ');
		bbk_expiry_describe(out, record->expires, days);
		bbk_str_addc(out, '\n');
		if (hints)
			add_hint(out, record);
	}
	free(stamp);
}
