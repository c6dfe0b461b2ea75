/*
 * What a person can do instead, or is to decide first: where a key reaches,
 * and who may put it there.  Asked on a terminal only; a script gets what it
 * asked for, or an error that names the command.
 */
#ifndef CORE_CHOICE_H
#define CORE_CHOICE_H

#include "core/setup.h"

enum bbk_choice {
	BBK_CHOICE_STOP,     /* nothing: the error is the answer */
	BBK_CHOICE_REQUEST,  /* write the request, then wait */
	BBK_CHOICE_REPO,     /* the repository alone */
	BBK_CHOICE_PERSONAL, /* the person's own account */
	BBK_CHOICE_PASTE, /* the same, by the person's own hands; then wait */
};

#define BBK_CHOICES_MAX 4

/*
 * What is left after err, the best first, STOP last; how many.  0: err has
 * nothing to do with rights or tokens.  Pure.
 */
size_t bbk_choices_after(const struct bbk_setup *setup,
			const struct bbk_err *err,
			enum bbk_choice left[BBK_CHOICES_MAX]);

/* Says what is wrong and asks which of them it is to be. */
int bbk_choice_ask(const struct bbk_setup *setup, const struct bbk_err *why,
		     enum bbk_choice *chosen, struct bbk_err *err)
	BBK_MUST_CHECK;

/* " --write --expires 90": the same terms again, but for the scope and the */
/* key; the caller frees. */
char *bbk_choice_options(const struct bbk_setup *setup);

/* "git bbkey request --scope repo <url>": the same wish.  The caller frees. */
char *bbk_choice_request(const struct bbk_setup *setup);

/* There is no token: what to do with one, and what to do without. */
int bbk_choice_hint(const struct bbk_setup *setup, struct bbk_err *err);

/*
 * --write for a scope whose keys can only read: on a terminal the account is
 * offered, and becomes the scope.
 */
int bbk_choice_to_push(struct bbk_setup *setup,
		       struct bbk_err *err) BBK_MUST_CHECK;

/*
 * On Cloud, where what a key may do depends on where it is registered: asks
 * what it is for, unless the person has said, and sets the scope.
 */
int bbk_choice_of_purpose(struct bbk_setup *setup, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
