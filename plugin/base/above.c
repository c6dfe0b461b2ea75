#include "base/above.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/str.h"

char *bbk_above_place(const char *host, unsigned port, const char *project,
		      const char *repo)
{
	char *place = bbk_strf("%s:%u/%s/%s", host, port, project, repo);

	for (char *c = place; *c; c++)
		*c = (char)bbk_lower(*c);
	return place;
}

char *bbk_above_take(void)
{
	const char *value = getenv(BBK_ABOVE_VARIABLE);
	struct stat st;
	char *place;

	if (!value)
		return NULL;
	place = fstat(BBK_ABOVE_FD, &st) == 0 && S_ISSOCK(st.st_mode) &&
			fcntl(BBK_ABOVE_FD, F_SETFD, FD_CLOEXEC) == 0 ?
		bbk_strdup(value) : NULL;
	(void)unsetenv(BBK_ABOVE_VARIABLE);
	return place;
}
