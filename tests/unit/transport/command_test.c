#include "test.h"

#include <stdio.h>
#include <string.h>

#include "transport/command.h"

/* What a row leaves out is not there. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define UP "git-upload-pack '/proj/app.git'"
#define O BBK_COMMAND_OTHER
#define G BBK_COMMAND_GIT
#define R BBK_COMMAND_REFUSED
#define S BBK_COMMAND_STRANGE

static const struct {
	const char *argv[10];
	enum bbk_command_kind kind;
	const char *user, *host;
	unsigned port;
	const char *project, *repo;
	bool batch;
} rows[] = {
	/* as git writes it */
	{ { "git@h", UP }, G, "git", "h", 22, "proj", "app", false },
	{ { "-o", "SendEnv=GIT_PROTOCOL", "-p", "7999", "git@H.Example", UP },
	  G, "git", "h.example", 7999, "proj", "app", false },
	{ { "-4", "-p7999", "git@h", "git-receive-pack '/PROJ/app'" }, G,
	  "git", "h", 7999, "PROJ", "app", false },
	{ { "h", "git-upload-archive '/proj/app.git'" }, G, "git", "h", 22,
	  "proj", "app", false },
	{ { "git@h", "git-upload-pack '~jo/app.git'" }, G, "git", "h", 22,
	  "~jo", "app", false },
	{ { "git@h", "git-upload-pack '/~jo/app.git'" }, G, "git", "h", 22,
	  "~jo", "app", false },
	{ { "git@h", "git upload-pack '/proj/app.git'" }, G, "git", "h", 22,
	  "proj", "app", false },
	{ { "git@h", "git-upload-pack 'proj/app.git'" }, G, "git", "h", 22,
	  "proj", "app", false },
	/* LFS */
	{ { "-p", "7999", "git@h", "git-lfs-authenticate proj/app.git upload" },
	  G, "git", "h", 7999, "proj", "app", false },
	{ { "git@h", "git-lfs-authenticate '/proj/app.git' download" }, G,
	  "git", "h", 22, "proj", "app", false },
	{ { "git@h", "git-lfs-transfer /proj/app.git upload" }, G, "git", "h",
	  22, "proj", "app", false },
	/* M16: together, and behind the host */
	{ { "-4Ap22", "git@h", UP }, G, "git", "h", 22, "proj", "app", false },
	{ { "-4Ap", "7999", "git@h", UP }, G, "git", "h", 7999, "proj", "app",
	  false },
	{ { "git@h", "-p", "7999", UP }, G, "git", "h", 7999, "proj", "app",
	  false },
	{ { "-lgit", "h", UP }, G, "git", "h", 22, "proj", "app", false },
	{ { "--", "git@h", UP }, G, "git", "h", 22, "proj", "app", false },
	{ { "git@h", "--", UP }, G, "git", "h", 22, "proj", "app", false },
	{ { "-oBatchMode=yes", "git@h", UP }, G, "git", "h", 22, "proj", "app",
	  true },
	{ { "-o", "batchmode yes", "git@h", UP }, G, "git", "h", 22, "proj",
	  "app", true },
	{ { "-oBatchMode=no", "git@h", UP }, G, "git", "h", 22, "proj", "app",
	  false },
	{ { "-p", "22", "git@[::1]", UP }, G, "git", "[::1]", 22, "proj",
	  "app", false },
	/* S17: not ours */
	{ { "-G", "git@h" }, O }, { { "-V" }, O }, { { "-Q", "key" }, O },
	{ { "-O", "check", "h" }, O }, { { "-G", "h", UP }, O },
	{ { "h" }, O }, { { "h", "ls" }, O }, { { "h", "git", "x" }, O },
	{ { "-W", "h:22", "j" }, O }, { { "-i", "k", "git@h", UP }, O },
	{ { "-F", "/dev/null", "git@h", UP }, O },
	{ { "-oPort=7999", "git@h", UP }, O },
	{ { "-o", "HostName x", "git@h", UP }, O },
	{ { "-oUser=x", "git@h", UP }, O },
	{ { "-oIdentityFile=x", "git@h", UP }, O },
	{ { "-z", "git@h", UP }, O }, { { "-p" }, O }, { { NULL }, O },
	{ { "--host", UP }, O }, { { "git@h", UP, "more" }, O },
	{ { "git@h_x", UP }, O }, { { "git+x@h", UP }, O },
	{ { "git@h", "git-upload-pack" }, O },
	{ { "git@h", "git-upload-pack " }, S, "git", "h", 22 },
	{ { "git@h", "git-upload-pack 'x'" }, S, "git", "h", 22 },
	{ { "git@h", "git-upload-pack '/a/b/c.git'" }, O },
	{ { "git@h", "git-upload-pack 'acme/app.git/wiki'" }, O },
	{ { "git@h", "git-upload-pack 'acme/app/../x'" }, S, "git", "h", 22 },
	{ { "git@h", "git-upload-pack '/a/b/-c'" }, S, "git", "h", 22 },
	{ { "git@h", "git-upload-pack '/a//c'" }, S, "git", "h", 22 },
	{ { "git@h", "git-upload-pack '/a/b/c d'" }, S, "git", "h", 22 },
	{ { "git@h", "git-upload-pack '/../x.git'" }, S, "git", "h", 22 },
	{ { "git@h", "git-upload-pack '/p/..git'" }, S, "git", "h", 22 },
	{ { "git@h", "git-upload-pack '/p/-r.git'" }, S, "git", "h", 22 },
	{ { "git@h", "git-upload-pack '/p/r" }, S, "git", "h", 22 },
	{ { "git@h", "git-upload-pack '/p/r'\\''x'" }, S, "git", "h", 22 },
	{ { "git@h", "git-upload-pack '/p/r!'" }, S, "git", "h", 22 },
	{ { "git@h", "git-shell -c x" }, O },
	{ { "git@h", "git-upload-packx '/p/r'" }, O },
	{ { "git@h", "git-upload-pack '/p/\303\274'" }, S, "git", "h", 22 },
	/* M2, and what git lets through */
	{ { "user@-oProxyCommand=x", UP }, R }, { { "h;id", UP }, R },
	{ { "$(id)", UP }, R }, { { "`id`", UP }, R }, { { "", UP }, R },
	{ { "h\nx", UP }, R }, { { "u@h1@h2", UP }, R }, { { "@h", UP }, R },
	{ { "git@", UP }, R }, { { "-p", "99999", "h", UP }, R },
	{ { "-p", "0", "h", UP }, R }, { { "-p", "22abc", "h", UP }, R },
	{ { "-p", "-1", "h", UP }, R }, { { "-p", "", "h", UP }, R },
	{ { "-p022", "h", UP }, R }, { { "u$x@h", UP }, R },
	{ { "u$(id)@h", UP }, R }, { { "u\\x@h", UP }, R },
	{ { "-u@h", UP }, O }, { { "--", "-u@h", UP }, R },
	{ { "--", "-oProxyCommand=x", UP }, R }, { { "h%2f", UP }, R },
	{ { "h x", UP }, R }, { { "h|id", UP }, R }, { { "h'", UP }, R },
	{ { "h\033", UP }, R }, { { "b\321\226tbucket.org", UP }, R },
	{ { "git@h", "git-upload-pack '/p/r\n.git'" }, R },
	{ { "git@h", "git-upload-pack '/p/r\033.git'" }, R },
	{ { "-l", "$(id)", "h", UP }, R }, { { "-l", "-x", "h", UP }, R },
	{ { "-l", "", "h", UP }, R },
};

static enum bbk_command_kind parse(struct bbk_command *command,
				   const char *const *args)
{
	char *argv[12] = { (char[]){ "git-bbkey-ssh" } };
	char copy[10][128];
	int argc = 1;

	for (; argc < 11 && args[argc - 1]; argc++) {
		strncpy(copy[argc - 1], args[argc - 1], 127);
		copy[argc - 1][127] = '\0';
		argv[argc] = copy[argc - 1];
	}
	return bbk_command_parse(command, argc, argv);
}

/* Of the rows that are git's, none has a 'p' in another option. */
static bool has_port(const char *const *args)
{
	for (; *args && strncmp(*args, "git", 3) != 0; args++)
		if (args[0][0] == '-' && args[0][1] != 'o' &&
		    strchr(args[0], 'p'))
			return true;
	return args[0] && args[1] && !strcmp(args[1], "-p");
}

static void what_git_wants_is_told_apart(void **state)
{
	static const struct {
		const char *remote;
		bool fetch, push, lfs;
	} wishes[] = {
		{ "git-upload-pack '/p/r.git'", true, false, false },
		{ "git-receive-pack '/p/r.git'", false, true, false },
		{ "git-lfs-authenticate p/r.git upload", false, false, true },
		{ "git-lfs-transfer p/r.git upload", false, false, false },
		{ "git-upload-archive '/p/r.git'", false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(wishes); i++) {
		const char *args[10] = { "git@h", wishes[i].remote };
		BBK_AUTO(command) c = BBK_COMMAND_INIT;

		assert_int_equal(parse(&c, args), G);
		assert_int_equal(c.fetch, wishes[i].fetch);
		assert_int_equal(c.push, wishes[i].push);
		assert_int_equal(c.lfs, wishes[i].lfs);
	}
}

static void command_lines_are_read_as_ssh_reads_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(command) c = BBK_COMMAND_INIT;
		enum bbk_command_kind kind = parse(&c, rows[i].argv);
		char name[64];

		(void)snprintf(name, sizeof(name), "row %zu (%.20s %.20s)", i,
			       rows[i].argv[0] ? rows[i].argv[0] : "",
			       rows[i].argv[0] && rows[i].argv[1] ?
				       rows[i].argv[1] : "");
		if (kind != rows[i].kind) {
			miss("%s: kind %d, not %d", name, rows[i].kind, kind);
			continue;
		}
		miss_text(c.user, rows[i].user, name);
		miss_text(c.host, rows[i].host, name);
		miss_text(c.project, rows[i].project, name);
		miss_text(c.repo, rows[i].repo, name);
		if ((kind == G || kind == S) &&
		    c.port_given != has_port(rows[i].argv))
			miss("%s: port_given %d", name, c.port_given);
		if (c.port != rows[i].port || c.batch != rows[i].batch)
			miss("%s: port %u, batch %d", name, c.port, c.batch);
	}
}

/* OpenSSH 9.2: the first -p and the first user count; then ours must too. */
static void the_first_of_two_counts_as_for_ssh(void **state)
{
	static const char *const ports[] = { "-p1", "-p", "2", "git@h", UP,
					     NULL },
		*const users[] = { "-lone", "-ltwo", "h", UP, NULL },
		*const before[] = { "-lone", "two@h", UP, NULL },
		*const behind[] = { "two@h", "-lone", UP, NULL };
	BBK_AUTO(command) c = BBK_COMMAND_INIT;

	(void)state;
	assert_int_equal(parse(&c, ports), G);
	if (c.port != 1)
		miss("-p1 -p2: port %u", c.port);
	assert_int_equal(parse(&c, users), G);
	miss_text(c.user, "one", "-lone -ltwo");
	assert_int_equal(parse(&c, before), G);
	miss_text(c.user, "one", "-lone two@h");
	assert_int_equal(parse(&c, behind), G);
	miss_text(c.user, "two", "two@h -lone");
}

/* ssh skips blanks and takes tabs, quotes and '=' with blanks around it. */
static void an_option_that_redirects_is_seen_in_every_spelling(void **state)
{
	static const char *const options[] = {
		" Port=7999", "Port\t7999", "\tHostName=x", "Port = 7999",
		"port\"7999\"", "  User=x", "CERTIFICATEFILE x",
		"HostKeyAlias=x",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(options); i++) {
		const char *const args[] = { "-o", options[i], "git@h", UP,
					     NULL };
		BBK_AUTO(command) c = BBK_COMMAND_INIT;

		if (parse(&c, args) != O)
			miss("-o '%s' is overlooked", options[i]);
	}
}

/* sh would join what is behind the quote; then it is another path. */
static void a_path_that_goes_on_behind_its_quote_is_not_ours(void **state)
{
	static const char *const remotes[] = {
		"git-upload-pack '/p/r'/../../o/s", "git-upload-pack '/p/r'x",
		"git-upload-pack '/p/r';id", "git-upload-pack '/p/r'$(id)",
		"git-upload-pack '/p/r''x'", "git-upload-pack '/p/r' ; id",
		"git-upload-pack /p/r /o/s",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(remotes); i++) {
		const char *const args[] = { "git@h", remotes[i], NULL };
		BBK_AUTO(command) c = BBK_COMMAND_INIT;

		if (parse(&c, args) == G)
			miss("%s: taken for '%s/%s'", remotes[i], c.project,
			     c.repo);
	}
}

static void two_hundred_options_are_read(void **state)
{
	char name[] = "git-bbkey-ssh", option[] = "-o", value[] = "SendEnv=X";
	char *argv[405] = { name };
	BBK_AUTO(command) c = BBK_COMMAND_INIT;
	int argc = 1;

	(void)state;
	while (argc < 401) {
		argv[argc++] = option;
		argv[argc++] = value;
	}
	argv[argc++] = (char[]){ "git@h" };
	argv[argc++] = (char[]){ UP };
	assert_int_equal(bbk_command_parse(&c, argc, argv), G);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(command_lines_are_read_as_ssh_reads_them),
		TEST(what_git_wants_is_told_apart),
		TEST(the_first_of_two_counts_as_for_ssh),
		TEST(an_option_that_redirects_is_seen_in_every_spelling),
		TEST(a_path_that_goes_on_behind_its_quote_is_not_ours),
		TEST(two_hundred_options_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
