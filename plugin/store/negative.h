/*
 * The negative cache: what could not be helped a moment ago, so that a
 * thousand submodules do not cause a thousand probes.
 *
 *	<state>/refused/<host>:<port>/@host		the whole host
 *	<state>/refused/<host>:<port>/<project>		one project
 *
 * and the same with "@submodules" behind for URLs out of .gitmodules, for
 * which the rules are other ones.  One holds for 60 s, and only within the
 * command that met it (its process group, and a token in the environment or
 * none): who runs the next command may have mended what was wrong.
 */
#ifndef STORE_NEGATIVE_H
#define STORE_NEGATIVE_H

#include "base/paths.h"
#include "store/record.h"

struct bbk_negative {
	struct bbk_place place; /* place.project NULL: the whole host */
	bool submodule;
	bool token;		/* BBKEY_TOKEN was given */
};

/* Is there one for the project, or for its host? */
bool bbk_negative_holds(const struct bbk_negative *negative, const char *state);
/* Best effort: where it cannot be written, the next one asks again. */
void bbk_negative_note(const struct bbk_negative *negative, const char *state);

/*
 * What the configuration does not have for a host, so that it need not be read:
 *
 *	<state>/refused/<host>:<port>/@nobody	for a day
 *	<state>/refused/<host>:<port>/@no-token	for ten minutes
 *
 * or until git's or ssh's configuration, or ours, is changed.
 */
enum bbk_lack {
	BBK_LACKS_INSTANCE, /* no instance on record answers for that ssh */
	BBK_LACKS_TOKEN, /* git-credential-bbkey has none for that https */
};

/* A token, and configuration, in the environment: then it may have one. */
bool bbk_negative_lacks(enum bbk_lack lack, const struct bbk_paths *paths,
			const char *host, unsigned port);
void bbk_negative_note_lack(enum bbk_lack lack, const char *state,
			    const char *host, unsigned port);

#endif
