#include "base/scope.h"

#include <string.h>

static const char *const words[] = { "project", "repo", "personal" };

const char *bbk_scope_word(enum bbk_scope scope)
{
	return words[scope];
}

const char *bbk_scope_option(enum bbk_scope scope)
{
	static const char *const options[] = { "", " --scope repo",
					       " --scope personal" };

	return options[scope];
}

int bbk_scope_parse(enum bbk_scope *scope, const char *word)
{
	for (unsigned i = 0; i < BBK_ARRAY_LEN(words); i++) {
		if (!strcmp(word, words[i])) {
			*scope = (enum bbk_scope)i;
			return 0;
		}
	}
	return -1;
}
