/*
 * One direction of a connection in git's protocol version 2, packet by packet:
 * gitprotocol-common(5), gitprotocol-v2(5).
 *
 * A packet has its length in front, in four hex digits that count themselves;
 * "0000" ends a request or an answer, "0001" is a mark within one, and "0002"
 * stands behind each answer where the server is reached by single requests
 * (`git remote-https`, stateless-connect) and nowhere else.
 */
#ifndef GIT_PKTLINE_H
#define GIT_PKTLINE_H

#include "base/str.h"

#include <stdbool.h>

enum bbk_pktline_way {
	BBK_PKTLINE_UP,	  /* requests: an empty one ends the connection */
	BBK_PKTLINE_DOWN, /* answers: "0002" is not for git */
};

struct bbk_pktline {
	enum bbk_pktline_way way;
	char head[4];	/* a length, as far as it is there */
	size_t have;	/* of its digits */
	size_t left;	/* bytes of a packet that are still to come */
	bool open;	/* a request, or an answer, has begun */
};

enum bbk_pktline_state {
	BBK_PKTLINE_ON,
	BBK_PKTLINE_OVER,   /* git has ended it: what comes then is not read */
	BBK_PKTLINE_BROKEN, /* that was no packet */
};

/*
 * Takes bytes as they come, and adds to out what is to be passed on: the same
 * bytes, but for lengths that are not complete yet, and for what the way leaves
 * out.  At most len + 3 bytes.
 */
enum bbk_pktline_state bbk_pktline_take(struct bbk_pktline *line,
					const char *bytes, size_t len,
					struct bbk_str *out);

/* Is it between two packets? */
bool bbk_pktline_is_whole(const struct bbk_pktline *line);

#endif
