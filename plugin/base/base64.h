/*
 * Base64, RFC 4648 section 4, in one line.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/str.h"

extern const char bbk_base64_digits[]; /* 64, and a NUL */

/* Adds it without '=' at the end, as in a fingerprint. */
void bbk_base64(struct bbk_str *out, const void *bytes, size_t len);
/* Adds it whole. */
void bbk_base64_padded(struct bbk_str *out, const void *bytes, size_t len);

#endif
