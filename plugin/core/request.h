/*
 * What a person without admin rights sends to somebody who has them: please
 * add this public key.
 *
 * A pure function of what is known, to words for a chat or a mail, to a curl
 * line and to JSON.  There is nothing secret in any of them, and the words are
 * ASCII but for the names and the label.
 */
#ifndef CORE_REQUEST_H
#define CORE_REQUEST_H

#include "base/err.h"
#include "base/json.h"
#include "base/scope.h"
#include "base/str.h"

#include <stdbool.h>

/* Strings are borrowed, and fit for a screen: nothing is scrubbed here. */
struct bbk_access_request {
	const char *edition;	/* "datacenter" or "cloud" */
	const char *base;	/* "https://bitbucket.example.com" */
	const char *api;	/* "https://bitbucket.example.com/rest" */
	const char *workspace;	/* Cloud; NULL on Data Center */
	const char *project; /* its key; NULL where the scope needs none, or */
			     /* where it is not known: the one of repo */
	const char *repo;	/* its slug; NULL: the project as a whole */
	enum bbk_scope scope;
	bool write;
	const char *label;
	long expires;		/* days; 0: not asked for */
	const char *line;	/* the public key, no line end */
	const char *fingerprint;
	const char *key_word;	/* "ED25519" */
	const char *machine;	/* "user@host" */
	const char *page;	/* where keys are added; NULL: not known */
	const char *instead;	/* where to look then, a page, too */
	const char *next;	/* "git bbkey init --wait ..." */
	bool here;		/* and that in the repository here */
	bool sync;		/* `git bbkey sync` is there */
};

/*
 * What Bitbucket cannot give anybody: class permission for write access by an
 * access key of Cloud, or its expiry.
 */
int bbk_access_request_check(const struct bbk_access_request *request,
			     struct bbk_err *err) BBK_MUST_CHECK;

/*
 * One line for sh that registers the key, for whoever has TOKEN (on Cloud also
 * EMAIL) in the environment.  False for a personal key: its owner adds it on
 * the page; and for a project that is not known.
 *
 * Data Center 8.5 to 10.0: POST /keys/latest/projects/{key}[/repos/{slug}]/ssh.
 * Cloud: POST /repositories/{workspace}/{slug}/deploy-keys,
 * POST /workspaces/{workspace}/projects/{key}/deploy-keys.
 */
bool bbk_access_request_curl(const struct bbk_access_request *request,
			     struct bbk_str *out);

/* The file that `git bbkey sync` takes; false where it cannot say this. */
bool bbk_access_request_manifest(const struct bbk_access_request *request,
				 struct bbk_str *out);

/* The words; prose in 80 columns, with what is to be pasted on its own line. */
void bbk_access_request_text(const struct bbk_access_request *request,
			     struct bbk_str *out);

/* {"base_url": ..., "text": ...}: "request" of `request --json`. */
struct json_t *
bbk_access_request_json(const struct bbk_access_request *request);

#endif
