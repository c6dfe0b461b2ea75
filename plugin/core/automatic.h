/*
 * Plain git made to come to us: the configuration of one enrolled instance.
 *
 * Everything is in three files of ours, which the global git configuration
 * includes by one line:
 *
 *	<config>/config		bbkey.<base>.*, credential.<base>.helper,
 *				url.<ssh>.insteadOf <the place that Cloud has
 *				left>; and, by includeIf hasconfig, for its ssh
 *				remotes
 *	<config>/transport	core.sshCommand and ssh.variant; for its https
 *				remotes
 *	<config>/https/config	the same, by a link that says so
 *				(base/carried.h), and
 *				url.<ssh>.insteadOf <base>/scm/ (Cloud: <base>/)
 *				url.<url>.insteadOf <url> for one that was tried
 *				over ssh in vain, and stays on https
 *
 * A core.sshCommand that somebody has set for every remote is kept beside
 * them, as the real ssh: base/realssh.h.
 */
#ifndef CORE_AUTOMATIC_H
#define CORE_AUTOMATIC_H

#include "core/carry.h"

struct bbk_enrolment {
	enum bbk_auto automatic;
	const struct bbk_strv *hostkeys; /* NULL or empty: leave them */
	const char *key_type;		 /* NULL: leave it */
	const char *user; /* of the person's https URLs; or NULL */
	/* that this ssh is the instance's, only a person said: https stays */
	bool unconfirmed;
	const char *again_owner; /* as in struct bbk_carrying */
	const char *again_repo;
};

/*
 * Writes what is missing or different for instance->ssh and the enrolment.
 * *changed where anything was.  With dry_run nothing is written.
 */
int bbk_automatic_enable(const struct bbk_instance *instance,
			 const struct bbk_env *env,
			 const struct bbk_enrolment *enrolment, bool dry_run,
			 bool *changed, struct bbk_err *err) BBK_MUST_CHECK;

#endif
