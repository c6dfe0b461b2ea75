#include "store/splice.h"

#include <string.h>

void bbk_splice_release(struct bbk_splice *splice)
{
	bbk_str_release(&splice->was);
	bbk_str_release(&splice->now);
}

static bool begins_line(const struct bbk_str *text, size_t at)
{
	return !at || text->s[at - 1] == '\n';
}

static size_t same_in_front(const struct bbk_str *a, const struct bbk_str *b)
{
	size_t n = 0;

	while (n < a->len && n < b->len && a->s[n] == b->s[n])
		n++;
	while (!begins_line(a, n))
		n--;
	return n;
}

static size_t same_behind(const struct bbk_str *a, const struct bbk_str *b,
			  size_t front)
{
	size_t n = 0;

	while (n < a->len - front && n < b->len - front &&
	       a->s[a->len - n - 1] == b->s[b->len - n - 1])
		n++;
	while (n && !(begins_line(a, a->len - n) && begins_line(b, b->len - n)))
		n--;
	return n;
}

void bbk_splice_find(struct bbk_splice *splice, const struct bbk_str *before,
		     const struct bbk_str *after)
{
	size_t front = same_in_front(before, after);
	size_t behind = same_behind(before, after, front);

	bbk_str_reset(&splice->was);
	bbk_str_reset(&splice->now);
	bbk_str_addn(&splice->was, bbk_str_get(before) + front,
		     before->len - front - behind);
	bbk_str_addn(&splice->now, bbk_str_get(after) + front,
		     after->len - front - behind);
}

/* The only place of `now` in text, whole lines; -1: none, or several. */
static long only_place(const struct bbk_str *now, const struct bbk_str *text)
{
	long found = -1;

	for (size_t at = 0; at + now->len <= text->len; at++) {
		size_t end = at + now->len;

		if (!begins_line(text, at) ||
		    (end < text->len && !begins_line(text, end)) ||
		    memcmp(text->s + at, now->s, now->len) != 0)
			continue;
		if (found >= 0)
			return -1;
		found = (long)at;
	}
	return found;
}

/* The last line that opens a section, up to its ']'; "" where there is none. */
static void last_section(struct bbk_str *out, const struct bbk_str *lines)
{
	const char *line = bbk_str_get(lines);

	while (line) {
		const char *text = line + strspn(line, " \t");

		if (*text == '[') {
			bbk_str_reset(out);
			bbk_str_addn(out, text, strcspn(text, "]\n"));
		}
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
}

/* Does what follows open a section of its own, or is there nothing? */
static bool stands_alone(const char *behind)
{
	behind += strspn(behind, " \t\r\n");
	return !*behind || *behind == '[';
}

bool bbk_splice_undo(const struct bbk_splice *splice,
		     const struct bbk_str *text, struct bbk_str *out)
{
	BBK_AUTO(str) was = BBK_STR_INIT;
	BBK_AUTO(str) now = BBK_STR_INIT;
	const char *behind;
	long at;

	if (!splice->now.len)
		return false;
	at = only_place(&splice->now, text);
	if (at < 0)
		return false;
	behind = text->s + at + splice->now.len;
	last_section(&was, &splice->was);
	last_section(&now, &splice->now);
	if (strcmp(bbk_str_get(&was), bbk_str_get(&now)) != 0 &&
	    !stands_alone(behind))
		return false;
	bbk_str_reset(out);
	bbk_str_addn(out, text->s, (size_t)at);
	bbk_str_addn(out, bbk_str_get(&splice->was), splice->was.len);
	if (*behind && out->len && out->s[out->len - 1] != '\n')
		bbk_str_addc(out, '\n');
	bbk_str_add(out, behind);
	return true;
}
