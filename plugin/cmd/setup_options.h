/*
 * What `init` and `clone` have in common: their options, their JSON.
 */
#ifndef CMD_SETUP_OPTIONS_H
#define CMD_SETUP_OPTIONS_H

#include "base/json.h"
#include "cmd/cmd.h"
#include "core/setup.h"

/* For a struct bbk_wish. */
extern const struct bbk_option bbk_setup_options[];

/* Of those rows: for another table of a struct that begins with the wish. */
int bbk_setup_set_scope(void *options, const char *value, struct bbk_err *err);
int bbk_setup_set_read(void *options, const char *value, struct bbk_err *err);
int bbk_setup_set_write(void *options, const char *value, struct bbk_err *err);
int bbk_setup_set_key_type(void *options, const char *value,
			   struct bbk_err *err);
int bbk_setup_set_label(void *options, const char *value, struct bbk_err *err);

/* What is left for the command when the loop has ended well. */
struct bbk_after {
	struct bbk_setup *setup;
	struct json_t *json; /* more fields may be put into it */
	bool silent;	     /* nothing but questions and errors is said */
	bool changed;	     /* was, or would be; more may be */
};

/*
 * Runs the loop with its steps on the screen, then calls `then`, unless that is
 * NULL, where it went well, then prints the JSON where that is wanted.  Returns
 * what a command's run() returns; so does `then`.
 */
int bbk_setup_on_screen(struct bbk_env *env, const struct bbk_wish *wish,
			bool json,
			int (*then)(struct bbk_after *after, void *arg,
				    struct bbk_err *err),
			void *arg, struct bbk_err *err) BBK_MUST_CHECK;

/* --ssh-config and what is said of LFS: for a `then`. */
int bbk_after_ssh_config(struct bbk_after *after, struct bbk_err *err)
	BBK_MUST_CHECK;
void bbk_after_lfs(struct bbk_after *after);

/* "type", "bits" and "fingerprint" of a key; null where they are not known. */
void bbk_json_put_key(struct json_t *object, const struct bbk_pubkey *public,
		      const struct bbk_key_facts *facts);
void bbk_print_json(FILE *out, const struct bbk_json *json);

#endif
