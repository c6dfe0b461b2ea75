#include "core/key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

#define NAMES_MAX 9
#define MARK "bbkey "
#define PUBLIC_MAX 16384

void bbk_key_release(struct bbk_key *key)
{
	free(key->path);
	free(key->line);
	bbk_pubkey_release(&key->public);
	bbk_key_facts_release(&key->facts);
	key->path = key->line = NULL;
	key->agent = key->fresh = false;
}

/* Fills the key from a public key line. */
static int set_line(struct bbk_key *key, const char *line, struct bbk_err *err)
{
	if (bbk_pubkey_parse(&key->public, line, strlen(line), err) < 0)
		return -1;
	free(key->line);
	key->line = bbk_strf("%s %s%s%s", key->public.type, key->public.blob,
			     *key->public.comment ? " " : "",
			     key->public.comment);
	return bbk_keygen_describe(key->line, &key->facts, err);
}

static bool is_marked(const struct bbk_str *line)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(pubkey) public = BBK_PUBKEY_INIT;

	return bbk_pubkey_parse(&public, bbk_str_get(line), line->len,
				&ignored) == 0 &&
	       bbk_begins(public.comment, MARK);
}

/*
 * The private key decides; its public file only counts for a key with a
 * passphrase, which ssh-keygen cannot look into.
 */
static int read_public(struct bbk_key *key, const struct bbk_keydir *dir,
		       const char *name, struct bbk_err *err)
{
	BBK_AUTO(str) derived = BBK_STR_INIT;
	BBK_AUTO(str) beside = BBK_STR_INIT;
	int rc = bbk_keygen_public(key->path, &derived, err);

	if (rc < 0 || bbk_keydir_check(dir, name, err) < 0)
		return -1;
	if (bbk_keyfile_read_public(dir, name, &beside, err) < 0)
		return -1;
	key->agent = rc == 1;
	if (key->agent && !beside.len)
		return bbk_err_set(err, BBK_E_KEYFILE,
				   "'%s' has a passphrase and no public key "
				   "beside it", key->path);
	return set_line(key, key->agent ? bbk_str_get(&beside) :
					  bbk_str_get(&derived), err);
}

enum verdict {
	USABLE,
	FREE,	  /* nothing there */
	WRECK,	  /* ours once, no key now */
	ANOTHERS, /* leave it alone, take the next name */
	UNUSABLE, /* err says why */
};

static enum verdict refuse(const struct bbk_key *key, const char *why,
			   const char *mend, struct bbk_err *err)
{
	char *shown = bbk_scrubbed(key->path);

	bbk_err_set(err, BBK_E_KEYFILE, "the key file '%s' %s", shown, why);
	bbk_err_hint(err, "%s '%s'", mend, shown);
	free(shown);
	return UNUSABLE;
}

static enum verdict look_inside(struct bbk_key *key,
				const struct bbk_keydir *dir, const char *name,
				struct bbk_err *err)
{
	BBK_AUTO(err) why = BBK_ERR_INIT;
	BBK_AUTO(str) beside = BBK_STR_INIT;
	bool marked;

	if (bbk_keyfile_read_public(dir, name, &beside, err) < 0)
		return UNUSABLE;
	marked = is_marked(&beside);
	if (read_public(key, dir, name, &why) < 0)
		return marked ? WRECK : ANOTHERS;
	return marked || bbk_begins(key->public.comment, MARK) ? USABLE :
								 ANOTHERS;
}

/*
 * No private key: a public half of ours that lost it is in the way of a new
 * pair; somebody else's keeps its name.
 */
static enum verdict judge_free(const struct bbk_keydir *dir, const char *name,
			       struct bbk_err *err)
{
	BBK_AUTO(str) line = BBK_STR_INIT;
	int rc = bbk_keyfile_read_public(dir, name, &line, err);

	if (rc < 0)
		return UNUSABLE;
	return rc == 0 && line.len && !is_marked(&line) ? ANOTHERS : FREE;
}

static enum verdict judge(struct bbk_key *key, const struct bbk_keydir *dir,
			  const char *name, struct bbk_err *err)
{
	BBK_AUTO(str) beside = BBK_STR_INIT;

	switch (bbk_keyfile_state(dir, name)) {
	case BBK_KEYFILE_NONE:
		return judge_free(dir, name, err);
	case BBK_KEYFILE_STRANGE:
		return refuse(key, "is not a file of yours",
			      "choose a key with --key <path>, or move away",
			      err);
	case BBK_KEYFILE_OPEN:
		return refuse(key, "can be read by other users, so ssh will "
			      "not use it", "run: chmod 600", err);
	case BBK_KEYFILE_EMPTY:
		if (bbk_keyfile_read_public(dir, name, &beside, err) < 0)
			return UNUSABLE;
		return is_marked(&beside) ? WRECK : ANOTHERS;
	default:
		return look_inside(key, dir, name, err);
	}
}

/* Leaves key->path and *name at the first name that is usable or free. */
static enum verdict search(struct bbk_key *key, const struct bbk_keydir *dir,
			   const char *wanted, char **name,
			   struct bbk_err *err)
{
	for (int i = 1; i <= NAMES_MAX; i++) {
		enum verdict verdict;

		free(*name);
		*name = i == 1 ? bbk_strdup(wanted) :
				 bbk_strf("%s_%d", wanted, i);
		free(key->path);
		key->path = bbk_strf("%s/%s", dir->path, *name);
		verdict = judge(key, dir, *name, err);
		if (verdict != ANOTHERS)
			return verdict;
	}
	return refuse(key, "and its eight neighbours are not ours",
		      "choose a key with --key <path>, or move away", err);
}

static int find_given(struct bbk_key *key, const char *path,
		      struct bbk_err *err)
{
	BBK_AUTO(str) line = BBK_STR_INIT;
	char *public;
	struct stat st;
	int rc;

	key->path = realpath(path, NULL);
	if (!key->path || stat(key->path, &st) < 0)
		return bbk_err_errno(err, BBK_E_KEYFILE, errno,
				     "cannot use the key '%s'", path);
	if (!S_ISREG(st.st_mode)) {
		refuse(key, "is not a regular file",
		       "give --key the path of a private key, not of", err);
		return -1;
	}
	if (st.st_mode & 077) {
		refuse(key, "can be read by other users, so ssh will not use "
		       "it", "run: chmod 600", err);
		return -1;
	}
	rc = bbk_keygen_public(key->path, &line, err);
	if (rc < 0)
		return -1;
	key->agent = rc == 1;
	if (key->agent) {
		public = bbk_strf("%s.pub", key->path);
		rc = bbk_file_read(&line, public, PUBLIC_MAX, err);
		free(public);
		if (rc)
			return bbk_err_set(err, BBK_E_KEYFILE,
					   "'%s' has a passphrase and no "
					   "public key beside it", path);
	}
	return set_line(key, bbk_str_get(&line), err);
}

/* A folder that is not there yet has no keys; it is not made for looking. */
static bool folder_exists(const struct bbk_env *env)
{
	struct stat st;

	return lstat(env->paths.ssh, &st) == 0;
}

const char *bbk_key_our_name(const struct bbk_env *env, const char *path)
{
	size_t len = strlen(env->paths.ssh);

	return bbk_begins(path, env->paths.ssh) &&
			       bbk_begins(path + len, "/bbkey_") ?
		       path + len + 1 : NULL;
}

void bbk_key_wish_recorded(struct bbk_key_wish *wish, const struct bbk_env *env,
			   const char *path)
{
	const char *name = bbk_key_our_name(env, path);

	if (name)
		wish->name = name;
	else
		wish->path = path;
}

int bbk_key_find(struct bbk_key *key, const struct bbk_env *env,
		 const struct bbk_key_wish *wish, struct bbk_err *err)
{
	BBK_AUTO(keydir) dir = BBK_KEYDIR_INIT;
	BBK_AUTO(key) found = BBK_KEY_INIT;
	char *name = NULL;
	enum verdict verdict = USABLE;

	if (wish->path) {
		if (find_given(&found, wish->path, err) < 0)
			return -1;
	} else {
		if (!folder_exists(env)) {
			free(key->path);
			key->path = bbk_strf("%s/%s", env->paths.ssh,
					     wish->name);
			return 1;
		}
		if (bbk_keydir_open(&dir, env->paths.home, err) < 0)
			return -1;
		verdict = search(&found, &dir, wish->name, &name, err);
		free(name);
	}
	if (verdict == UNUSABLE)
		return -1;
	if (verdict != USABLE) {
		bbk_replace(&key->path, found.path);
		return 1;
	}
	bbk_key_release(key);
	*key = found;
	found = (struct bbk_key)BBK_KEY_INIT;
	return 0;
}

/* 1: somebody else's key has appeared under that name meanwhile. */
static int generate(struct bbk_key *key, struct bbk_keydir *dir,
		    const char *name, const struct bbk_key_wish *wish,
		    struct bbk_err *err)
{
	BBK_AUTO(str) line = BBK_STR_INIT;
	char *temp = NULL;
	int rc;

	if (bbk_keydir_begin(dir, &temp, err) < 0)
		return -1;
	rc = bbk_keygen_make(temp, wish->type, wish->comment,
			     wish->passphrase, err);
	if (!rc && bbk_keygen_public(temp, &line, err) < 0)
		rc = -1; /* not a key that anybody could use */
	free(temp);
	if (!rc)
		rc = bbk_keydir_commit(dir, name, err);
	return rc ? rc : read_public(key, dir, name, err);
}

/* A public half that got lost, or is another key's, is derived again. */
static int mend_public(const struct bbk_key *key, struct bbk_keydir *dir,
		       const char *name, struct bbk_err *err)
{
	BBK_AUTO(str) line = BBK_STR_INIT;
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(pubkey) beside = BBK_PUBKEY_INIT;
	int rc = bbk_keyfile_read_public(dir, name, &line, err);

	if (rc < 0)
		return -1;
	if (rc == 0 && bbk_pubkey_parse(&beside, bbk_str_get(&line), line.len,
					&ignored) == 0 &&
	    !strcmp(beside.blob, key->public.blob))
		return 0;
	bbk_str_reset(&line);
	bbk_str_addf(&line, "%s\n", key->line);
	return bbk_keyfile_write_public(dir, name, bbk_str_get(&line), err);
}

static int find_or_generate(struct bbk_key *key, struct bbk_keydir *dir,
			    const struct bbk_key_wish *wish,
			    struct bbk_err *err)
{
	char *name = NULL;
	enum verdict verdict = search(key, dir, wish->name, &name, err);
	int rc = verdict == UNUSABLE ? -1 : 0;

	if (verdict == WRECK)
		rc = bbk_keyfile_move_aside(dir, name, "corrupt", err);
	if (!rc && verdict == USABLE)
		rc = mend_public(key, dir, name, err);
	else if (!rc) {
		rc = generate(key, dir, name, wish, err);
		key->fresh = rc == 0;
	}
	free(name);
	return rc;
}

int bbk_key_make(struct bbk_key *key, const struct bbk_env *env,
		 const struct bbk_key_wish *wish, struct bbk_err *err)
{
	BBK_AUTO(keydir) dir = BBK_KEYDIR_INIT;
	BBK_AUTO(key) made = BBK_KEY_INIT;
	int rc;

	if (bbk_keydir_open(&dir, env->paths.home, err) < 0)
		return -1;
	rc = find_or_generate(&made, &dir, wish, err);
	if (rc > 0) /* where nothing can be locked, link() says who was first */
		rc = find_or_generate(&made, &dir, wish, err);
	if (rc > 0)
		rc = bbk_err_set(err, BBK_E_KEYFILE,
				 "the key '%s' comes and goes; try again",
				 wish->name);
	if (rc < 0)
		return -1;
	bbk_key_release(key);
	*key = made;
	made = (struct bbk_key)BBK_KEY_INIT;
	return 0;
}

/* Quotes would keep the shell from seeing what "~" is. */
char *bbk_key_unlock(const struct bbk_key *key, const char *home)
{
	char *quoted = bbk_shell_quoted(key->path ? key->path : "");
	char *shown = bbk_path_shown(key->path ? key->path : "", home);
	char *command = bbk_strf("ssh-add%s%s", key->path ? " " : "",
				 !key->path ? "" :
				 quoted[0] == '\'' ? quoted : shown);

	free(quoted);
	free(shown);
	return command;
}

void bbk_key_discard(const struct bbk_key *key)
{
	char *public;

	if (!key->fresh)
		return;
	public = bbk_strf("%s.pub", key->path);
	(void)unlink(key->path);
	(void)unlink(public);
	free(public);
}

int bbk_key_retire(const struct bbk_key *key, const struct bbk_env *env,
		   struct bbk_err *err)
{
	BBK_AUTO(keydir) dir = BBK_KEYDIR_INIT;
	const char *name = bbk_key_our_name(env, key->path);

	if (!name) {
		bbk_err_set(err, BBK_E_KEYFILE, "the key '%s' has expired",
			    key->path);
		return bbk_err_hint(err, "give another one: git bbkey init "
					 "--key <path>, or let one be made: "
					 "git bbkey init --new-key");
	}
	if (bbk_keydir_open(&dir, env->paths.home, err) < 0)
		return -1;
	return bbk_keyfile_move_aside(&dir, name, "expired", err);
}
