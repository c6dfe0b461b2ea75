/*
 * How git-bbkey-ssh knows that the URL it serves was an https one.
 *
 * git carries https URLs over to ssh by insteadOf, and tells nobody.  For the
 * remotes that this happens to, core.sshCommand is therefore a link to
 * git-bbkey-ssh that lies in a folder of this name (core/automatic.h), and git
 * starts it by that path.
 *
 * It matters where ssh cannot be had: without us git would have gone over
 * https, and so it does then (core/overhttps.h).
 */
#ifndef BASE_CARRIED_H
#define BASE_CARRIED_H

#define BBK_CARRIED_FOLDER "https"
#define BBK_CARRIED_PROGRAM BBK_CARRIED_FOLDER "/git-bbkey-ssh"

#endif
