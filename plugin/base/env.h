/*
 * Everything from outside, collected once in main() and handed down.
 *
 * Whoever needs the network, ssh, the terminal, the clock or a folder takes it
 * from here, so that a test can put another in its place.
 */
#ifndef BASE_ENV_H
#define BASE_ENV_H

#include "base/clock.h"
#include "base/paths.h"
#include "base/secret.h"
#include "base/term.h"

#include <stdio.h>

struct bbk_http; /* bitbucket/http.h */
struct bbk_ssh;	 /* ssh/client.h */
struct bbk_config; /* git/config.h */

/*
 * BBKEY_TOKEN, BBKEY_URL and BBKEY_USER, taken out of the environment; or the
 * token that this run came by, kept so that nobody is asked twice.
 */
struct bbk_env_token {
	struct bbk_secret token;
	char *url;
	char *user;
	char *source; /* for people; NULL: BBKEY_TOKEN */
};

struct bbk_env {
	FILE *out;  /* data */
	FILE *err;  /* talk */
	bool out_is_terminal;
	bool err_is_terminal;
	bool utf8;  /* the locale can show the marks */
	bool out_color;
	bool color; /* on err */
	bool verbose;
	bool quiet;
	bool hints; /* bbkey.advice, GIT_ADVICE: they are wanted */
	char *program_dir; /* where git-bbkey and its siblings are */
	struct bbk_paths paths;
	struct bbk_env_token token;
	struct bbk_clock *clock;
	struct bbk_term *term;
	struct bbk_http *http;
	struct bbk_ssh *ssh;
	struct bbk_config *config; /* protected configuration, read once */
};

#endif
