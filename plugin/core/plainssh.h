/*
 * Plain ssh made to find our key: for tools that set GIT_SSH_COMMAND and so
 * never run git-bbkey-ssh (go, npm).
 *
 *	~/.ssh/config		Include "<config>/ssh_config", its first line
 *	<config>/ssh_config	a Host entry for each instance
 *
 * An access key logs in everywhere on its instance and opens only its own
 * projects: what plain ssh offers first hides a personal key.
 */
#ifndef CORE_PLAINSSH_H
#define CORE_PLAINSSH_H

#include "core/setup.h"

/*
 * setup has been applied, or with wish->dry_run planned: then nothing is
 * written.  *changed where anything was, or would be.  Class local where ssh
 * takes another home folder than $HOME, and would never read that file.
 */
int bbk_plainssh_enable(const struct bbk_setup *setup, bool *changed,
			struct bbk_err *err) BBK_MUST_CHECK;

/*
 * The line for ~/.ssh/config.  Include takes a pattern, and newer releases of
 * OpenSSH expand '%' and "${" in it: where the path has such a character, a
 * '?' stands for it.  The caller frees.
 */
char *bbk_plainssh_include(const char *config);

/*
 * text is that of <config>/ssh_config, or "".  Gives it the entry of this base
 * in the place of the one it has.
 */
void bbk_plainssh_put(struct bbk_str *out, const char *text, const char *base,
		      const char *entry);

#endif
