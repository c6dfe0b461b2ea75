#include "core/key_name.h"

#include <string.h>

#include "base/str.h"
#include "store/expiry.h"

#define NUMBER_MAX 999

/* "", "_2", "_2_3": which one it is.  0: another name. */
static long number_of(const char *rest)
{
	const char *last = strrchr(rest, '_');
	long number = 1;

	if (strspn(rest, "_0123456789") != strlen(rest) ||
	    (*rest && *rest != '_') ||
	    (last && bbk_parse_number(last + 1, 2, NUMBER_MAX, &number) < 0))
		return 0;
	return number;
}

char *bbk_key_name_next(const char *name, const char *recorded,
			const char *expires)
{
	const char *slash = recorded ? strrchr(recorded, '/') : NULL;
	const char *now = slash ? slash + 1 : "";
	long number = bbk_begins(now, name) ? number_of(now + strlen(name)) :
					      0;
	int64_t days;

	if (!number)
		return bbk_strdup(name);
	if (!bbk_expiry_is_near(expires, &days))
		return bbk_strdup(now);
	return bbk_strf("%s_%ld", name, number + 1);
}
