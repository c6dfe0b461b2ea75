#include "test.h"

#include <stdlib.h>

#include "base/cloud.h"
#include "core/moved.h"

static const struct {
	const char *from;
	int rc;
	const char *to;
} rows[] = {
	{ "git@bitbucket.org:ws/app.git", 0,
	  "git@ssh.bitbucket.org:ws/app.git" },
	{ "git@bitbucket.org:/ws/app.git", 0,
	  "git@ssh.bitbucket.org:ws/app.git" },
	{ "alice@bitbucket.org:ws/app", 0, "alice@ssh.bitbucket.org:ws/app" },
	{ "bitbucket.org:ws/app.git", 0, "ssh.bitbucket.org:ws/app.git" },
	{ "git@BitBucket.ORG:ws/App.git", 0,
	  "git@ssh.bitbucket.org:ws/App.git" },
	{ "ssh://git@bitbucket.org/ws/app.git", 0,
	  "ssh://git@ssh.bitbucket.org/ws/app.git" },
	{ "ssh://git@bitbucket.org:22/ws/app", 0,
	  "ssh://git@ssh.bitbucket.org/ws/app" },
	{ "ssh://bitbucket.org/ws/app/", 0, "ssh://ssh.bitbucket.org/ws/app" },
	{ "git+ssh://git@bitbucket.org/ws/app", 0,
	  "ssh://git@ssh.bitbucket.org/ws/app" },
	/* stay */
	{ "git@ssh.bitbucket.org:ws/app.git", 1, NULL },
	{ "ssh://git@ssh.bitbucket.org/ws/app.git", 1, NULL },
	{ "ssh://git@altssh.bitbucket.org:443/ws/app.git", 1, NULL },
	{ "ssh://git@bitbucket.org:443/ws/app.git", 1, NULL },
	{ "https://bitbucket.org/ws/app.git", 1, NULL },
	{ "https://alice@bitbucket.org/ws/app.git", 1, NULL },
	{ "http://bitbucket.org:22/ws/app.git", 1, NULL },
	{ "git@bitbucket.org.evil.example:ws/app.git", 1, NULL },
	{ "git@evil-bitbucket.org:ws/app.git", 1, NULL },
	{ "git@example.com:bitbucket.org/app.git", 1, NULL },
	{ "git@bitbucket.org:", 1, NULL },
	{ "ssh://git@bitbucket.org", 1, NULL },
	/* not to be relied on */
	{ "ssh://git:secret@bitbucket.org/ws/app.git", -1, NULL },
	{ "git@bitbucket.org.:ws/app.git", -1, NULL },
	{ "git@bitbucket.org:ws/a b.git", -1, NULL },
	{ "git@bitbucket.org:ws//app.git", -1, NULL },
	{ "git@bitbucket.org:../app.git", -1, NULL },
	{ "git@bitbucket.org:-oProxyCommand=x/app", -1, NULL },
	{ "-oProxyCommand=x@bitbucket.org:ws/app.git", -1, NULL },
	{ "a@b@bitbucket.org:ws/app.git", -1, NULL },
	{ "ssh://git@bitbucket.org:022/ws/app.git", -1, NULL },
	{ "ext::sh -c bitbucket.org", -1, NULL },
	{ "/srv/git/bitbucket.org/app.git", -1, NULL },
	{ "", -1, NULL },
};

static void the_old_address_alone_is_moved(void **state)
{
	struct bbk_url to = { .scheme = BBK_SSH,
			      .host = (char[]){ BBK_CLOUD_SSH_HOST },
			      .port = 22 };

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char *moved = NULL;
		int rc = bbk_moved_to(rows[i].from, &to, &moved);

		if (rc != rows[i].rc)
			miss("%s: %d", rows[i].from, rc);
		miss_text(moved, rows[i].to, rows[i].from);
		free(moved);
	}
}

static void a_moved_url_stays_where_it_is(void **state)
{
	struct bbk_url to = { .scheme = BBK_SSH,
			      .host = (char[]){ BBK_CLOUD_SSH_HOST },
			      .port = 22 };
	char *again = NULL;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		if (rows[i].to && bbk_moved_to(rows[i].to, &to, &again) != 1)
			miss("%s is moved again", rows[i].to);
}

static void a_port_takes_the_ssh_form(void **state)
{
	struct bbk_url to = { .scheme = BBK_SSH,
			      .host = (char[]){ "ssh.example.com" },
			      .port = 7999 };
	char *moved = NULL;

	(void)state;
	assert_int_equal(bbk_moved_to("alice@bitbucket.org:ws/app", &to,
				      &moved), 0);
	assert_string_equal(moved, "ssh://alice@ssh.example.com:7999/ws/app");
	free(moved);
}

static const struct {
	const char *names[2];
	const char *host; /* NULL: refused */
	unsigned port;
} targets[] = {
	{ { NULL }, "ssh.bitbucket.org", 22 },
	{ { "ssh://git@bitbucket.org" }, "ssh.bitbucket.org", 22 },
	{ { "ssh://git@bitbucket.org", "ssh://git@relay.example.com:2222" },
	  "relay.example.com", 2222 },
	{ { "ssh://git@altssh.bitbucket.org:443" }, "altssh.bitbucket.org",
	  443 },
	{ { "ssh://git@-x" }, NULL, 0 },
};

static void the_new_address_is_the_instances(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(targets); i++) {
		BBK_AUTO(config) config = BBK_CONFIG_INIT;
		BBK_AUTO(url) to = BBK_URL_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		int rc;

		for (size_t j = 0; j < 2 && targets[i].names[j]; j++) {
			bbk_strv_add(&config.keys,
				     "bbkey." BBK_CLOUD_BASE ".ssh");
			bbk_strv_add(&config.values, targets[i].names[j]);
		}
		rc = bbk_moved_target(&to, &config, &err);
		if ((rc == 0) != (targets[i].host != NULL) ||
		    (rc == 0 && to.port != targets[i].port))
			miss("target %zu: %d, port %u", i, rc, to.port);
		if (rc == 0)
			miss_text(to.host, targets[i].host, "host");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_old_address_alone_is_moved),
		TEST(a_moved_url_stays_where_it_is),
		TEST(a_port_takes_the_ssh_form),
		TEST(the_new_address_is_the_instances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
