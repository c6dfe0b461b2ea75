/*
 * What the two editions of Bitbucket have in common: repositories, keys that
 * are registered somewhere, and the few things that we ask of either.
 *
 * Data Center: datacenter.h; Cloud: cloud.h.
 */
#ifndef BITBUCKET_EDITION_H
#define BITBUCKET_EDITION_H

#include "base/scope.h"
#include "bitbucket/rest.h"

/* A repository, as the server spells it. */
struct bbk_repository {
	char *workspace; /* Cloud; NULL on Data Center */
	char *project;	 /* its key */
	char *slug;
	struct bbk_strv ssh_urls; /* clone links "ssh"; none: SSH is off */
};

#define BBK_REPOSITORY_INIT { NULL, NULL, NULL, BBK_STRV_INIT }

void bbk_repository_release(struct bbk_repository *repository);
/*
 * Adds the hrefs of links.clone[] whose name is "ssh", in any order; -1 where
 * there is no such list (reference 1.8 and 2.2 have the same form).
 */
int bbk_repository_read_links(struct bbk_repository *repository,
			      const struct json_t *json) BBK_MUST_CHECK;

/* Where a key is to be registered. */
struct bbk_target {
	enum bbk_scope scope;
	const char *workspace; /* Cloud; NULL on Data Center */
	const char *project;   /* NULL where the scope does not need it */
	const char *repo;      /* for BBK_SCOPE_REPO */
};

/* A key that is registered there; texts are not scrubbed. */
struct bbk_grant {
	char *id;	/* decimal; of a key of a Cloud account: "{uuid}" */
	bool write;
	char *label;	/* each of these may be NULL */
	char *line;	/* the public key: "type blob[ comment]" */
	char *created;	/* YYYY-MM-DD, as the next two */
	char *last_used;
	char *expires;	/* NULL: never, or not said */
	char *warning;	/* the server's: "RSA_UNSAFE_MODULUS" */
};

#define BBK_GRANT_INIT \
	{ NULL, false, NULL, NULL, NULL, NULL, NULL, NULL }

void bbk_grant_release(struct bbk_grant *grant);

struct bbk_registration {
	const char *text;  /* the public key line */
	const char *label;
	bool write;
	long expires;	   /* days; 0: not said */
};

/* What a server said of a token that was sent to it for the first time. */
struct bbk_token_facts {
	bool named;	    /* rest->who is whose it is */
	bool administrates; /* Data Center: some repository at least */
};

enum bbk_refusal {
	BBK_REFUSAL_OTHER,
	BBK_REFUSAL_KEY_TYPE, /* the server wants another type of key */
	BBK_REFUSAL_EXISTS,   /* look whether it is here or elsewhere */
	BBK_REFUSAL_UNSURE,   /* it may have been done all the same */
};

struct bbk_edition {
	const char *word; /* as in bbkey.<base>.edition */
	const char *name; /* for people */
	bool is_cloud;

	/*
	 * Is rest->token good at all?  One request with it, two where the first
	 * does not prove it.  Class auth where it is refused; permission where
	 * the login is held back, and then another token would fare no better.
	 */
	int (*token_check)(struct bbk_rest *rest,
			   struct bbk_token_facts *facts,
			   struct bbk_rest_reply *reply, struct bbk_err *err);
	/* GET of one repository.  owner: its project, or Cloud's workspace. */
	int (*repository)(struct bbk_rest *rest, const char *owner,
			  const char *slug, struct bbk_repository *repository,
			  struct bbk_err *err);
	/*
	 * Adds the path of the keys of a place.  For an account of Cloud it
	 * takes a request to find out whose: class as that has.
	 */
	int (*keys_path)(struct bbk_rest *rest,
			 const struct bbk_target *target, struct bbk_str *path,
			 struct bbk_err *err);
	/* One of them, of a list or an answer.  Class server. */
	int (*grant_read)(const struct bbk_target *target,
			  const struct json_t *json, struct bbk_grant *grant,
			  struct bbk_err *err);
	/* Its public key line; NULL: there is none. */
	const char *(*grant_line)(const struct bbk_target *target,
				  const struct json_t *json);
	/* On -1, *refusal says what the caller can still do about it. */
	int (*grant_add)(struct bbk_rest *rest,
			 const struct bbk_target *target,
			 const struct bbk_registration *registration,
			 struct bbk_grant *grant, enum bbk_refusal *refusal,
			 struct bbk_err *err);
	/* Class permission where a key of this scope can never push. */
	int (*grant_set_write)(struct bbk_rest *rest,
			       const struct bbk_target *target, const char *id,
			       struct bbk_err *err);
	/*
	 * The page of the web interface where a person adds such a key; the
	 * caller frees.
	 */
	char *(*keys_page)(const char *base, const struct bbk_target *target);
	/*
	 * The page where a person makes a token of their own; the caller frees.
	 */
	char *(*tokens_page)(const char *base);
	/* For a hint: what kind of token, what it must allow, where */
	const char *token;
	const char *token_rights[3];
	const char *token_page;
};

extern const struct bbk_edition bbk_datacenter;
extern const struct bbk_edition bbk_cloud;

/* NULL: there is no edition of that name. */
const struct bbk_edition *bbk_edition_find(const char *word);

/* May a key of this scope ever push there? */
bool bbk_edition_can_write(const struct bbk_edition *edition,
			   enum bbk_scope scope);

/*
 * Is what a POST was answered with about the key that it registered?  Class
 * server where it names another one; it may name none.
 */
int bbk_grant_check(const char *line, const char *registered,
		    struct bbk_err *err) BBK_MUST_CHECK;

/* What a POST came to that met none of an edition's own refusals. */
enum bbk_refusal bbk_refusal_of_others(const struct bbk_rest_reply *reply);

/* "type blob[ comment]": is that its blob? */
bool bbk_key_has_blob(const char *text, const char *blob);

#endif
