/*
 * What every program of ours does first.
 */
#ifndef BASE_START_H
#define BASE_START_H

/*
 * Opens /dev/null on 0, 1 and 2 where the parent left them closed, so that no
 * file of ours gets one of those numbers; and sees to it that the status of a
 * child can be had, whatever the parent did to SIGCHLD.
 */
void bbk_start_streams(void);

/*
 * Ignores SIGPIPE and SIGXFSZ (a failed write is an error, not a death), keeps
 * secrets out of core dumps, makes files that only we can read.  For programs
 * that do work themselves, not for one that hands over.
 */
void bbk_start_careful(void);

#endif
