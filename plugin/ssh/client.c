#include "ssh/client.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/paths.h"
#include "base/process.h"
#include "base/realssh.h"
#include "base/text.h"
#include "ssh/hostkey.h"
#include "ssh/verdict.h"

#define RUN_MS 10000
#define PLAN_MS 5000
#define AGENT_MS 2000
#define OUT_MAX 4096
#define ERR_MAX 65536

void bbk_hostkey_release(struct bbk_hostkey *key)
{
	free(key->name);
	free(key->type);
	free(key->blob);
	free(key->fingerprint);
	*key = (struct bbk_hostkey)BBK_HOSTKEY_INIT;
}

void bbk_ssh_answer_release(struct bbk_ssh_answer *answer)
{
	free(answer->said);
	bbk_hostkey_release(&answer->hostkey);
	*answer = (struct bbk_ssh_answer)BBK_SSH_ANSWER_INIT;
}

void bbk_ssh_plan_release(struct bbk_ssh_plan *plan)
{
	free(plan->hostname);
	free(plan->agent);
	plan->hostname = plan->agent = NULL;
	bbk_strv_release(&plan->identities);
	bbk_strv_release(&plan->user_known_hosts);
	bbk_strv_release(&plan->global_known_hosts);
}

/* --- running it --------------------------------------------------------- */

static int begin(struct bbk_process *process, const struct bbk_ssh *ssh,
		 int64_t deadline_ms, struct bbk_err *err)
{
	const struct bbk_openssh *self = (const struct bbk_openssh *)ssh;
	BBK_AUTO(realssh) real = BBK_REALSSH_INIT;

	if (bbk_realssh_find(&real, self->config, err) < 0)
		return -1;
	bbk_strv_add(&process->argv, real.program);
	for (size_t i = 1; i < real.words.len; i++)
		bbk_strv_add(&process->argv, real.words.v[i]);
	bbk_strv_add(&process->env, "LC_ALL=C");
	bbk_strv_add(&process->env, "SSH_ASKPASS_REQUIRE=never");
	process->deadline_ms = deadline_ms;
	return 0;
}

static void option(struct bbk_process *process, const char *text)
{
	bbk_strv_addl(&process->argv, "-o", text, NULL);
}

/* One that needs what only ssh can expand is left to ssh. */
static void set_agent(struct bbk_openssh *self, const char *configured)
{
	self->agent_socket[0] = '\0';
	if (configured && configured[0] == '/' && !strchr(configured, '%') &&
	    strlen(configured) < sizeof(self->agent_socket))
		memcpy(self->agent_socket, configured, strlen(configured) + 1);
	self->agent_asked = false;
}

/* Where ssh would look for the agent. */
static const char *agent_socket(const struct bbk_openssh *self)
{
	const char *from_env = getenv("SSH_AUTH_SOCK");

	return self->agent_socket[0] ? self->agent_socket :
	       from_env ? from_env : "";
}

static enum bbk_agent look_at_agent(struct bbk_openssh *self)
{
	const char *path = agent_socket(self);
	BBK_AUTO(str) keys = BBK_STR_INIT;

	if (!self->agent_asked)
		self->agent = *path ? bbk_agent_ask(path, AGENT_MS, &keys) :
				      BBK_AGENT_NONE;
	self->agent_asked = true;
	return self->agent;
}

static void add_auth(struct bbk_process *process, struct bbk_openssh *self,
		     const struct bbk_ssh_call *call)
{
	BBK_AUTO(str) key = BBK_STR_INIT;
	bool agent = call->auth == BBK_SSH_OWN || call->agent;

	/* ssh asks it for its keys whatever it is going to do with them */
	if (!agent || look_at_agent(self) == BBK_AGENT_SILENT)
		option(process, "IdentityAgent=none");
	if (call->auth == BBK_SSH_NOBODY) {
		option(process, "PubkeyAuthentication=no");
		option(process, "PreferredAuthentications=none");
		return;
	}
	option(process, "PreferredAuthentications=publickey");
	if (call->auth == BBK_SSH_OWN)
		return;
	option(process, "IdentitiesOnly=yes");
	bbk_str_add(&key, "IdentityFile="); /* -i keeps its '%' */
	bbk_ssh_quote(&key, call->key, true);
	option(process, bbk_str_get(&key));
}

static void add_pins(struct bbk_process *process, const char *helper,
		     const struct bbk_strv *pins)
{
	BBK_AUTO(str) command = BBK_STR_INIT;
	bool md5 = pins && pins->len && bbk_begins(pins->v[0], "MD5:");

	option(process, md5 ? "FingerprintHash=md5" :
			      "FingerprintHash=sha256");
	bbk_str_add(&command, "KnownHostsCommand=");
	bbk_ssh_quote(&command, helper, true);
	bbk_str_add(&command, " --host-key %I %H %t %K %f");
	for (size_t i = 0; pins && i < pins->len; i++)
		bbk_str_addf(&command, " %s", pins->v[i]);
	option(process, bbk_str_get(&command));
}

static void build(struct bbk_process *process, struct bbk_openssh *self,
		  const struct bbk_ssh_call *call)
{
	static const char *const always[] = {
		"BatchMode=yes",	 "ConnectTimeout=5",
		"ConnectionAttempts=1",	 "ControlMaster=no",
		"ControlPath=none",	 "ControlPersist=no",
		"ForwardAgent=no",	 "ForwardX11=no",
		"ClearAllForwardings=yes", "PermitLocalCommand=no",
		"StrictHostKeyChecking=yes", "UpdateHostKeys=no",
		"NumberOfPasswordPrompts=0", "LogLevel=DEBUG1",
		"RequestTTY=no",
	};

	for (size_t i = 0; i < BBK_ARRAY_LEN(always); i++)
		option(process, always[i]);
	bbk_strv_add(&process->argv, "-o");
	bbk_strv_addf(&process->argv, "GlobalKnownHostsFile=%s",
		      call->known_hosts);
	if (call->hostkey_types) {
		bbk_strv_add(&process->argv, "-o");
		bbk_strv_addf(&process->argv, "HostKeyAlgorithms=%s",
			      call->hostkey_types);
	}
	add_auth(process, self, call);
	add_pins(process, self->helper, call->pins);
	if (call->port)
		bbk_strv_addf(&process->argv, "-p%u", call->port);
	bbk_strv_addf(&process->argv, "-l%s", call->user);
	bbk_strv_addl(&process->argv, "--", call->host, NULL);
	if (call->command && *call->command)
		bbk_strv_add(&process->argv, call->command);
	process->input = "0000"; /* a flush: git's polite goodbye */
	process->input_len = 4;
	process->out_max = OUT_MAX;
	process->err_max = ERR_MAX;
}

/*
 * A host key that known hosts let pass, but that is not the published one, is
 * a changed one.
 */
static void judge_pins(struct bbk_ssh_answer *answer,
		       const struct bbk_strv *pins)
{
	const char *seen = answer->hostkey.fingerprint;

	if (pins && pins->len && !seen &&
	    (answer->outcome == BBK_SSH_OK ||
	     answer->outcome == BBK_SSH_DENIED ||
	     answer->outcome == BBK_SSH_NO_ACCESS))
		answer->outcome = BBK_SSH_OTHER; /* nobody looked at it */
	if (pins && pins->len && seen && !bbk_strv_has(pins, seen) &&
	    answer->outcome != BBK_SSH_HOST_REVOKED)
		answer->outcome = BBK_SSH_HOST_CHANGED;
}

static int run(struct bbk_ssh *ssh, const struct bbk_ssh_call *call,
	       struct bbk_ssh_answer *answer, struct bbk_err *err)
{
	struct bbk_openssh *self = (struct bbk_openssh *)ssh;
	BBK_AUTO(ssh_answer) got = BBK_SSH_ANSWER_INIT;
	BBK_AUTO(process) process = BBK_PROCESS_INIT;
	int64_t start = bbk_system_clock.now(&bbk_system_clock);

	if (begin(&process, ssh, RUN_MS, err) < 0)
		return -1;
	build(&process, self, call);
	if (bbk_process_run(&process, err) < 0)
		return -1;
	got.milliseconds = bbk_system_clock.now(&bbk_system_clock) - start;
	bbk_ssh_classify(&got, bbk_str_get(&process.err),
			 bbk_str_get(&process.out), process.out.len,
			 process.status,
			 call->auth == BBK_SSH_KEY ? call->fingerprint : NULL);
	if (process.timed_out) {
		got.outcome = BBK_SSH_NETWORK;
		bbk_replace(&got.said, "it did not answer in time");
	}
	bbk_ssh_read_hostkey(&got.hostkey, bbk_str_get(&process.err));
	judge_pins(&got, call->pins);
	bbk_ssh_answer_release(answer);
	*answer = got;
	got = (struct bbk_ssh_answer)BBK_SSH_ANSWER_INIT;
	return 0;
}

/* --- the person's configuration ----------------------------------------- */

static void add_identity(struct bbk_strv *identities, const char *path)
{
	const struct passwd *pw;
	char *full;

	if (bbk_begins(path, "~/")) {
		pw = getpwuid(getuid());
		full = bbk_strf("%s%s", pw ? pw->pw_dir : "", path + 1);
	} else {
		full = bbk_strdup(path);
	}
	if (access(full, R_OK) == 0)
		bbk_strv_add(identities, full);
	free(full);
}

/* "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2", "none" */
static void add_files(struct bbk_strv *files, const char *value)
{
	for (size_t len; *value; value += len + (value[len] == ' ')) {
		len = strcspn(value, " ");
		if (strncmp(value, "none", len) != 0 || len != 4)
			bbk_strv_addf(files, "%.*s", (int)len, value);
	}
}

static void read_plan_line(struct bbk_ssh_plan *plan, const char *name,
			   const char *value)
{
	long port;

	if (!strcmp(name, "hostname"))
		bbk_replace(&plan->hostname, value);
	else if (!strcmp(name, "identityagent") && strcmp(value, "none") != 0)
		bbk_replace(&plan->agent, value);
	else if (!strcmp(name, "identityfile"))
		add_identity(&plan->identities, value);
	else if (!strcmp(name, "port") &&
		 bbk_parse_number(value, 1, 65535, &port) == 0)
		plan->port = (unsigned)port;
	else if (!strcmp(name, "globalknownhostsfile"))
		add_files(&plan->global_known_hosts, value);
	else if (!strcmp(name, "userknownhostsfile"))
		add_files(&plan->user_known_hosts, value);
	else if (!strcmp(name, "revokedhostkeys"))
		plan->revokes = strcmp(value, "none") != 0;
}

static void read_plan(struct bbk_ssh_plan *plan, char *text)
{
	while (*text) {
		char *end = text + strcspn(text, "\n");
		char *next = end + (*end == '\n');
		char *space;

		*end = '\0';
		space = strchr(text, ' ');
		if (space) {
			*space = '\0';
			read_plan_line(plan, text, space + 1);
		}
		text = next;
	}
}

static int plan(struct bbk_ssh *ssh, const char *user, const char *host,
		unsigned port, struct bbk_ssh_plan *plan, struct bbk_err *err)
{
	BBK_AUTO(process) process = BBK_PROCESS_INIT;

	if (begin(&process, ssh, PLAN_MS, err) < 0)
		return -1;
	if (port)
		bbk_strv_addf(&process.argv, "-p%u", port);
	bbk_strv_addf(&process.argv, "-l%s", user);
	bbk_strv_addl(&process.argv, "-G", "--", host, NULL);
	process.out_max = ERR_MAX;
	process.err_max = OUT_MAX;
	if (bbk_process_run(&process, err) < 0)
		return -1;
	if (process.status || !process.out.len) {
		char *said = bbk_scrubbed(bbk_str_get(&process.err));

		bbk_err_set(err, BBK_E_LOCAL,
			    "ssh cannot read its own configuration: %s", said);
		free(said);
		return -1;
	}
	read_plan(plan, process.out.s);
	set_agent((struct bbk_openssh *)ssh, plan->agent);
	if (!plan->hostname)
		return bbk_err_set(err, BBK_E_LOCAL,
				   "'ssh -G' names no host: is this OpenSSH?");
	return 0;
}

static bool agent_has_keys(struct bbk_ssh *ssh)
{
	return look_at_agent((struct bbk_openssh *)ssh) == BBK_AGENT_KEYS;
}

static void agent_keys(struct bbk_ssh *ssh, struct bbk_str *keys)
{
	struct bbk_openssh *self = (struct bbk_openssh *)ssh;

	if (look_at_agent(self) == BBK_AGENT_KEYS)
		(void)bbk_agent_ask(agent_socket(self), AGENT_MS, keys);
}

void bbk_openssh_init(struct bbk_openssh *openssh, const char *helper,
		      const char *config)
{
	openssh->ssh.run = run;
	openssh->ssh.plan = plan;
	openssh->ssh.agent_has_keys = agent_has_keys;
	openssh->ssh.agent_keys = agent_keys;
	openssh->helper = helper;
	openssh->config = config;
	openssh->agent_socket[0] = '\0';
	openssh->agent_asked = false;
}
