/*
 * A server that drops a connection before it said who it is: it has too many
 * of them at the moment (sshd's MaxStartups).  Nobody has read or written
 * anything by then, so whoever is content to wait may come again.
 */
#ifndef BASE_DROP_H
#define BASE_DROP_H

#include <stdbool.h>
#include <stdint.h>

#define BBK_DROPS_MAX 3 /* times to come again */

/* Is that what ssh says with this line?  (OpenSSH 9.2) */
bool bbk_drop_is(const char *line);

/*
 * Milliseconds to wait after so many drops before (0, 1, ...): 200 to 400,
 * then twice that, and again; each process has a time of its own, so that
 * fifty that were turned away together do not come back together.
 */
int64_t bbk_drop_pause(int drops);

#endif
