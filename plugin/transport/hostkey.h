/*
 * git-bbkey-ssh as ssh's KnownHostsCommand: checks a host key against pins,
 * inside the real connection.
 *
 *	git-bbkey-ssh --host-key <seen> %I %H %t %K %f <pin>...
 */
#ifndef TRANSPORT_HOSTKEY_H
#define TRANSPORT_HOSTKEY_H

/*
 * Writes the key that the server shows into the file <seen>; prints the line
 * that known hosts would have, if its fingerprint is one of the pins.  The
 * exit status; 0 also where nothing is printed: ssh then decides alone.
 */
int bbk_hostkey_answer(int argc, char *const *argv);

#endif
