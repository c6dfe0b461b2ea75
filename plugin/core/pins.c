#include <stdlib.h>
#include <string.h>

#include "base/cloud.h"
#include "core/access.h"
#include "git/config.h"
#include "ssh/hostkey.h"

/* Takes the SHA256 forms, or the MD5 ones where there are no others. */
static void set_pins(struct bbk_access *access, const struct bbk_strv *texts,
		     const char *source)
{
	static const char *const kinds[] = { "SHA256:", "MD5:" };

	for (size_t k = 0; k < BBK_ARRAY_LEN(kinds) && !access->pins.len; k++) {
		for (size_t i = 0; i < texts->len; i++) {
			char *pin = bbk_fingerprint_canonical(NULL,
							      texts->v[i]);

			if (pin && bbk_begins(pin, kinds[k]))
				bbk_strv_add(&access->pins, pin);
			free(pin);
		}
	}
	if (access->pins.len)
		access->pin_source = source;
}

static void set_built_in(struct bbk_access *access)
{
	for (size_t i = 0; bbk_cloud_host_key[i].fingerprint; i++)
		bbk_strv_add(&access->pins, bbk_cloud_host_key[i].fingerprint);
	access->pin_source = "built-in";
}

int bbk_access_collect_pins(struct bbk_access *access,
			    const struct bbk_env *env,
			    const struct bbk_instance *instance,
			    const struct bbk_strv *given, struct bbk_err *err)
{
	BBK_AUTO(strv) configured = BBK_STRV_INIT;

	if (given && given->len)
		set_pins(access, given, "option");
	bbk_config_base_all(env->config, instance->base, "hostkey",
			    &configured);
	if (!access->pins.len)
		set_pins(access, &configured, "config");
	if (!access->pins.len && configured.len)
		return bbk_err_set(err, BBK_E_HOSTKEY,
				   "bbkey.%s.hostKey is not a fingerprint",
				   instance->base);
	if (!access->pins.len)
		set_pins(access, &instance->facts.fingerprints,
			 instance->edition->is_cloud ? "site" : "rest");
	if (!access->pins.len && !strcmp(instance->base, BBK_CLOUD_BASE))
		set_built_in(access);
	return 0;
}

void bbk_access_pin_published(struct bbk_access *access, const char *algorithm,
			      const char *value)
{
	char *pin = value ? bbk_fingerprint_canonical(algorithm, value) : NULL;

	if (pin) {
		bbk_strv_add(&access->pins, pin);
		access->pin_source = "rest";
	}
	free(pin);
}
