/*
 * Our side of the talk with git-bbkey-ssh that transport/help.h has.
 */
#ifndef CORE_TALK_H
#define CORE_TALK_H

#include "core/meeting.h"

#include <sys/types.h>

struct bbk_talk {
	struct bbk_offer offer; /* to whoever runs ssh */
	int in;			/* borrowed, both */
	int out;
	pid_t git;		/* whose end is the end of it; 0: nobody's */
	int status;		/* then: what it ended with */
	struct bbk_str heard;
};

void bbk_talk_init(struct bbk_talk *talk, int in, int out);
void bbk_talk_release(struct bbk_talk *talk);

/*
 * One line: "plain", "ready", "fresh", "stop 6", "over".  Whoever does not
 * listen any more is no error.
 */
void bbk_talk_say(struct bbk_talk *talk, const char *line);

#endif
