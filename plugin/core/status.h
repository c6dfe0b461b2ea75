/*
 * Where a repository stands: what is on record for its remote, and whether
 * that works.  Changes nothing.
 */
#ifndef CORE_STATUS_H
#define CORE_STATUS_H

#include "core/access.h"
#include "core/detect.h"
#include "core/key.h"
#include "core/lfs.h"
#include "core/survey.h"
#include "store/record.h"

enum bbk_ssh_state {
	BBK_SSH_STATE_OK,
	BBK_SSH_STATE_DENIED,
	BBK_SSH_STATE_NO_ACCESS,
	BBK_SSH_STATE_UNREACHABLE,
	BBK_SSH_STATE_SKIPPED,
};

const char *bbk_ssh_state_word(enum bbk_ssh_state state);

struct bbk_status {
	bool ready;
	char *remote;
	char *remote_url;
	bool over_ssh;	    /* the URL itself, or insteadOf, makes it ssh */
	bool left_alone;    /* it was https, and is: core/overhttps.h */
	bool moved;	    /* the URL says where Cloud's ssh was once */
	struct bbk_detected found;
	bool enrolled;	    /* found.instance is filled */
	struct bbk_record record;
	bool on_record;
	struct bbk_key key; /* path NULL: none on record, or not usable */
	char *key_problem;
	struct bbk_access access;
	enum bbk_ssh_state ssh;
	char *ssh_said;
	/* "read" or "write"; NULL: nothing is on record, or nobody knows */
	const char *ssh_access;
	int64_t milliseconds;
	struct bbk_lfs lfs;
	struct bbk_known_keys known; /* -v alone asks */
};

#define BBK_STATUS_INIT \
	{ .found = BBK_DETECTED_INIT, .record = BBK_RECORD_INIT, \
	  .key = BBK_KEY_INIT, .access = BBK_ACCESS_INIT, \
	  .ssh = BBK_SSH_STATE_SKIPPED }

void bbk_status_release(struct bbk_status *status);

/*
 * remote may be NULL: as `init` chooses.  offline: no connection at all.  With
 * env->verbose, the server is also asked which other keys it knows.
 * Class usage outside a repository, not-bitbucket for a remote that is none.
 */
int bbk_status_get(struct bbk_status *status, struct bbk_env *env,
		   const char *remote, bool offline, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * What to do next, a line for a person; the caller frees.  NULL: nothing, it
 * is ready and will be for a while.  Pure.
 */
char *bbk_status_next(const struct bbk_status *status, const char *home);

#endif
