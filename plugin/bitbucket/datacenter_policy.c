#include "bitbucket/datacenter_policy.h"

#define DAYS_MAX 36500

static int64_t optional_int(const struct json_t *object, const char *name)
{
	const struct json_t *wrapped = bbk_json_object(object, name);
	int64_t value = 0;
	bool present = true;

	if (bbk_json_int(object, name, &value))
		return value;
	(void)bbk_json_bool(wrapped, "present", &present);
	if (!present || !bbk_json_int(wrapped, "asInt", &value))
		return 0;
	return value;
}

int bbk_dc_policy(struct bbk_rest *rest, struct bbk_dc_policy *policy,
		  struct bbk_err *err)
{
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	int64_t days;

	if (bbk_rest_call(rest, "GET", "/ssh/latest/admin", NULL, &reply,
			  err) < 0)
		return bbk_err_wrap(err, "cannot read the policy for SSH keys");
	days = optional_int(reply.json.root, "maxExpiryDays");
	policy->max_expiry_days = days > 0 && days <= DAYS_MAX ? (long)days :
								 0;
	return 0;
}
