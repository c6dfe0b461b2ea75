/*
 * The loop: detect, observe, plan, apply, verify, remember.
 *
 * `init` and `clone` run it from the front; every step fills its part of
 * struct bbk_setup, which a command prints.
 */
#ifndef CORE_SETUP_H
#define CORE_SETUP_H

#include "core/access.h"
#include "core/detect.h"
#include "core/grant.h"
#include "core/plan.h"
#include "core/talk.h"
#include "store/lock.h"
#include "store/record.h"

/* What the person asked for; strings are borrowed, NULL is "not said". */
struct bbk_wish {
	const char *url;
	const char *base;
	const char *remote;
	bool has_scope;
	enum bbk_scope scope;
	bool has_permission;
	bool write;
	const char *key;
	bool has_key_type;
	enum bbk_key_type key_type;
	bool new_key;
	bool passphrase;
	long expires; /* days; 0: not said */
	const char *label;
	const char *token_file;
	struct bbk_strv host_keys;
	bool has_auto;
	enum bbk_auto automatic;
	bool keep_remote;
	bool submodules; /* then core/submodules.h */
	bool ssh_config; /* then core/plainssh.h */
	bool wait; /* until somebody else has registered the key */
	bool unasked; /* they have said that they have no token */
	bool requested; /* the request is on the screen already */
	bool clone; /* bbk_setup_clone() follows: no remote to look at yet */
	const char *dir;		/* where to; NULL: as git calls it */
	const struct bbk_strv *git_options; /* for `git clone` */
	bool dry_run;
};

#define BBK_WISH_INIT { .host_keys = BBK_STRV_INIT }

struct bbk_setup;

/* Told of every step as it begins and ends; for the screen. */
struct bbk_progress {
	void (*begin)(struct bbk_progress *progress, enum bbk_step step,
		      const struct bbk_setup *setup);
	/* setup->plan.action[step] is what was done */
	void (*end)(struct bbk_progress *progress, enum bbk_step step,
		    const struct bbk_setup *setup);
};

/* `git clone`, where it runs beside the loop: core/steps.h. */
struct bbk_cloning {
	struct bbk_talk talk; /* with git-bbkey-ssh; talk.git: its pid */
	bool sent;	      /* the server may know the key */
	bool let_go;	      /* it does, and git goes on */
	bool over;	      /* git has ended by itself, before that */
};

struct bbk_setup {
	struct bbk_env *env;	      /* borrowed */
	const struct bbk_wish *wish;  /* borrowed */
	struct bbk_progress *progress; /* borrowed */
	struct bbk_lock lock;	      /* while it looks and changes */

	struct bbk_detect_wish how;   /* to detect it; borrowed */
	bool hurry;		      /* a clone waits: detected early */
	bool own;		      /* the person's own keys open it */
	bool tried_own;		      /* whether they do was asked */
	bool unasked;		 /* REST was not asked: there is no token */
	bool refused;  /* it said that the token may not do it */
	struct bbk_err no_token; /* then: what to say about that */
	char *remote;		      /* "origin"; NULL: not in a repository */
	char *remote_url;	      /* as it was before */
	struct bbk_detected found;
	char *ssh_url;		      /* what the remote is switched to */

	struct bbk_access access;
	struct bbk_ssh_answer answer; /* of the last visit */
	bool checked;		      /* the key was seen to open it */
	bool waiting;		      /* for somebody else to register it */
	int64_t waited_ms;
	struct bbk_cloning cloning;

	struct bbk_key key;
	char *key_name;
	char *label;
	char *request;		      /* the command that asks for the same */
	char *url;		      /* wish->url, as we write it; or NULL */
	char *options;		      /* those of the wish, for hints */
	struct bbk_key_wish key_wish;
	struct bbk_terms terms;
	struct bbk_grant grant;	      /* id NULL: not known */
	struct bbk_record record;     /* key NULL: there was none */

	struct bbk_observed observed;
	struct bbk_wanted wanted;
	struct bbk_plan plan;	      /* then: what was done */
};

void bbk_setup_init(struct bbk_setup *setup, struct bbk_env *env,
		    const struct bbk_wish *wish,
		    struct bbk_progress *progress);
void bbk_setup_release(struct bbk_setup *setup);

/*
 * Up to the plan; with wish->dry_run that is all.  For wish->clone git may run
 * already when it returns.
 */
int bbk_setup_run(struct bbk_setup *setup, struct bbk_err *err) BBK_MUST_CHECK;

/*
 * After bbk_setup_run() for wish->clone: runs `git clone` to its end, or waits
 * for the one that runs; *status is what it exits with.
 */
int bbk_setup_clone(struct bbk_setup *setup, int *status, struct bbk_err *err)
	BBK_MUST_CHECK;

#endif
