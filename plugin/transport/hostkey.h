/*
 * git-bbkey-ssh as ssh's KnownHostsCommand: checks a host key against pins,
 * inside the real connection.
 *
 *	git-bbkey-ssh --host-key %I %H %t %K %f <pin>...
 */
#ifndef TRANSPORT_HOSTKEY_H
#define TRANSPORT_HOSTKEY_H

/*
 * Prints the line that known hosts would have, if the fingerprint of the key
 * that the server shows is one of the pins; says on standard error, which is
 * ssh's, what that key is ("git-bbkey host key: %H %t %K %f", ssh/client.c).
 * The exit status; 0 also where nothing is printed: ssh then decides alone.
 */
int bbk_hostkey_answer(int argc, char *const *argv);

#endif
