/*
 * What a person asks an admin for: from their URL and options to a
 * struct bbk_access_request, with a key that is there or is made now.
 *
 * Needs no token.  No request is sent where the URL, --base or the
 * configuration name the instance, and project and repository are as the URL
 * spells them; but on Cloud, where it does not say the project, a token that is
 * at hand is used to ask.
 */
#ifndef CORE_REQUEST_PREPARE_H
#define CORE_REQUEST_PREPARE_H

#include "core/detect.h"
#include "core/key.h"
#include "core/request.h"
#include "core/setup.h"

struct bbk_prepared {
	/* Borrows from the rest; line NULL: wish->dry_run and no key yet. */
	struct bbk_access_request request;
	struct bbk_detected found;
	struct bbk_key key;	  /* fresh: made by this run */
	bool no_ssh; /* nobody here can tell where the instance's ssh is */
	struct bbk_str api;
	char *project, *label, *line, *machine, *page, *instead, *next;
};

#define BBK_PREPARED_INIT \
	{ .found = BBK_DETECTED_INIT, .key = BBK_KEY_INIT, \
	  .api = BBK_STR_INIT }

void bbk_prepared_release(struct bbk_prepared *prepared);

/*
 * Makes the key under the lock, where there is none, and changes nothing else.
 * Class usage where the URL names no project and the scope needs one; else as
 * bbk_detect_instance(), bbk_key_find() and bbk_access_request_check().
 */
int bbk_access_request_prepare(struct bbk_env *env,
			       const struct bbk_wish *wish,
			       struct bbk_prepared *prepared,
			       struct bbk_err *err) BBK_MUST_CHECK;

#endif
