/*
 * What an administrator of a Data Center instance demands of every SSH key.
 */
#ifndef BITBUCKET_DATACENTER_POLICY_H
#define BITBUCKET_DATACENTER_POLICY_H

#include "bitbucket/rest.h"

struct bbk_dc_policy {
	long max_expiry_days; /* 0: a key may last for ever */
};

#define BBK_DC_POLICY_INIT { 0 }

/*
 * GET /ssh/latest/admin, for administrators of the instance alone: 401, class
 * permission, for everybody else (Bitbucket REST 9.4).  maxExpiryDays is a
 * number in the documents since 9.4 and {"asInt": N, "present": true} in those
 * of 8.14 and 9.2; which of them goes over the wire is UNCONFIRMED, so both
 * are taken.  What is neither counts as no limit.
 */
int bbk_dc_policy(struct bbk_rest *rest, struct bbk_dc_policy *policy,
		  struct bbk_err *err) BBK_MUST_CHECK;

#endif
