#include "git/pktline.h"

#include <string.h>

#define FLUSH "0000"
#define RESPONSE_END "0002"
#define HEAD 4

/* -1: these are no hex digits. */
static int length_of(const char head[HEAD])
{
	static const char digits[] = "0123456789abcdef";
	int length = 0;

	for (int i = 0; i < HEAD; i++) {
		const char *digit = head[i] ?
			strchr(digits, bbk_lower(head[i])) : NULL;

		if (!digit)
			return -1;
		length = length * 16 + (int)(digit - digits);
	}
	return length;
}

static bool is(const struct bbk_pktline *line, const char *special)
{
	return !memcmp(line->head, special, HEAD);
}

static enum bbk_pktline_state begin(struct bbk_pktline *line,
				    struct bbk_str *out)
{
	int length = length_of(line->head);
	bool up = line->way == BBK_PKTLINE_UP;

	line->have = 0;
	if (length < 0 || length == HEAD - 1)
		return BBK_PKTLINE_BROKEN;
	if (up && is(line, FLUSH) && !line->open)
		return BBK_PKTLINE_OVER;
	line->open = !is(line, FLUSH) && !is(line, RESPONSE_END);
	line->left = length > HEAD ? (size_t)length - HEAD : 0;
	if (up || !is(line, RESPONSE_END))
		bbk_str_addn(out, line->head, HEAD);
	return BBK_PKTLINE_ON;
}

enum bbk_pktline_state bbk_pktline_take(struct bbk_pktline *line,
					const char *bytes, size_t len,
					struct bbk_str *out)
{
	enum bbk_pktline_state state = BBK_PKTLINE_ON;

	while (len > 0 && state == BBK_PKTLINE_ON) {
		size_t n = line->left < len ? line->left : len;

		if (n > 0) {
			bbk_str_addn(out, bytes, n);
			line->left -= n;
		} else {
			n = 1;
			line->head[line->have++] = *bytes;
			if (line->have == HEAD)
				state = begin(line, out);
		}
		bytes += n;
		len -= n;
	}
	return state;
}

bool bbk_pktline_is_whole(const struct bbk_pktline *line)
{
	return !line->have && !line->left;
}
