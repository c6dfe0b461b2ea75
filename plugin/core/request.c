#include "core/request.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static bool is_cloud(const struct bbk_access_request *request)
{
	return !strcmp(request->edition, "cloud");
}

int bbk_access_request_check(const struct bbk_access_request *request,
			     struct bbk_err *err)
{
	if (!is_cloud(request) || request->scope == BBK_SCOPE_PERSONAL)
		return 0;
	if (request->write) {
		bbk_err_set(err, BBK_E_PERMISSION,
			    "access keys of Bitbucket Cloud can only read");
		return bbk_err_hint(err, "to push, use a key of your own "
					 "account: --scope personal");
	}
	if (request->expires) {
		bbk_err_set(err, BBK_E_PERMISSION,
			    "access keys of Bitbucket Cloud do not expire");
		return bbk_err_hint(err, "leave out --expires, or unset "
					 "bbkey.%s.expires", request->base);
	}
	return 0;
}

/* A project of Cloud that only an admin, or a token, could name. */
static bool is_unknown(const struct bbk_access_request *request)
{
	return request->scope == BBK_SCOPE_PROJECT && !request->project;
}

/* --- one command for the admin ------------------------------------------- */

static void add_quoted(struct bbk_str *out, const char *text)
{
	char *quoted = bbk_shell_quoted(text);

	bbk_str_addf(out, " %s", quoted);
	free(quoted);
}

/* The value is gone afterwards. */
static void add_json(struct bbk_str *out, struct json_t *value, bool pretty)
{
	BBK_AUTO(json) json = { value };

	bbk_json_text(out, json.root, pretty);
}

static struct json_t *datacenter_body(const struct bbk_access_request *request)
{
	struct json_t *body = bbk_json_new_object();
	struct json_t *key = bbk_json_new_object();
	char *permission = bbk_strf("%s_%s", request->scope == BBK_SCOPE_REPO ?
				    "REPO" : "PROJECT",
				    request->write ? "WRITE" : "READ");

	bbk_json_put_string(key, "text", request->line);
	bbk_json_put_string(key, "label", request->label);
	if (request->expires)
		bbk_json_put_int(key, "expiryDays", request->expires);
	bbk_json_put(body, "key", key);
	bbk_json_put_string(body, "permission", permission);
	free(permission);
	return body;
}

static struct json_t *cloud_body(const struct bbk_access_request *request)
{
	struct json_t *body = bbk_json_new_object();

	bbk_json_put_string(body, "key", request->line);
	bbk_json_put_string(body, "label", request->label);
	return body;
}

static char *datacenter_address(const struct bbk_access_request *request)
{
	return request->scope == BBK_SCOPE_REPO ?
		bbk_strf("%s/keys/latest/projects/%s/repos/%s/ssh",
			 request->api, request->project, request->repo) :
		bbk_strf("%s/keys/latest/projects/%s/ssh", request->api,
			 request->project);
}

static char *cloud_address(const struct bbk_access_request *request)
{
	return request->scope == BBK_SCOPE_REPO ?
		bbk_strf("%s/repositories/%s/%s/deploy-keys", request->api,
			 request->workspace, request->repo) :
		bbk_strf("%s/workspaces/%s/projects/%s/deploy-keys",
			 request->api, request->workspace, request->project);
}

bool bbk_access_request_curl(const struct bbk_access_request *request,
			     struct bbk_str *out)
{
	BBK_AUTO(str) body = BBK_STR_INIT;
	bool cloud = is_cloud(request);
	char *address;

	if (request->scope == BBK_SCOPE_PERSONAL || is_unknown(request))
		return false;
	address = cloud ? cloud_address(request) : datacenter_address(request);
	add_json(&body, cloud ? cloud_body(request) : datacenter_body(request),
		 false);
	/* by standard input: everybody on a machine can read a command line */
	bbk_str_addf(out, "printf '%s | curl -K - -H 'Content-Type: "
			  "application/json' -d",
		     cloud ? "user = \"%s:%s\"' \"$EMAIL\" \"$TOKEN\"" :
			     "oauth2-bearer = \"%s\"' \"$TOKEN\"");
	add_quoted(out, bbk_str_get(&body));
	add_quoted(out, address);
	free(address);
	return true;
}

static struct json_t *manifest_keys(const struct bbk_access_request *request)
{
	struct json_t *keys = bbk_json_new_object();
	struct json_t *key = bbk_json_new_object();

	bbk_json_put_string(key, "text", request->line);
	bbk_json_put(keys, request->label, key);
	return keys;
}

static struct json_t *manifest_grants(const struct bbk_access_request *request)
{
	struct json_t *grants = bbk_json_new_array();
	struct json_t *grant = bbk_json_new_object();
	char *repo = bbk_strf("%s/%s", request->project,
			      request->repo ? request->repo : "");

	if (request->scope == BBK_SCOPE_REPO)
		bbk_json_put_string(grant, "repo", repo);
	else
		bbk_json_put_string(grant, "project", request->project);
	bbk_json_put_string(grant, "key", request->label);
	bbk_json_put_string(grant, "permission",
			    request->write ? "write" : "read");
	bbk_json_append(grants, grant);
	free(repo);
	return grants;
}

bool bbk_access_request_manifest(const struct bbk_access_request *request,
				 struct bbk_str *out)
{
	struct json_t *manifest;

	/* it has no words for these */
	if (is_cloud(request) || request->expires ||
	    request->scope == BBK_SCOPE_PERSONAL)
		return false;
	manifest = bbk_json_new_object();
	bbk_json_put_int(manifest, "version", 1);
	bbk_json_put_string(manifest, "instance", request->base);
	bbk_json_put(manifest, "keys", manifest_keys(request));
	bbk_json_put(manifest, "grants", manifest_grants(request));
	add_json(out, manifest, true);
	return true;
}

/* --- the words ----------------------------------------------------------- */

/* A paragraph in 80 columns. */
static void say(struct bbk_str *out, const char *fmt, ...) BBK_PRINTF(2, 3);

static void say(struct bbk_str *out, const char *fmt, ...)
{
	BBK_AUTO(str) text = BBK_STR_INIT;
	va_list args;

	va_start(args, fmt);
	bbk_str_addv(&text, fmt, args);
	va_end(args);
	bbk_fold(out, bbk_str_get(&text), 0);
	bbk_str_add(out, "\n\n");
}

/* What is to be copied has a line of its own, however long. */
static void show(struct bbk_str *out, const char *text)
{
	bbk_str_addf(out, "%s\n\n", text);
}

static char *place(const struct bbk_access_request *request)
{
	if (is_unknown(request))
		return bbk_strf("the project of repository %s/%s",
				request->workspace, request->repo);
	if (request->scope == BBK_SCOPE_REPO)
		return bbk_strf("repository %s/%s", request->workspace ?
				request->workspace : request->project,
				request->repo);
	return request->workspace ?
		bbk_strf("project %s of workspace %s", request->project,
			 request->workspace) :
		bbk_strf("project %s", request->project);
}

static const char *kind(const struct bbk_access_request *request)
{
	return request->scope == BBK_SCOPE_REPO ? "repository" : "project";
}

static void add_asked(struct bbk_str *out,
		      const struct bbk_access_request *request)
{
	char *where = place(request);

	say(out, "Please add an SSH access key to %s in Bitbucket", where);
	say(out, "The machine %s is to %s %s%s on %s, over SSH. An access key "
	    "lets it do that and nothing else: it belongs to no account, and "
	    "can be taken away again at any time. Only an admin of the %s may "
	    "add one.", request->machine,
	    request->write ? "clone, fetch and push to" : "clone and fetch",
	    request->scope == BBK_SCOPE_REPO ? "" :
	    is_unknown(request) ? "all repositories of " :
				  "the repositories of ",
	    where, request->base, kind(request));
	free(where);
}

static void add_own(struct bbk_str *out,
		    const struct bbk_access_request *request)
{
	say(out, "Add this SSH key to your own Bitbucket account");
	say(out, "No admin is needed for that. With it, the machine %s may do "
	    "over SSH what your account may do on %s.", request->machine,
	    request->base);
}

static const char *permission(const struct bbk_access_request *request)
{
	return request->write ? "Read/Write" : "Read";
}

static void add_row(struct bbk_str *out, const char *name, const char *value)
{
	bbk_str_addf(out, "  %-13s", name);
	bbk_fold(out, value, 15);
	bbk_str_addc(out, '\n');
}

static void add_key(struct bbk_str *out,
		    const struct bbk_access_request *request)
{
	char *fingerprint = bbk_strf("%s (%s)", request->fingerprint,
				     request->key_word);
	char *days = bbk_strf("in %ld day%s", request->expires,
			      request->expires == 1 ? "" : "s");

	say(out, "The public key, all on one line (it is no secret):");
	show(out, request->line);
	add_row(out, "Fingerprint", fingerprint);
	add_row(out, "Label", request->label);
	if (request->scope != BBK_SCOPE_PERSONAL)
		add_row(out, "Permission", permission(request));
	if (request->expires)
		add_row(out, "Expires", days);
	bbk_str_addc(out, '\n');
	free(fingerprint);
	free(days);
}

/* "click ..., paste ...": the buttons of that page. */
static void add_clicks(struct bbk_str *out,
		       const struct bbk_access_request *request)
{
	bbk_str_add(out, "click \"Add key\", paste the key");
	if (request->scope != BBK_SCOPE_PERSONAL && !is_cloud(request))
		bbk_str_addf(out, ", choose the permission \"%s\"",
			     permission(request));
	if (request->expires)
		bbk_str_add(out, ", let it expire as above");
	bbk_str_add(out, " and save");
}

static void add_page(struct bbk_str *out,
		     const struct bbk_access_request *request)
{
	BBK_AUTO(str) clicks = BBK_STR_INIT;
	const char *menu = request->scope == BBK_SCOPE_PERSONAL ?
		"the SSH keys of your account" :
		request->scope == BBK_SCOPE_REPO ?
		"Repository settings > Access keys" :
		"Project settings > Access keys";

	add_clicks(&clicks, request);
	if (request->page)
		say(out, "To add it, open this page (%s), %s:", menu,
		    bbk_str_get(&clicks));
	else
		say(out, "To add it, begin at this page, go to %s, %s:", menu,
		    bbk_str_get(&clicks));
	show(out, request->page ? request->page : request->instead);
}

static void add_command(struct bbk_str *out,
			const struct bbk_access_request *request)
{
	BBK_AUTO(str) curl = BBK_STR_INIT;

	if (!bbk_access_request_curl(request, &curl))
		return;
	if (is_cloud(request))
		say(out, "Or with one command, where EMAIL is the e-mail "
		    "address of your Atlassian account and TOKEN an API token "
		    "of it with the scopes admin:%s:bitbucket and "
		    "write:ssh-key:bitbucket:", kind(request));
	else
		say(out, "Or with one command, where TOKEN is an HTTP access "
		    "token of yours with the permission \"%s admin\":",
		    request->scope == BBK_SCOPE_REPO ? "Repository" :
						       "Project");
	show(out, bbk_str_get(&curl));
}

static void add_sync(struct bbk_str *out,
		     const struct bbk_access_request *request)
{
	BBK_AUTO(str) manifest = BBK_STR_INIT;

	if (!request->sync || !bbk_access_request_manifest(request, &manifest))
		return;
	say(out, "Or with git-bbkey, where this is the file keys.json:");
	show(out, bbk_str_get(&manifest));
	show(out, "git bbkey sync keys.json");
}

void bbk_access_request_text(const struct bbk_access_request *request,
			     struct bbk_str *out)
{
	bool own = request->scope == BBK_SCOPE_PERSONAL;

	if (own)
		add_own(out, request);
	else
		add_asked(out, request);
	add_key(out, request);
	add_page(out, request);
	add_command(out, request);
	add_sync(out, request);
	say(out, "When it is there, %s goes on%s with:",
	    own ? "this machine" : request->machine,
	    request->here ? ", in the repository that this was asked in," : "");
	bbk_str_addf(out, "%s\n", request->next);
}

/* --- JSON ---------------------------------------------------------------- */

struct json_t *bbk_access_request_json(const struct bbk_access_request *request)
{
	BBK_AUTO(str) text = BBK_STR_INIT;
	BBK_AUTO(str) curl = BBK_STR_INIT;
	struct json_t *json = bbk_json_new_object();
	bool own = request->scope == BBK_SCOPE_PERSONAL;

	bbk_access_request_text(request, &text);
	bbk_json_put_string(json, "base_url", request->base);
	bbk_json_put_string(json, "edition", request->edition);
	bbk_json_put_string(json, "project", request->project);
	bbk_json_put_string(json, "workspace", request->workspace);
	bbk_json_put_string(json, "repo", request->repo);
	bbk_json_put_string(json, "scope", bbk_scope_word(request->scope));
	bbk_json_put_string(json, "permission", own ? NULL :
			    request->write ? "write" : "read");
	bbk_json_put_string(json, "label", request->label);
	bbk_json_put_string(json, "public_key", request->line);
	bbk_json_put_string(json, "fingerprint", request->fingerprint);
	if (request->expires)
		bbk_json_put_int(json, "expires_days", request->expires);
	else
		bbk_json_put_null(json, "expires_days");
	bbk_json_put_string(json, "page", request->page);
	bbk_json_put_string(json, "curl",
			    bbk_access_request_curl(request, &curl) ?
			    bbk_str_get(&curl) : NULL);
	bbk_json_put_string(json, "text", bbk_str_get(&text));
	return json;
}
