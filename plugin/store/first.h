/*
 * What it takes to meet a host for the first time: enough to start ssh while
 * git-bbkey still finds out whether it may help, and how.
 *
 *	<state>/records/<host>:<port>/@first
 *
 * It is there where nobody has to be asked (auto = always) and the person has
 * no keys that would be tried first.  It decides nothing: ssh waits at the
 * gate (transport/help.h) until git-bbkey has agreed.
 */
#ifndef STORE_FIRST_H
#define STORE_FIRST_H

#include "base/err.h"
#include "base/str.h"

struct bbk_first {
	char *key;	      /* a private key that is there, or will be */
	char *known_hosts;    /* as in struct bbk_record */
	struct bbk_strv pins; /* "SHA256:...", one or more */
};

#define BBK_FIRST_INIT { NULL, NULL, BBK_STRV_INIT }

void bbk_first_release(struct bbk_first *first);

/* 1: there is none, or a damaged one. */
int bbk_first_read(struct bbk_first *first, const char *state,
		   const char *host, unsigned port, struct bbk_err *err)
	BBK_MUST_CHECK;
int bbk_first_save(const struct bbk_first *first, const char *state,
		   const char *host, unsigned port, struct bbk_err *err)
	BBK_MUST_CHECK;
void bbk_first_forget(const char *state, const char *host, unsigned port);

#endif
