#include <string.h>

#include "core/instance.h"
#include "git/config.h"

static bool base_is_enrolled(const struct bbk_env *env, const char *base)
{
	return bbk_config_base(env->config, base, "edition") ||
	       bbk_config_base(env->config, base, "ssh");
}

void bbk_instances_enrolled(const struct bbk_env *env, struct bbk_strv *bases)
{
	BBK_AUTO(strv) all = BBK_STRV_INIT;

	bbk_config_bases(env->config, &all);
	for (size_t i = 0; i < all.len; i++)
		if (base_is_enrolled(env, all.v[i]))
			bbk_strv_add(bases, all.v[i]);
}

int bbk_instance_of_https(struct bbk_instance *instance, struct bbk_env *env,
			  const struct bbk_url *url, struct bbk_err *err)
{
	BBK_AUTO(strv) bases = BBK_STRV_INIT;

	bbk_instances_enrolled(env, &bases);
	for (size_t i = 0; i < bases.len; i++) {
		BBK_AUTO(err) ignored = BBK_ERR_INIT;
		BBK_AUTO(url) base = BBK_URL_INIT;

		if (bbk_url_parse(&base, bases.v[i], &ignored) < 0 ||
		    !bbk_url_within(url, &base))
			continue;
		return bbk_instance_open(instance, env, &base, err);
	}
	return 1;
}

int bbk_instance_of_origin(struct bbk_instance *instance, struct bbk_env *env,
			   const struct bbk_url *url, struct bbk_err *err)
{
	BBK_AUTO(strv) bases = BBK_STRV_INIT;
	BBK_AUTO(url) found = BBK_URL_INIT;
	int count = 0;

	bbk_instances_enrolled(env, &bases);
	for (size_t i = 0; i < bases.len; i++) {
		BBK_AUTO(err) ignored = BBK_ERR_INIT;
		BBK_AUTO(url) base = BBK_URL_INIT;

		if (bbk_url_parse(&base, bases.v[i], &ignored) < 0 ||
		    !bbk_url_same_origin(url, &base))
			continue;
		bbk_url_copy(&found, &base);
		count++;
	}
	return count == 1 ? bbk_instance_open(instance, env, &found, err) : 1;
}
