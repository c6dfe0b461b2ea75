#include "test.h"

#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/url.h"

static const struct {
	const char *text;
	const char *canonical; /* with user@ */
	bool password, scp_like;
} good[] = {
	{ "https://bb.example.com", "https://bb.example.com", false, false },
	{ "https://bb.example.com/", "https://bb.example.com", false, false },
	{ "https://BB.Example.COM:443/bitbucket/",
	  "https://bb.example.com/bitbucket", false, false },
	{ "https://bb.example.com:8443/scm/proj/app.git",
	  "https://bb.example.com:8443/scm/proj/app.git", false, false },
	{ "http://bb.example.com:80/x", "http://bb.example.com/x", false,
	  false },
	{ "https://jo:secret@bb.example.com/scm/p/r.git",
	  "https://jo@bb.example.com/scm/p/r.git", true, false },
	{ "https://jo:@bb.example.com", "https://jo@bb.example.com", true,
	  false },
	{ "ssh://git@bb.example.com:7999/~jo/app.git",
	  "ssh://git@bb.example.com:7999/~jo/app.git", false, false },
	{ "ssh://git@bb.example.com:22/p/r", "ssh://git@bb.example.com/p/r",
	  false, false },
	{ "git+ssh://h/p/r", "ssh://h/p/r", false, false },
	{ "ssh+git://h/p/r", "ssh://h/p/r", false, false },
	{ "git@h:p/r.git", "ssh://git@h/p/r.git", false, true },
	{ "h:/p/r.git", "ssh://h/p/r.git", false, true },
	{ "git@[::1]:p/r.git", "ssh://git@[::1]/p/r.git", false, true },
	{ "ssh://[::1]:7999/p/r", "ssh://[::1]:7999/p/r", false, false },
	{ "ssh://[2001:DB8::1]/p/r", "ssh://[2001:db8::1]/p/r", false, false },
	{ "https://127.0.0.1:7990/bb", "https://127.0.0.1:7990/bb", false,
	  false },
	{ "https://h/%7Ejo/a%2Db", "https://h/~jo/a-b", false, false },
	{ "https://xn--bitbucket-q1a.org/x",
	  "https://xn--bitbucket-q1a.org/x", false, false },
};

static void a_url_has_one_canonical_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(good); i++) {
		BBK_AUTO(url) url = BBK_URL_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		BBK_AUTO(str) text = BBK_STR_INIT;

		if (bbk_url_parse(&url, good[i].text, &err) < 0) {
			miss("%s: %s", good[i].text, err.what);
			continue;
		}
		bbk_url_add_user(&text, &url);
		miss_text(bbk_str_get(&text), good[i].canonical,
			  good[i].text);
		if (url.password != good[i].password ||
		    url.scp_like != good[i].scp_like)
			miss("%s: password or scp_like", good[i].text);
	}
}

static void what_was_printed_is_read_back_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(good); i++) {
		BBK_AUTO(url) url = BBK_URL_INIT;
		BBK_AUTO(url) again = BBK_URL_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		BBK_AUTO(str) text = BBK_STR_INIT;
		BBK_AUTO(str) twice = BBK_STR_INIT;

		assert_int_equal(bbk_url_parse(&url, good[i].text, &err), 0);
		bbk_url_add_user(&text, &url);
		if (bbk_url_parse(&again, bbk_str_get(&text), &err) < 0) {
			miss("%s: %s", bbk_str_get(&text), err.what);
			continue;
		}
		bbk_url_add_user(&twice, &again);
		miss_text(bbk_str_get(&twice), bbk_str_get(&text),
			  good[i].text);
		if (!bbk_url_same_origin(&url, &again))
			miss("%s: another origin", good[i].text);
	}
}

/* Acceptance M1 to M6, 3.1, and the parser disagreements. */
static const char *const hostile[] = {
	"", " ", "https://", "https:///h/x", "ssh://", "ssh:///p/r", "@h:p/r",
	/* M1: control characters, raw and encoded, in every part */
	"https://h\n/x", "https://h\r/x", "https://h\t/x", "https://h /x",
	"https://h/x\033[2J", "https://h/x\177", "https://h/x\302\205",
	"https://u\n@h/x", "ssh://git@h:22\n/p/r", "git@h:p/r\n",
	"https://h/%0a", "https://h/%0d", "https://h/%00", "https://h/%1b",
	"https://h%0a/x", "https://u%0a@h/x", "ssh://h:%32%32/p/r",
	"https://h/%7f", "https://h/%c2%9b", "https://h/%ff",
	"https://h/%c0%ae%c0%ae/", "https://h/x\300\256", "https://h/%",
	"https://h/%4", "https://h/%zz", "https://h/a%2", "https://h/%%41",
	/* M2: a dash in front, also after decoding */
	"ssh://-oProxyCommand=touch%20x/x", "ssh://u@-oX/x", "ssh://-h/p/r",
	"ssh://%2doX/x", "-oProxyCommand=x:p/r", "git@-h:p/r",
	"ssh://-git@h/p/r", "ssh://h:-1/p/r", "-l:p/r", "https://-u@h/",
	/* M3: what a path may not have */
	"https://h/a%2fb", "https://h/a%5cb", "https://h/a\\b",
	"https://h/../x", "https://h/a/..", "https://h/./x", "https://h//x",
	"https://h/a//b", "https://h/%2e%2e/x", "https://h/a;b",
	"https://h/a?b", "https://h/a#b", "https://h?x", "https://h#x",
	"https://h/$(id)", "https://h/`id`", "https://h/a'b", "https://h/a\"b",
	"https://h/a:b", "https://h/a@b", "https://h/{x}", "https://h/*",
	"https://h/a&b", "https://h/a=b", "https://h/a,b", "https://h/a+b",
	/* M4: hosts that are not what they look like */
	"https://b\321\226tbucket.org/", "https://\357\275\202itbucket.org/",
	"https://bitbucket.org./", "https://.bitbucket.org/",
	"https://bit..bucket.org/", "https://bitbucket.org%2eevil/",
	"https://0x7f000001/", "https://2130706433/", "https://127.1/",
	"https://0177.0.0.1/", "https://127.0.0.01/", "https://127.0.0.256/",
	"https://127.0.0.0x1/", "https://1.2.3.4.5/", "https://h.1/",
	"https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/",
	"https://[::1/", "https://::1/", "https://[]/", "https://[g::1]/",
	"https://[::1]x/", "https://x[::1]/", "https://[[::1]]/",
	"https://h_x/", "https://h*/", "https://h;id/", "https://$(id)/",
	/* M5: userinfo */
	"https://u@h1@h2/", "ssh://u@h1@h2/p/r", "u@h1@h2:p/r",
	"https://u%40h/", "https://u%40h@evil/", "https://@h/",
	"https://:pw@h/", "https://u$x@h/", "https://u\\x@h/",
	"https://$(id)@h/", "https://u:p@w@h/", "u:pw@h:p/r",
	"ssh://u'@h/p/r", "ssh://_u@h/p/r",
	/* M6: ports */
	"https://h:0/", "https://h:65536/", "https://h:022/",
	"https://h:22abc/", "https://h:-1/", "https://h:/", "https://h:",
	"https://h:00443/", "https://h:4294967739/", "https://h:+443/",
	"https://h:443:443/", "https://h:18446744073709552059/",
	"https://[::1]:/", "https://[::1]:0/",
	/* parsers disagree */
	"ssh://h%2f..%2f/x", "https://h%2fevil/", "https://h\\@evil/",
	"https://h\\.evil/", "//h/x",
	/* other schemes */
	"file:///etc/passwd", "ftp://h/x", "git://h/x", "ext::sh -c id",
	"https2://h/x", "HTTPS://h/x", "/etc/passwd", "./x",
	"../x", "a/b:c", "x", "h:", ":", ":p/r", "[::1]", "[h:22]:p/r",
};

static void a_hostile_url_is_refused_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(hostile); i++) {
		BBK_AUTO(url) url = BBK_URL_INIT;
		BBK_AUTO(address) address = BBK_ADDRESS_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;

		if (!strcmp(hostile[i], "h:"))
			continue; /* a host, and nothing there: no harm */
		if (bbk_url_parse(&url, hostile[i], &err) == 0) {
			miss("'%s' became %s port %u path '%s'", hostile[i],
			     url.host, url.port, url.path);
			continue;
		}
		miss_class(&err, BBK_E_NOT_BITBUCKET, hostile[i]);
		if (url.host || url.path || url.user)
			miss("'%s': something was left behind", hostile[i]);
	}
}

/* "[face:7999]:p/r" is host face port 7999 for git, not an address. */
static void an_ipv6_address_is_one_that_can_exist(void **state)
{
	static const char *const hosts[] = { "[face:7999]", "[:::]", "[....:]",
					     "[1:2]", "[::1::2]",
					     "[12345::1]", "[:]" };

	(void)state;
	for (size_t i = 0; i < ROWS(hosts); i++)
		if (bbk_host_is_valid(hosts[i]))
			miss("%s is taken for an address", hosts[i]);
}

static void a_dash_never_begins_a_part_of_a_path(void **state)
{
	static const char *const texts[] = { "ssh://h/-oX/r", "h:-oX/r",
					     "ssh://h/p/-oX", "https://h/-oX",
					     "https://h/%2doX",
					     "https://h/scm/-p/r.git" };

	(void)state;
	for (size_t i = 0; i < ROWS(texts); i++) {
		BBK_AUTO(url) url = BBK_URL_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;

		if (bbk_url_parse(&url, texts[i], &err) == 0)
			miss("%s is taken", texts[i]);
		else
			miss_class(&err, BBK_E_NOT_BITBUCKET, texts[i]);
	}
}

static void sizes_end_where_the_header_says(void **state)
{
	static const struct {
		size_t len;
		bool good;
	} users[] = { { 1, true }, { 64, true }, { 65, false } },
	  hosts[] = { { 1, true }, { 253, true }, { 254, false } },
	  parts[] = { { 255, true }, { 256, false }, { 5000, false } };
	char text[6000];

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < ROWS(users); i++) {
		BBK_AUTO(str) s = BBK_STR_INIT;

		bbk_str_addn(&s, text, users[i].len);
		if (bbk_user_is_valid(s.s) != users[i].good)
			miss("user of %zu", users[i].len);
		bbk_str_reset(&s);
		bbk_str_addn(&s, text, hosts[i].len);
		if (bbk_host_is_valid(s.s) != hosts[i].good)
			miss("host of %zu", hosts[i].len);
	}
	for (size_t i = 0; i < ROWS(parts); i++) {
		BBK_AUTO(url) url = BBK_URL_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		BBK_AUTO(str) s = BBK_STR_INIT;

		bbk_str_add(&s, "https://h/");
		bbk_str_addn(&s, text, parts[i].len);
		if ((bbk_url_parse(&url, s.s, &err) == 0) != parts[i].good)
			miss("part of %zu", parts[i].len);
	}
}

static void a_look_alike_has_another_origin(void **state)
{
	static const char *const others[] = {
		"http://bitbucket.org", "https://bitbucket.org:444",
		"https://bitbucket.org.evil", "https://evil-bitbucket.org",
		"https://evilbitbucket.org", "https://xn--bitbucket.org",
		"https://bitbucket.org@evil", "ssh://bitbucket.org",
		"https://[::ffff:127.0.0.1]", "https://bitbucket.or",
	};
	BBK_AUTO(url) base = BBK_URL_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	assert_int_equal(bbk_url_parse(&base, "https://bitbucket.org", &err),
			 0);
	for (size_t i = 0; i < ROWS(others); i++) {
		BBK_AUTO(url) other = BBK_URL_INIT;

		if (bbk_url_parse(&other, others[i], &err) == 0 &&
		    bbk_url_same_origin(&base, &other))
			miss("%s is the same as bitbucket.org", others[i]);
		bbk_err_release(&err);
	}
}

static void within_is_by_whole_parts_of_the_path(void **state)
{
	static const struct {
		const char *url, *base;
		bool within;
	} pairs[] = {
		{ "https://h/a", "https://h/a", true },
		{ "https://h/a/b", "https://h/a/", true },
		{ "https://h/a/b", "https://h", true },
		{ "https://h:443/a", "https://h/a", true },
		{ "https://h/ab", "https://h/a", false },
		{ "https://h/a", "https://h/a/b", false },
		{ "https://h:444/a", "https://h/a", false },
		{ "http://h/a", "https://h/a", false },
		{ "https://i/a", "https://h/a", false },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(pairs); i++) {
		BBK_AUTO(url) url = BBK_URL_INIT;
		BBK_AUTO(url) base = BBK_URL_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;

		assert_int_equal(bbk_url_parse(&url, pairs[i].url, &err), 0);
		assert_int_equal(bbk_url_parse(&base, pairs[i].base, &err), 0);
		if (bbk_url_within(&url, &base) != pairs[i].within)
			miss("%s within %s", pairs[i].url, pairs[i].base);
	}
}

static void a_port_is_given_or_the_schemes_own(void **state)
{
	static const struct {
		const char *text;
		unsigned port;
		bool given;
	} ports[] = {
		{ "https://h", 443, false }, { "https://h:443", 443, true },
		{ "http://h/x", 80, false }, { "ssh://h/p/r", 22, false },
		{ "ssh://h:22/p/r", 22, true }, { "h:p/r", 22, false },
		{ "ssh://[::1]:7999/p/r", 7999, true },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(ports); i++) {
		BBK_AUTO(url) url = BBK_URL_INIT;
		BBK_AUTO(url) copy = BBK_URL_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;

		assert_int_equal(bbk_url_parse(&url, ports[i].text, &err), 0);
		bbk_url_copy(&copy, &url);
		if (copy.port != ports[i].port ||
		    copy.port_given != ports[i].given)
			miss("%s: %u, %d", ports[i].text, copy.port,
			     copy.port_given);
	}
}

static void a_failure_leaves_the_old_url(void **state)
{
	BBK_AUTO(url) url = BBK_URL_INIT;
	BBK_AUTO(url) copy = BBK_URL_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	(void)state;
	assert_int_equal(bbk_url_parse(&url, "ssh://git@h:7999/p/r", &err), 0);
	assert_int_equal(bbk_url_parse(&url, "ssh://git@h:0/p/r", &err), -1);
	assert_string_equal(url.host, "h");
	assert_int_equal(url.port, 7999);
	bbk_url_copy(&copy, &url);
	bbk_url_copy(&copy, &url);
	assert_string_equal(copy.user, "git");
	assert_ptr_not_equal(copy.path, url.path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_url_has_one_canonical_form),
		TEST(what_was_printed_is_read_back_the_same),
		TEST(a_hostile_url_is_refused_whole),
		TEST(an_ipv6_address_is_one_that_can_exist),
		TEST(a_dash_never_begins_a_part_of_a_path),
		TEST(sizes_end_where_the_header_says),
		TEST(a_look_alike_has_another_origin),
		TEST(within_is_by_whole_parts_of_the_path),
		TEST(a_port_is_given_or_the_schemes_own),
		TEST(a_failure_leaves_the_old_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
