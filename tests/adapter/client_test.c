/* ssh against the system's own sshd, and against a server that lies. */
#include "test.h"

#include <arpa/inet.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "ssh/client.h"
#include "ssh/hostkey.h"

static pid_t server;
static unsigned port;
static const char *const types[] = { "ed25519", "ecdsa", "rsa" };

static int listen_somewhere(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	port = ntohs(at.sin_port);
	return fd;
}

static int start(void **state)
{
	char script[4096];
	int fd;

	(void)test_begin(state);
	(void)snprintf(script, sizeof(script), "cd '%s' && for t in ed25519 "
		       "ecdsa rsa; do ssh-keygen -q -t $t -N '' -f host_$t; "
		       "done; ssh-keygen -q -t ed25519 -N '' -f good; "
		       "ssh-keygen -q -t ed25519 -N '' -f bad; cp good.pub "
		       "keys; mkdir -p /run/sshd 2>/dev/null; :", test_dir());
	assert_int_equal(system(script), 0);
	fd = listen_somewhere();
	close(fd);
	(void)snprintf(script, sizeof(script), "Port %u\nListenAddress "
		       "127.0.0.1\nHostKey %s/host_ed25519\nHostKey "
		       "%s/host_ecdsa\nHostKey %s/host_rsa\nPidFile none\n"
		       "AuthorizedKeysFile %s/keys\nStrictModes no\nUsePAM no\n"
		       "PermitRootLogin yes\nPasswordAuthentication no\n"
		       "KbdInteractiveAuthentication no\nForceCommand printf "
		       "00d5abcd1234\n", port, test_dir(), test_dir(),
		       test_dir(), test_dir());
	test_write(test_path("sshd_config"), script, 0600);
	server = fork();
	if (!server) {
		(void)execl("/usr/sbin/sshd", "/usr/sbin/sshd", "-D", "-f",
			    test_path("sshd_config"), "-E", test_path("log"),
			    (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 100; i++) {
		const char *log = test_read(test_path("log"));

		if (log && strstr(log, "listening"))
			break;
		bbk_system_clock.sleep(&bbk_system_clock, 50);
	}
	return 0;
}

static int stop(void **state)
{
	kill(server, SIGTERM);
	waitpid(server, NULL, 0);
	return test_end(state);
}

/* "SHA256:..." of a host key */
static char *pin_of(const char *type)
{
	char command[1200], line[200] = "";
	FILE *pipe;

	(void)snprintf(command, sizeof(command), "ssh-keygen -l -f "
		       "%s/host_%s.pub | cut -d' ' -f2", test_dir(), type);
	pipe = popen(command, "r");
	assert_non_null(fgets(line, sizeof(line), pipe));
	pclose(pipe);
	line[strcspn(line, "\n")] = '\0';
	return bbk_strdup(line);
}

static enum bbk_ssh_outcome visit(const char *key, const char *pin,
				  const char *hostkey_types,
				  struct bbk_ssh_answer *answer)
{
	BBK_AUTO(strv) pins = BBK_STRV_INIT;
	BBK_AUTO(strv) global = BBK_STRV_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	const struct passwd *pw = getpwuid(getuid());
	char *known = bbk_known_hosts_option(test_dir(), &global);
	char *path = bbk_strdup(test_path(key ? key : "none"));
	struct bbk_openssh openssh;
	struct bbk_ssh_call call = {
		.host = "127.0.0.1", .port = port, .user = pw->pw_name,
		.auth = key ? BBK_SSH_KEY : BBK_SSH_NOBODY,
		.key = path, .command = key ? "git-upload-pack '/p/r'" : NULL,
		.known_hosts = known, .pins = &pins,
		.hostkey_types = hostkey_types,
	};

	if (pin)
		bbk_strv_add(&pins, pin);
	bbk_openssh_init(&openssh, HELPER, NULL);
	assert_int_equal(openssh.ssh.run(&openssh.ssh, &call, answer, &err), 0);
	free(known);
	free(path);
	return answer->outcome;
}

static void a_pinned_host_key_of_each_type_is_good(void **state)
{
	static const char *const algorithms[] = {
		"ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512" };

	(void)state;
	for (size_t i = 0; i < ROWS(types); i++) {
		BBK_AUTO(ssh_answer) answer = BBK_SSH_ANSWER_INIT;
		char *pin = pin_of(types[i]);

		if (visit("good", pin, algorithms[i], &answer) != BBK_SSH_OK)
			miss("%s: %d (%s)", types[i], answer.outcome,
			     answer.said);
		miss_text(answer.hostkey.fingerprint, pin, types[i]);
		if (visit("bad", pin, algorithms[i], &answer) != BBK_SSH_DENIED)
			miss("%s, bad key: %d", types[i], answer.outcome);
		if (visit(NULL, pin, algorithms[i], &answer) != BBK_SSH_DENIED)
			miss("%s, nobody: %d", types[i], answer.outcome);
		free(pin);
	}
}

static void a_host_key_that_is_not_the_pin_is_not_taken(void **state)
{
	BBK_AUTO(ssh_answer) answer = BBK_SSH_ANSWER_INIT;
	char *pin = pin_of("rsa");
	enum bbk_ssh_outcome outcome = visit("good", pin, "ssh-ed25519",
					     &answer);

	(void)state;
	assert_int_equal(outcome, BBK_SSH_HOST_CHANGED);
	assert_int_equal(visit("good", NULL, NULL, &answer),
			 BBK_SSH_HOST_UNKNOWN);
	assert_string_equal(answer.hostkey.type, "ssh-ed25519");
	free(pin);
}

/* Whoever is on the way can say this without any host key. */
static void a_liar_without_a_host_key_is_not_believed(void **state)
{
	static const char *const greetings[] = {
		"SSH-x Permission denied (publickey).\r\n",
		"SSH-2.0-x\r\n" /* an unencrypted disconnect: 52 bytes */
		"\0\0\0\064\004\001\0\0\0\002\0\0\0\035Permission denied "
		"(publickey)\0\0\0\0....xxxx",
	};
	static const size_t lengths[] = { 38, 11 + 56 };

	(void)state;
	for (size_t i = 0; i < ROWS(greetings); i++) {
		BBK_AUTO(ssh_answer) answer = BBK_SSH_ANSWER_INIT;
		unsigned saved = port;
		int fd = listen_somewhere();
		pid_t liar = fork();

		if (!liar) {
			int client = accept(fd, NULL, NULL);

			(void)!write(client, greetings[i], lengths[i]);
			sleep(2);
			_exit(0);
		}
		close(fd);
		if (visit("good", NULL, NULL, &answer) == BBK_SSH_DENIED)
			miss("greeting %zu means denied: %s", i, answer.said);
		kill(liar, SIGKILL);
		waitpid(liar, NULL, 0);
		port = saved;
	}
}

static void a_closed_port_is_the_network(void **state)
{
	BBK_AUTO(ssh_answer) answer = BBK_SSH_ANSWER_INIT;
	unsigned saved = port;

	(void)state;
	close(listen_somewhere());
	assert_int_equal(visit("good", NULL, NULL, &answer), BBK_SSH_NETWORK);
	port = saved;
}

#define SSHD(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSHD(a_pinned_host_key_of_each_type_is_good),
		SSHD(a_host_key_that_is_not_the_pin_is_not_taken),
		SSHD(a_liar_without_a_host_key_is_not_believed),
		SSHD(a_closed_port_is_the_network),
	};

	if (access("/usr/sbin/sshd", X_OK) < 0) {
		(void)puts("SKIP adapter: sshd is missing");
		return getenv("CI") && !strcmp(getenv("CI"), "true");
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
