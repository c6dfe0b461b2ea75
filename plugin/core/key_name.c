#include "core/key_name.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "store/expiry.h"

#define NUMBER_MAX 999

char *bbk_key_name(const struct bbk_instance *instance, enum bbk_scope scope,
		   const char *place, enum bbk_key_type type)
{
	BBK_AUTO(str) name = BBK_STR_INIT;
	char *where = bbk_instance_name(&instance->url);

	bbk_str_addf(&name, "bbkey_%s", where);
	free(where);
	if (scope == BBK_SCOPE_PERSONAL)
		bbk_str_add(&name, "_account");
	if (place)
		bbk_str_addc(&name, '+');
	for (; place && *place; place++)
		bbk_str_addc(&name, *place == '~' ? '+' :
				    (char)bbk_lower(*place));
	return type == BBK_KEY_ED25519 ? bbk_str_take(&name) :
	       bbk_key_name_typed(bbk_str_get(&name), type);
}

char *bbk_key_name_typed(const char *name, enum bbk_key_type type)
{
	char *suffix = bbk_strf("%s%s", strchr(name, '+') ? "++" : "_",
				bbk_key_type_word(type));
	char *typed = bbk_strf("%s%s", name,
			       bbk_ends(name, suffix) ? "" : suffix);

	free(suffix);
	return typed;
}

/* "++2", "++rsa": what follows the place, or is behind that; false: neither. */
static bool take_part(const char **rest, long *number)
{
	enum bbk_key_type type;
	size_t len = strcspn(*rest + 2, "+_");
	char *part = bbk_strndup(*rest + 2, len);
	bool good = bbk_parse_number(part, 2, NUMBER_MAX, number) == 0 ||
		    bbk_key_type_parse(&type, part) == 0;

	free(part);
	*rest += 2 + len;
	return good;
}

/*
 * Which one it is.  0: another name.  "_2" at the end is a file that was not
 * ours, and in the way: bbk_key_find().
 */
static long number_of(const char *rest)
{
	long number = 1;

	while (bbk_begins(rest, "++"))
		if (!take_part(&rest, &number))
			return 0;
	return !*rest || (*rest == '_' && rest[1] &&
			  strspn(rest + 1, "0123456789") == strlen(rest + 1)) ?
		number : 0;
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
	return number ? bbk_strf("%s++%ld", name, number + 1) :
			bbk_strdup(name);
}

char *bbk_key_place(const struct bbk_address *address, enum bbk_scope scope)
{
	const char *owner = bbk_address_owner(address);
	const char *in = address->repo ? address->repo : address->project;

	if (!owner || !in || scope == BBK_SCOPE_PERSONAL ||
	    (!address->workspace && scope == BBK_SCOPE_PROJECT))
		return owner ? bbk_strdup(owner) : NULL;
	return bbk_strf("%s+%s", owner, in);
}
