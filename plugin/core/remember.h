/*
 * Where a record is kept: such that the transport, which knows no more than
 * the URL, finds the right one.
 */
#ifndef CORE_REMEMBER_H
#define CORE_REMEMBER_H

#include "core/instance.h"
#include "store/record.h"

/*
 * At the level of its scope, with two exceptions.  A key of a Cloud project is
 * kept with the repository, since no URL of it names the project, and with the
 * workspace, where there is no key for that yet, nor one for everything: most
 * repositories of a workspace are opened by the same key.  A second account
 * of one instance is kept with the workspace or project that it was chosen
 * for.
 */
int bbk_remember(const struct bbk_record *record,
		 const struct bbk_instance *instance, const char *state,
		 const struct bbk_place *place, struct bbk_err *err)
	BBK_MUST_CHECK;

/*
 * Takes a key of the person's own out of a record: it is not one to go on
 * with, but to be found again.
 */
void bbk_record_forget_own(struct bbk_record *record);

#endif
