/*
 * The real ssh, and the command line that we give it.
 */
#ifndef TRANSPORT_SSH_H
#define TRANSPORT_SSH_H

#include "base/realssh.h"
#include "store/record.h"

/* Was GIT_SSH set by the caller of git?  Then that is the whole of ssh. */
bool bbk_ssh_is_callers(void);

/*
 * GIT_SSH, where the caller of git set it, else the real ssh; with argv as it
 * came.  config may be NULL.  Does not return; 127 where there is no ssh.
 */
BBK_NORETURN void bbk_ssh_plain(const char *config, int argc,
				char *const *argv);

struct bbk_ssh_line {
	char *program;
	struct bbk_strv argv;
	char **env; /* ours without BBKEY_TOKEN and its kin */
};

#define BBK_SSH_LINE_INIT { NULL, BBK_STRV_INIT, NULL }

void bbk_ssh_line_release(struct bbk_ssh_line *line);

/*
 * ssh with the record's key (where it has one) and our known hosts in front of
 * argv; known_hosts_command, where it is not NULL, is KnownHostsCommand.
 */
void bbk_ssh_line_build(struct bbk_ssh_line *line,
			const struct bbk_realssh *ssh,
			const struct bbk_record *record,
			const char *known_hosts_command, int argc,
			char *const *argv);

/* In our place. */
BBK_NORETURN void bbk_ssh_exec(const struct bbk_ssh_line *line);

#endif
