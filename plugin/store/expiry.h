/*
 * Keys whose time is running out.
 *
 * A server may let an access key expire; neither the key nor the date can be
 * changed afterwards (Bitbucket Data Center 9.1, Managing keys), so what helps
 * is another key, in time.  From 14 days before, the transport says so: once a
 * day and key, because who reads it may be cron's mail.
 *
 *	<state>/expiry/<fingerprint>	modified today (UTC): it was said
 *
 * Best effort, no lock.  Two fetches in the same moment may both say it.  A
 * stamp of any other day, also of one to come (the clock was ahead once), is
 * none.  Where none can be written (a home that is read-only) it is said each
 * time: too often is better than never.
 */
#ifndef STORE_EXPIRY_H
#define STORE_EXPIRY_H

#include "base/str.h"
#include "store/record.h"

#include <stdint.h>

#define BBK_EXPIRY_NOTICE_DAYS 14

/*
 * Is it time to speak of this date?  *days from today then, negative when it
 * is over.  false: far away, NULL or no date.
 */
bool bbk_expiry_is_near(const char *expires, int64_t *days);

/*
 * Adds "expires in 3 days, on 2026-12-01", "expires tomorrow, on ...",
 * "expires today, on ...", "expired on ...".
 */
void bbk_expiry_describe(struct bbk_str *out, const char *expires,
			 int64_t days);

/*
 * Adds the line, and with `hints` the one below it, that a person is to see
 * before this record's key is used today; or nothing.  Notes that it was said.
 * Costs nothing where there is no date, or it is far away.
 */
void bbk_expiry_warn(struct bbk_str *out, const struct bbk_record *record,
		     const char *state, bool hints);

#endif
