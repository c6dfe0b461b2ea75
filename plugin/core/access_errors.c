/* What is wrong with a way in, in words: the errors of core/access.h. */
#include "core/access.h"

#include "base/cloud.h"
#include "ssh/verdict.h"

/* --- before a connection ------------------------------------------------ */

/* "Host work", "HostName bitbucket.org": the alias is not ours to carry. */
static int moved(const char *host, const struct bbk_ssh_plan *plan,
		 struct bbk_err *err)
{
	bbk_err_set(err, BBK_E_NETWORK, "your ssh configuration sends '%s' to "
		    "%s, where nothing answers ssh since 12 November 2026",
		    host, plan->hostname);
	return bbk_err_hint(err, "in ~/.ssh/config, at 'Host %s', write: "
				 "HostName " BBK_CLOUD_SSH_HOST, host);
}

int bbk_access_elsewhere(const struct bbk_instance *instance, const char *host,
			 const struct bbk_ssh_plan *plan, struct bbk_err *err)
{
	if (bbk_cloud_is_old(plan->hostname, plan->port) &&
	    !bbk_cloud_is_old(host, plan->port))
		return moved(host, plan, err);
	if (bbk_same_nocase(plan->hostname, host)) {
		bbk_err_set(err, BBK_E_NOT_BITBUCKET,
			    "%s does not serve ssh at %s port %u",
			    instance->base, host, plan->port);
		return bbk_err_hint(err, "its SSH address is %s: use that, or "
					 "set Port for '%s' in your ssh "
					 "configuration", instance->ssh.v[0],
				    host);
	}
	bbk_err_set(err, BBK_E_NOT_BITBUCKET,
		    "your ssh configuration sends '%s' to a host that is not "
		    "an SSH name of %s", host, instance->base);
	if (bbk_host_is_valid(plan->hostname))
		bbk_err_hint(err, "if '%s' is right, run: git config --global "
				  "--add bbkey.%s.ssh ssh://git@%s:%u",
			     plan->hostname, instance->base, plan->hostname,
			     plan->port);
	return -1;
}

/* --- what ssh came to --------------------------------------------------- */

static bool is_cloud(const struct bbk_access *access)
{
	return bbk_same(access->pin_source, "site") ||
	       bbk_same(access->pin_source, "built-in");
}

static int changed(const struct bbk_access *access,
		   const struct bbk_ssh_answer *answer, struct bbk_err *err)
{
	const char *seen = answer->hostkey.fingerprint;

	bbk_err_set(err, BBK_E_HOSTKEY,
		    "the SSH host key of %s is not the one that it should be"
		    "%s%s%s", access->host, seen ? " (it showed " : "",
		    seen ? seen : "", seen ? ")" : "");
	return bbk_err_hint(err, "somebody may be in between: %s the host key "
				 "was changed; nothing was sent or registered",
			    is_cloud(access) ? "look at " BBK_CLOUD_BASE
					       "/site/ssh whether" :
				    "ask your Bitbucket admin whether");
}

/* ssh shows every host key to git-bbkey-ssh, where it can start it. */
static int unknown(const struct bbk_access *access,
		   const struct bbk_ssh_answer *answer, struct bbk_err *err)
{
	if (!answer->hostkey.fingerprint) {
		bbk_err_set(err, BBK_E_LOCAL,
			    "ssh could not start git-bbkey-ssh, which checks "
			    "the host key of %s", access->host);
		return bbk_err_hint(err, "the machine may be out of processes "
					 "or memory: try again in a minute");
	}
	bbk_err_set(err, BBK_E_HOSTKEY, "the SSH host key of %s is unknown, "
		    "and nothing vouches for it", access->host);
	return bbk_err_hint(err, "give the fingerprint that your admin tells "
				 "you: --host-key SHA256:<fingerprint>");
}

int bbk_access_weigh(struct bbk_access *access,
		     const struct bbk_ssh_answer *answer, struct bbk_err *err)
{
	const char *said = answer->said ? answer->said : "ssh ended early";

	switch (answer->outcome) {
	case BBK_SSH_OK:
	case BBK_SSH_DENIED:
	case BBK_SSH_NO_ACCESS:
		return 0;
	case BBK_SSH_HOST_CHANGED:
		access->hostkey = BBK_HOSTKEY_CHANGED;
		return changed(access, answer, err);
	case BBK_SSH_HOST_REVOKED:
		access->hostkey = BBK_HOSTKEY_CHANGED;
		return bbk_err_set(err, BBK_E_HOSTKEY,
				   "the SSH host key of %s is marked as "
				   "revoked in your known hosts",
				   access->host);
	case BBK_SSH_HOST_UNKNOWN:
		return unknown(access, answer, err);
	case BBK_SSH_NEGOTIATE:
		return bbk_err_set(err, BBK_E_NEGOTIATE,
				   "ssh and %s have no algorithm in common: %s",
				   access->host, said);
	default:
		return bbk_err_set(err, BBK_E_NETWORK,
				   answer->outcome == BBK_SSH_NETWORK ?
				   "cannot reach %s port %u over ssh: %s" :
				   "ssh to %s port %u failed: %s",
				   access->host, access->port, said);
	}
}

int bbk_access_refuse_rsa(const struct bbk_access *access, struct bbk_err *err)
{
	bbk_err_set(err, BBK_E_NEGOTIATE, "%s takes RSA keys only with SHA-1 "
		    "signatures, which ssh no longer makes", access->host);
	return bbk_err_hint(err, "use a key of another type: git bbkey init "
				 "--key-type ed25519 (or ecdsa)");
}

int bbk_access_judge(struct bbk_access *access, const char *said,
		     struct bbk_err *err)
{
	BBK_AUTO(ssh_answer) answer = BBK_SSH_ANSWER_INIT;

	bbk_ssh_classify(&answer, said, "", 0, 255, NULL);
	return bbk_access_weigh(access, &answer, err);
}
