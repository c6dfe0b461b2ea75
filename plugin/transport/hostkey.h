/*
 * git-bbkey-ssh as ssh's KnownHostsCommand: checks a host key against pins,
 * inside the real connection.
 *
 *	git-bbkey-ssh --host-key %I %H %t %K %f <pin>...
 *	git-bbkey-ssh --gate <nonce> %I %H %t %K %f <pin>...
 *
 * Both print the line that known hosts would have, if the fingerprint of the
 * key that the server shows is one of the pins.  Both say on standard error,
 * which is ssh's, what that key is.
 */
#ifndef TRANSPORT_HOSTKEY_H
#define TRANSPORT_HOSTKEY_H

/*
 * "git-bbkey host key: %H %t %K %f" (ssh/verdict.c).  The exit status; 0 also
 * where nothing is printed: ssh then decides alone.
 */
int bbk_hostkey_answer(int argc, char *const *argv);

/*
 * "git-bbkey gate <nonce> yes|no %H %t %K %f", then waits for a '+' to come out
 * of standard error, which is a socket (transport/watch.c).  ssh waits, too.
 * Nothing is printed where it does not come: ssh is about to be killed.
 */
#define BBK_GATE_SAYS "git-bbkey gate "
int bbk_hostkey_gate(int argc, char *const *argv);

#endif
