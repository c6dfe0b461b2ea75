#include "bitbucket/account.h"

#include <stdlib.h>
#include <string.h>

#define PROPERTIES "/api/latest/application-properties"
#define NAME_MAX_BYTES 255

/* What needs no quoting, in a header or in git's protocol. */
static bool is_plain(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (!bbk_is_alnum(name[i]) && !strchr("._@+~-", name[i]))
			return false;
	return len > 0 && len <= NAME_MAX_BYTES;
}

/* The same question with a password; 401 is a no, all else does not matter. */
static bool is_password(struct bbk_rest *rest, const char *name)
{
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	char *before = rest->user;
	int rc;

	rest->user = bbk_strdup(name);
	rc = bbk_rest_call(rest, "GET", PROPERTIES, NULL, &reply, &ignored);
	free(rest->user);
	rest->user = before;
	return rc == 0 || reply.status != 401;
}

void bbk_account_answered(struct bbk_rest *rest, char **name)
{
	char *found = NULL;

	if (rest->who && is_plain(rest->who))
		found = bbk_strdup(rest->who);
	if (found && !is_password(rest, found)) {
		free(found);
		found = NULL;
	}
	free(*name);
	*name = found;
}

int bbk_account_of_token(struct bbk_rest *rest, char **name,
			 struct bbk_err *err)
{
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;

	if (bbk_rest_call(rest, "GET", PROPERTIES, NULL, &reply, err) < 0)
		return bbk_err_wrap(err, "cannot ask whose token this is");
	bbk_account_answered(rest, name);
	return 0;
}
