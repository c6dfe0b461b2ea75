/*
 * The clipboard of the person in front of the screen.
 *
 * The first of these that is there and does it:
 *
 *	pbcopy			macOS
 *	wl-copy			$WAYLAND_DISPLAY is set
 *	xclip, xsel		$DISPLAY is set
 *	OSC 52 to /dev/tty	the terminal itself, through ssh, too
 *
 * Whatever is put there can be read by every program of that person: a public
 * key may be, a secret never.
 */
#ifndef BASE_CLIPBOARD_H
#define BASE_CLIPBOARD_H

#include "base/err.h"
#include "base/str.h"

/* The most that is put there: what terminals take of an OSC 52 (hterm). */
#define BBK_CLIPBOARD_MAX 74994

/*
 * *program is the one that took it, a string of ours; NULL: the terminal was
 * asked to, which gives no answer, so it is not known whether it did.  Class
 * local where there is nothing to ask, or the text is too long.
 */
int bbk_clipboard_put(const char *text, const char **program,
		      struct bbk_err *err) BBK_MUST_CHECK;

/*
 * Adds the bytes that ask the terminal; inside tmux ($TMUX) or GNU screen
 * ($STY) wrapped, so that they reach the terminal around it.
 */
void bbk_clipboard_ask_terminal(struct bbk_str *out, const char *text);

#endif
