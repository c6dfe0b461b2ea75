#include "core/moved.h"

#include <stdlib.h>
#include <string.h>

#include "base/cloud.h"
#include "git/urls.h"

static void url_release(struct bbk_moved_url *url)
{
	free(url->repository);
	free(url->file);
	free(url->key);
	free(url->from);
	free(url->to);
	bbk_err_release(&url->problem);
}

void bbk_moved_release(struct bbk_moved *found)
{
	for (size_t i = 0; i < found->len; i++)
		url_release(&found->v[i]);
	free(found->v);
	bbk_gitdirs_release(&found->gitdirs);
	bbk_strv_release(&found->refused);
	bbk_strv_release(&found->broken);
	*found = (struct bbk_moved)BBK_MOVED_INIT;
}

/* --- one URL ------------------------------------------------------------- */

static char *rebuilt(const struct bbk_url *old, const struct bbk_url *to)
{
	BBK_AUTO(url) url = BBK_URL_INIT;
	BBK_AUTO(str) text = BBK_STR_INIT;

	bbk_url_copy(&url, old);
	bbk_replace(&url.host, to->host);
	url.port = to->port;
	if (!url.scp_like || url.port != 22) {
		bbk_url_add_user(&text, &url);
	} else {
		if (url.user)
			bbk_str_addf(&text, "%s@", url.user);
		bbk_str_addf(&text, "%s:%s", url.host, url.path + 1);
	}
	return bbk_str_take(&text);
}

int bbk_moved_to(const char *text, const struct bbk_url *to, char **moved)
{
	BBK_AUTO(url) url = BBK_URL_INIT;
	BBK_AUTO(err) ignored = BBK_ERR_INIT;

	if (bbk_url_parse(&url, text, &ignored) < 0)
		return -1;
	if (url.scheme != BBK_SSH || !*url.path ||
	    !bbk_cloud_is_old(url.host, url.port))
		return 1;
	if (url.password)
		return -1;
	*moved = rebuilt(&url, to);
	return 0;
}

int bbk_moved_target(struct bbk_url *to, const struct bbk_config *config,
		     struct bbk_err *err)
{
	BBK_AUTO(strv) names = BBK_STRV_INIT;

	bbk_config_base_all(config, BBK_CLOUD_BASE, "ssh", &names);
	for (size_t i = 0; i < names.len; i++) {
		if (bbk_url_parse(to, names.v[i], err) < 0)
			return bbk_err_wrap(err, "bbkey." BBK_CLOUD_BASE
					    ".ssh");
		if (to->scheme == BBK_SSH &&
		    !bbk_cloud_is_old(to->host, to->port))
			return 0;
	}
	return bbk_url_parse(to, bbk_cloud_ssh[0], err);
}

/* --- finding ------------------------------------------------------------- */

static bool is_noted(const struct bbk_moved *found, const char *file,
		     const char *key, const char *from)
{
	for (size_t i = found->len; i-- > 0;) {
		const struct bbk_moved_url *url = &found->v[i];

		if (strcmp(url->file, file) != 0)
			return false;
		if (!strcmp(url->key, key) && !strcmp(url->from, from))
			return true;
	}
	return false;
}

static void note(struct bbk_moved *found, const char *gitdir, const char *file,
		 const char *key, const char *from, const char *to)
{
	if (found->len == found->cap) {
		found->cap = found->cap ? 2 * found->cap : 16;
		found->v = bbk_realloc(found->v,
				       found->cap * sizeof(*found->v));
	}
	found->v[found->len++] = (struct bbk_moved_url){
		.repository = bbk_gitdir_shown(gitdir),
		.file = bbk_strdup(file), .key = bbk_strdup(key),
		.from = bbk_strdup(from), .to = bbk_strdup(to),
		.state = BBK_MOVED_PLANNED, .problem = BBK_ERR_INIT,
	};
}

static void refuse(struct bbk_moved *found, const char *gitdir,
		   const char *key)
{
	char *repository = bbk_gitdir_shown(gitdir);

	bbk_strv_addf(&found->refused, "%s: %s", repository, key);
	free(repository);
}

static void look_into(struct bbk_moved *found, const char *gitdir,
		      const char *file, const struct bbk_url *to)
{
	BBK_AUTO(config) urls = BBK_CONFIG_INIT;
	BBK_AUTO(err) ignored = BBK_ERR_INIT;

	if (bbk_urls_read(&urls, file, BBK_CLOUD_WEB_HOST, &ignored) < 0) {
		bbk_strv_add(&found->broken, file);
		return;
	}
	for (size_t i = 0; i < urls.keys.len; i++) {
		const char *key = urls.keys.v[i], *from = urls.values.v[i];
		char *moved = NULL;
		int rc;

		if (is_noted(found, file, key, from))
			continue;
		rc = bbk_moved_to(from, to, &moved);
		if (!rc)
			note(found, gitdir, file, key, from, moved);
		else if (rc < 0)
			refuse(found, gitdir, key);
		free(moved);
	}
}

int bbk_moved_find(struct bbk_moved *found, const struct bbk_strv *folders,
		   const struct bbk_url *to, struct bbk_err *err)
{
	struct bbk_gitdirs *gitdirs = &found->gitdirs;

	for (size_t i = 0; i < folders->len; i++)
		if (bbk_gitdirs_find(gitdirs, folders->v[i], err) < 0)
			return -1;
	for (size_t i = 0; i < gitdirs->len; i++) {
		BBK_AUTO(strv) files = BBK_STRV_INIT;

		bbk_gitdir_configs(&gitdirs->v[i], &files);
		for (size_t j = 0; j < files.len; j++)
			look_into(found, gitdirs->v[i].path, files.v[j], to);
	}
	return 0;
}

/* --- rewriting ----------------------------------------------------------- */

/* How many from the first on are in the same file. */
static size_t of_one_file(const struct bbk_moved_url *v, size_t len)
{
	size_t n = 1;

	while (n < len && !strcmp(v[n].file, v[0].file))
		n++;
	return n;
}

static void rewrite_file(struct bbk_moved_url *v, size_t len)
{
	struct bbk_url_change *changes = bbk_alloc(len * sizeof(*changes));
	BBK_AUTO(err) err = BBK_ERR_INIT;
	int rc;

	for (size_t i = 0; i < len; i++)
		changes[i] = (struct bbk_url_change){ v[i].key, v[i].from,
						      v[i].to };
	rc = bbk_urls_replace(v[0].file, changes, len, &err);
	for (size_t i = 0; i < len; i++) {
		v[i].state = rc < 0 ? BBK_MOVED_FAILED : BBK_MOVED_DONE;
		if (rc < 0)
			bbk_err_set(&v[i].problem, err.class, "%s", err.what);
		if (rc < 0 && err.hint)
			bbk_err_hint(&v[i].problem, "%s", err.hint);
	}
	free(changes);
}

void bbk_moved_rewrite(struct bbk_moved *found)
{
	for (size_t i = 0, n; i < found->len; i += n) {
		n = of_one_file(&found->v[i], found->len - i);
		rewrite_file(&found->v[i], n);
	}
}

/* --- counting ------------------------------------------------------------ */

size_t bbk_moved_count(const struct bbk_moved *found,
		       enum bbk_moved_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < found->len; i++)
		count += found->v[i].state == state;
	return count;
}

size_t bbk_moved_repositories(const struct bbk_moved *found,
			      enum bbk_moved_state state)
{
	const char *last = NULL;
	size_t count = 0;

	for (size_t i = 0; i < found->len; i++) {
		if (found->v[i].state != state ||
		    bbk_same(last, found->v[i].repository))
			continue;
		last = found->v[i].repository;
		count++;
	}
	return count;
}
