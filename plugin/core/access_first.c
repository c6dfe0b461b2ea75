#include <string.h>

#include "core/access.h"
#include "store/first.h"
#include "store/record.h"

bool bbk_access_can_meet(const struct bbk_access *access)
{
	return access->pins.len && bbk_begins(access->pins.v[0], "SHA256:") &&
	       !access->revocations;
}

/* One of ours may be among them, by --ssh-config. */
static bool has_any(const struct bbk_strv *files)
{
	for (size_t i = 0; i < files->len; i++)
		if (!strstr(files->v[i], "/bbkey_"))
			return true;
	return false;
}

bool bbk_access_has_own_keys(const struct bbk_access *access,
			     const struct bbk_env *env)
{
	return has_any(&access->identities) ||
	       has_any(&access->moved_identities) ||
	       env->ssh->agent_has_keys(env->ssh);
}

void bbk_access_prepare_first(const struct bbk_access *access,
			      const struct bbk_env *env,
			      const struct bbk_instance *instance,
			      const struct bbk_key *key)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	struct bbk_first first = { key->path, access->known_hosts,
				   access->pins };
	struct bbk_place place = { .host = access->host, .port = 22 };

	if (!access->host)
		return;
	if (access->port)
		place.port = access->port;
	place = bbk_place_canonical(place);
	if (instance->automatic != BBK_AUTO_ALWAYS || key->agent ||
	    !key->path || !bbk_access_can_meet(access) ||
	    bbk_access_has_own_keys(access, env))
		bbk_first_forget(env->paths.state, place.host, place.port);
	else
		(void)!bbk_first_save(&first, env->paths.state, place.host,
				      place.port, &ignored);
}
