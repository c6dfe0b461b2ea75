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

/* The file's own name, and the number of it: 0 where it is another's. */
static const char *name_at(const char *path, const char *name, long *number)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	const char *now = slash ? slash + 1 : "";

	*number = bbk_begins(now, name) ? number_of(now + strlen(name)) : 0;
	return now;
}

char *bbk_key_name_next(const char *name, const char *recorded,
			const char *expires)
{
	long number;
	const char *now = name_at(recorded, name, &number);
	int64_t days;

	if (!number)
		return bbk_strdup(name);
	return bbk_expiry_is_near(expires, &days) ?
		bbk_key_name_after(name, recorded) : bbk_strdup(now);
}

char *bbk_key_name_after(const char *name, const char *path)
{
	long number;

	(void)name_at(path, name, &number);
	return number ? bbk_strf("%s_%ld", name, number + 1) : bbk_strdup(name);
}

char *bbk_key_place(const struct bbk_address *address, enum bbk_scope scope)
{
	const char *owner = bbk_address_owner(address);
	const char *in = address->repo ? address->repo : address->project;

	if (!owner || !in || scope == BBK_SCOPE_PERSONAL ||
	    (!address->workspace && scope == BBK_SCOPE_PROJECT))
		return owner ? bbk_strdup(owner) : NULL;
	return bbk_strf("%s_%s", owner, in);
}
