#include "base/cloud.h"
#include "cmd/cmd.h"
#include "cmd/usage.h"
#include "core/detect_cloud.h"
#include "git/config.h"

/*
 * What a person has set for Bitbucket is theirs, a stand-in for it, too; how
 * this machine gets there (http.*) is not.
 */
static void leave_out_ours(struct bbk_config *config,
			   const struct bbk_config *all)
{
	for (size_t i = 0; i < all->keys.len; i++) {
		if (bbk_begins(all->keys.v[i], "bbkey."))
			continue;
		bbk_strv_add(&config->keys, all->keys.v[i]);
		bbk_strv_add(&config->values, all->values.v[i]);
	}
}

/* For install.sh --system, which vouches for them where ssh looks. */
static int hostkeys(struct bbk_env *env, int argc, char **argv,
		    struct bbk_err *err)
{
	BBK_AUTO(strv) args = BBK_STRV_INIT;
	BBK_AUTO(strv) lines = BBK_STRV_INIT;
	BBK_AUTO(url) base = BBK_URL_INIT;
	BBK_AUTO(instance) instance = BBK_INSTANCE_INIT;
	BBK_AUTO(config) config = BBK_CONFIG_INIT;
	struct bbk_env plain = *env;
	struct bbk_common common = { 0 };

	if (bbk_options_parse(NULL, NULL, &common, env, argc, argv, &args, 0,
			      NULL, err) < 0)
		return -1;
	if (common.help)
		return bbk_usage(env->out, &bbk_cmd_hostkeys);
	leave_out_ours(&config, env->config);
	plain.config = &config;
	if (bbk_url_parse(&base, BBK_CLOUD_BASE, err) < 0 ||
	    bbk_instance_open(&instance, &plain, &base, err) < 0)
		return -1;
	bbk_detect_cloud_known_hosts(&instance, &lines);
	for (size_t i = 0; i < lines.len; i++)
		fprintf(env->out, "%s\n", lines.v[i]);
	return 0;
}

const struct bbk_cmd bbk_cmd_hostkeys = {
	.name = "hostkeys",
	.usage = "git bbkey hostkeys",
	.summary = "known hosts lines of Bitbucket Cloud",
	.internal = true,
	.run = hostkeys,
};
