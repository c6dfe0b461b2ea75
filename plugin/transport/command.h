/*
 * The command line that git gives to ssh, read as ssh would read it.
 *
 *	[-o SendEnv=GIT_PROTOCOL] [-4|-6] [-p port] [user@]host
 *		"git-upload-pack '/proj/app.git'"
 *
 * Options may stand together (-4Ap22) and behind the host; the letters are
 * those of OpenSSH 9.2.
 */
#ifndef TRANSPORT_COMMAND_H
#define TRANSPORT_COMMAND_H

#include <stdbool.h>

enum bbk_command_kind {
	/* Not git's, or nothing we could help with: run ssh untouched. */
	BBK_COMMAND_OTHER,
	/* git's, and every part of it is one that Bitbucket can have. */
	BBK_COMMAND_GIT,
	/* A user, host, port or path that is an attack: run nothing. */
	BBK_COMMAND_REFUSED,
	/*
	 * git's, with a path that no repository of Bitbucket has: refused where
	 * the host is an instance's, and ssh's own business elsewhere.  (What
	 * goes on below a repository, as Cloud's wikis may, is OTHER.)
	 */
	BBK_COMMAND_STRANGE,
};

struct bbk_command {
	char *user;    /* "git" where none is given */
	char *host;    /* canonical; an IPv6 address in brackets */
	unsigned port; /* 22 where none is given */
	bool port_given;
	char *project; /* as it is written in the path */
	char *repo;    /* without ".git" */
	bool dot_git;  /* which was there */
	bool fetch;    /* git-upload-pack */
	bool push;     /* git-receive-pack */
	bool lfs;      /* git-lfs-authenticate */
	bool batch;    /* -o BatchMode=yes: nobody may be asked */
};

#define BBK_COMMAND_INIT \
	{ NULL, NULL, 0, false, NULL, NULL, false, false, false, false, false }

void bbk_command_release(struct bbk_command *command);

/*
 * argv[0] is our own name.  Only BBK_COMMAND_GIT fills command; _STRANGE all of
 * it but project and repo.
 */
enum bbk_command_kind bbk_command_parse(struct bbk_command *command, int argc,
					char *const *argv);

#endif
