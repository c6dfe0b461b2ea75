/*
 * The person's web browser.
 *
 * $BROWSER, where it is one program; else `open` on macOS and xdg-open where
 * there is a display.  It gets the URL as its one argument; no shell.
 */
#ifndef BASE_BROWSER_H
#define BASE_BROWSER_H

#include "base/clock.h"
#include "base/err.h"

/*
 * Opens an https URL that base/url.h takes, as it rebuilds it; class
 * not-bitbucket for any other, and then nothing is run.  A browser that is
 * still there after three seconds is left to itself.  Class local, with the
 * URL in the hint, where there is none or it fails.
 */
int bbk_browser_open(const char *url, struct bbk_clock *clock,
		     struct bbk_err *err) BBK_MUST_CHECK;

#endif
