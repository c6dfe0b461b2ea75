#include "machine.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "test.h"

void machine_set(struct machine *m, const char *key, const char *value)
{
	bbk_strv_add(&m->config.keys, key);
	bbk_strv_add(&m->config.values, value);
}

void machine_init(struct machine *m, const char *automatic, int answer)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;

	*m = (struct machine){ .config = BBK_CONFIG_INIT };
	fake_clock_init(&m->clock);
	fake_term_init(&m->term, answer);
	machine_set(m, BASE "ssh", "ssh://git@h:7999");
	machine_set(m, BASE "hostkey", HOST_KEY);
	machine_set(m, BASE "auto", automatic);
	m->env = (struct bbk_env){
		.paths = { .home = bbk_strdup(test_dir()),
			   .ssh = bbk_strdup(test_path(".ssh")),
			   .config = bbk_strdup(test_path("config")),
			   .state = bbk_strdup(test_path("state")) },
		.clock = &m->clock.clock, .term = &m->term.term,
		.config = &m->config,
	};
	bbk_secret_set(&m->env.token.token, "t0ken", 5);
	bbk_replace(&m->env.token.url, "https://h");
	assert_int_equal(bbk_make_dirs(m->env.paths.state, &err), 0);
}

void machine_forget(void)
{
	(void)unlink(test_path(".ssh/bbkey_h"));
	(void)unlink(test_path(".ssh/bbkey_h.pub"));
	(void)unlink(test_path("state/records/h:7999/proj/@project"));
}

void machine_release(struct machine *m)
{
	bbk_paths_release(&m->env.paths);
	bbk_secret_release(&m->env.token.token);
	free(m->env.token.url);
	bbk_config_release(&m->config);
	fake_http_release(&m->http);
	fake_term_release(&m->term);
	bbk_ensure_answer_release(&m->answer);
}

const struct bbk_ensure_wish clone_it = {
	.why = BBK_ENSURE_FIRST, .host = "h", .port = 7999, .user = "git",
	.project = "proj", .repo = "app",
};

void machine_meet(struct machine *m, enum bbk_ssh_outcome outcome,
		 const struct fake_reply *replies, size_t len)
{
	static enum bbk_ssh_outcome said[8];
	static size_t next;
	enum bbk_ssh_outcome *it = &said[next++ % 8];

	*it = outcome;
	fake_ssh_init(&m->ssh, it, 1);
	fake_http_release(&m->http);
	fake_http_init(&m->http, replies, len);
	m->env.ssh = &m->ssh.ssh;
	m->env.http = &m->http.http;
}

enum bbk_ensured machine_ensure(struct machine *m,
			       const struct bbk_ensure_wish *wish,
			       enum bbk_class class)
{
	BBK_AUTO(err) err = BBK_ERR_INIT;

	if (bbk_ensure(&m->env, wish, &m->answer, &err) != (class ? -1 : 0))
		miss("it does not return what it must");
	miss_class(&err, class, "ensure");
	return m->answer.result;
}

void expect_requests(const struct machine *m, const char *row,
			    const char *const *want)
{
	size_t n = 0;

	for (; want[n]; n++)
		miss_text(n < m->http.requests.len ? m->http.requests.v[n] :
						     NULL, want[n], row);
	if (m->http.requests.len != n)
		miss("%s: %zu requests, not %zu", row, m->http.requests.len,
		     n);
}

void machine_registered(struct machine *m, const char *automatic, int answer)
{
	static const struct fake_reply replies[] = { POSTED };

	machine_init(m, "always", answer);
	machine_meet(m, BBK_SSH_DENIED, replies, 1);
	assert_int_equal(machine_ensure(m, &clone_it, BBK_OK),
			 BBK_ENSURED_FRESH);
	machine_set(m, BASE "auto", automatic);
}
