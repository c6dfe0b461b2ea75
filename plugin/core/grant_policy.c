#include "core/grant_policy.h"

#include "bitbucket/datacenter_policy.h"

bool bbk_grant_limit(struct bbk_instance *instance,
		     const struct bbk_terms *terms, enum bbk_refusal refusal,
		     struct bbk_terms *limited, struct bbk_err *err)
{
	BBK_AUTO(err) ignored = BBK_ERR_INIT;
	struct bbk_dc_policy policy = BBK_DC_POLICY_INIT;

	/* the status that a policy answers with is UNCONFIRMED */
	if (instance->edition->is_cloud || terms->expires ||
	    refusal != BBK_REFUSAL_OTHER ||
	    err->class != BBK_E_SERVER ||
	    bbk_dc_policy(&instance->rest, &policy, &ignored) < 0 ||
	    !policy.max_expiry_days)
		return false;
	*limited = *terms;
	limited->expires = policy.max_expiry_days;
	bbk_err_release(err);
	return true;
}
