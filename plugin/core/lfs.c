#include "core/lfs.h"

#include <string.h>

#include "git/worktree.h"

#define BLANKS " \t\r"

/* The length of the pattern, which may be in quotes with blanks in it. */
static size_t pattern_len(const char *line, size_t len)
{
	size_t i = 1;

	if (line[0] != '"') {
		for (i = 0; i < len && !strchr(BLANKS, line[i]); i++)
			;
		return i;
	}
	for (; i < len && line[i] != '"'; i++)
		i += line[i] == '\\';
	return i < len ? i + 1 : len;
}

static bool line_uses_lfs(const char *line, size_t len)
{
	static const char wanted[] = "filter=lfs";
	size_t i = 0, word;

	while (i < len && strchr(BLANKS, line[i]))
		i++;
	if (i == len || line[i] == '#')
		return false;
	for (i += pattern_len(line + i, len - i); i < len; i += word) {
		while (i < len && strchr(BLANKS, line[i]))
			i++;
		for (word = 0; i + word < len &&
			       !strchr(BLANKS, line[i + word]); word++)
			;
		if (word == strlen(wanted) &&
		    !strncmp(line + i, wanted, word))
			return true;
	}
	return false;
}

bool bbk_lfs_in_attributes(const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t line = (size_t)((stop ? stop : end) - text);

		if (line_uses_lfs(text, line))
			return true;
		text += line + 1;
	}
	return false;
}

enum bbk_lfs_served bbk_lfs_served(const struct bbk_edition *edition,
				   enum bbk_scope scope)
{
	if (!edition->is_cloud) /* its ssh is the same for every key */
		return BBK_LFS_UNKNOWN;
	return scope == BBK_SCOPE_PERSONAL ? BBK_LFS_YES : BBK_LFS_NO;
}

void bbk_lfs_look(struct bbk_lfs *lfs, const struct bbk_edition *edition,
		  enum bbk_scope scope)
{
	BBK_AUTO(repo) repo = BBK_REPO_INIT;
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	BBK_AUTO(str) text = BBK_STR_INIT;

	*lfs = (struct bbk_lfs){ .looked = bbk_repo_open(&repo,
							 &ignored) == 0 };
	if (!lfs->looked)
		return;
	bbk_worktree_attributes(&repo, &text);
	lfs->used = bbk_lfs_in_attributes(bbk_str_get(&text), text.len);
	lfs->served = bbk_lfs_served(edition, scope);
}
