/*
 * The token that `git bbkey login` gave to git's credential helpers: enough to
 * know it again, and nothing that is secret.
 *
 *	<state>/logins/<as in store/instance.h>
 */
#ifndef STORE_LOGIN_H
#define STORE_LOGIN_H

#include "base/err.h"
#include "base/url.h"

#include <stdbool.h>

struct bbk_login_note {
	char *mark; /* bbk_secret_mark() of the token */
	char *name; /* the user name that the helpers keep it under */
	char *user; /* the one that goes with it in REST; NULL: Bearer */
	bool apart; /* kept where git's own requests do not find it */
};

#define BBK_LOGIN_NOTE_INIT { NULL, NULL, NULL, false }

void bbk_login_note_release(struct bbk_login_note *note);
/* 1: nobody has logged in. */
int bbk_login_note_read(struct bbk_login_note *note, const char *state,
			const struct bbk_url *base, struct bbk_err *err)
	BBK_MUST_CHECK;
int bbk_login_note_save(const struct bbk_login_note *note, const char *state,
			const struct bbk_url *base, struct bbk_err *err)
	BBK_MUST_CHECK;
void bbk_login_note_forget(const char *state, const struct bbk_url *base);

#endif
