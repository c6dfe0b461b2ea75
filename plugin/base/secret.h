/*
 * A secret: wiped when released, never printed.
 *
 * There is no way to format one.  Its bytes are handed to the one place that
 * needs them (an HTTP header, a child's standard input) by
 * bbk_secret_bytes(); they must not be copied into anything but another
 * secret.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/attr.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct bbk_secret {
	char *bytes; /* NUL-terminated */
	size_t len;
};

#define BBK_SECRET_INIT { NULL, 0 }

void bbk_secret_release(struct bbk_secret *secret);
bool bbk_secret_is_set(const struct bbk_secret *secret);
const char *bbk_secret_bytes(const struct bbk_secret *secret);
void bbk_secret_set(struct bbk_secret *secret, const char *bytes, size_t len);
/* Moves: `to` is released first, `from` is empty afterwards. */
void bbk_secret_move(struct bbk_secret *to, struct bbk_secret *from);

/* Overwrites memory in a way that the compiler keeps. */
void bbk_wipe(void *p, size_t len);

/* True if it may be sent as Bearer: [A-Za-z0-9._~+/=:-]{1,4096}. */
bool bbk_secret_is_token(const struct bbk_secret *secret);

/*
 * Eight hex digits that tell one token from the next and give neither away;
 * the caller frees.
 */
char *bbk_secret_mark(const struct bbk_secret *secret);

/*
 * A token or password as a file or a program prints it: one final LF is taken
 * off, nothing else.  Empty, longer than 4096 bytes, or a control character
 * anywhere (CR LF would inject an HTTP header): refused, class auth, with
 * `source` in the sentence and never the value.
 */
int bbk_secret_from_text(struct bbk_secret *secret, const char *bytes,
			 size_t len, const char *source, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
