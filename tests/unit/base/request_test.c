#include "test.h"

#include <string.h>
#include <unistd.h>

#include "base/request.h"
#include "base/str.h"

#define TEXT(s) s, sizeof(s) - 1

/* Acceptance 3.2 */
static void a_request_is_whole_or_none(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		bool good;
	} rows[] = {
		{ TEXT("protocol=https\nhost=h\n\n"), true },
		{ TEXT("protocol=https\nhost=h:7990\npath=a=b\n"), true },
		{ TEXT("capability[]=authtype\nprotocol=https\nhost=h\n"
		       "wwwauth[]=a\nwwwauth[]=b\n\n"), true },
		{ TEXT("protocol=https\nhost=h\n\nhost=evil\n"), true },
		{ TEXT(""), false }, { TEXT("\n"), false },
		{ TEXT("protocol=https\n\n"), false },
		{ TEXT("host=h\n\n"), false },
		{ TEXT("protocol=\nhost=h\n\n"), false },
		{ TEXT("protocol=https\nhost=\n\n"), false },
		{ TEXT("protocol=https\nhost"), false },
		{ TEXT("protocol=https\nhost=h"), false },
		{ TEXT("protocol=https\nhost=a\nhost=b\n\n"), false },
		{ TEXT("protocol=https\nprotocol=http\nhost=a\n\n"), false },
		{ TEXT("protocol=https\nhost=a\npath=x\npath=y\n\n"), false },
		{ TEXT("protocol=https\nhost=a\nusername=x\nusername=y\n\n"),
		  false },
		{ TEXT("protocol=https\nhost=a\npassword=x\npassword=x\n\n"),
		  false },
		{ TEXT("protocol=https\nhost=a\rhost=b\n\n"), false },
		{ TEXT("protocol=https\r\nhost=a\r\n\r\n"), false },
		{ TEXT("protocol=https\nhost=a\0b\n\n"), false },
		{ TEXT("protocol=https\nhost=a\n=x\n\n"), false },
		{ TEXT("protocol=https\nhost=a\nnothing\n\n"), false },
		{ TEXT("\nprotocol=https\nhost=a\n\n"), false },
		{ TEXT("protocol=https\nhost=a\n\n\0"), false },
		{ TEXT("protocol=https\nhost=a\n\n\r"), false },
		{ TEXT("\377\376\n"), false },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(request) request = BBK_REQUEST_INIT;

		if (bbk_request_parse(&request, rows[i].text, rows[i].len) !=
		    rows[i].good)
			miss("row %zu: '%s'", i, rows[i].text);
	}
}

/* A caller that looks at the fields of none must not find half of one. */
static void none_is_nothing_at_all(void **state)
{
	static const char text[] = "protocol=https\nhost=evil\nhost=h\n\n";
	BBK_AUTO(request) request = BBK_REQUEST_INIT;

	(void)state;
	assert_false(bbk_request_parse(&request, text, sizeof(text) - 1));
	if (request.protocol || request.host)
		miss("host '%s' is left", request.host);
}

/* M15 */
static void lines_and_their_number_have_a_limit(void **state)
{
	static const struct {
		size_t bytes;
		int lines;
		bool good;
	} rows[] = { { 65535, 3, true },  { 65536, 3, false },
		     { 200000, 3, false }, { 10, 64, true },
		     { 10, 65, false } };

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(request) request = BBK_REQUEST_INIT;
		BBK_AUTO(str) text = BBK_STR_INIT;

		bbk_str_add(&text, "protocol=https\nhost=h\nx=");
		for (size_t n = 2; n < rows[i].bytes; n++)
			bbk_str_addc(&text, 'x');
		bbk_str_addc(&text, '\n');
		for (int n = 3; n < rows[i].lines; n++)
			bbk_str_add(&text, "y=1\n");
		if (bbk_request_parse(&request, text.s, text.len) !=
		    rows[i].good)
			miss("row %zu", i);
	}
}

static void it_is_read_from_a_pipe(void **state)
{
	static const char text[] = "protocol=https\nhost=h\nusername=jo\n\n";
	BBK_AUTO(request) request = BBK_REQUEST_INIT;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], text, sizeof(text) - 1),
			 sizeof(text) - 1);
	close(fds[1]);
	assert_true(bbk_request_read(&request, fds[0]));
	close(fds[0]);
	assert_string_equal(request.username, "jo");
	assert_null(request.path);
}

static void it_ends_at_the_empty_line(void **state)
{
	static const char text[] = "protocol=https\nhost=h\n\nhost=evil\n";
	BBK_AUTO(request) request = BBK_REQUEST_INIT;

	(void)state;
	assert_true(bbk_request_parse(&request, text, sizeof(text) - 1));
	assert_string_equal(request.text, "protocol=https\nhost=h\n");
	assert_string_equal(request.host, "h");
}

static int fds_left_open[2];

static void read_with_the_other_end_open(void)
{
	BBK_AUTO(request) request = BBK_REQUEST_INIT;

	if (!bbk_request_read(&request, fds_left_open[0]))
		_exit(1);
}

/* A caller may wait for the answer before it closes its end. */
static void the_end_of_input_is_not_waited_for(void **state)
{
	static const char *const parts[] = { "protocol=https\nhost=h\n", "\n" };

	(void)state;
	assert_int_equal(pipe(fds_left_open), 0);
	for (size_t i = 0; i < ROWS(parts); i++)
		assert_int_equal(write(fds_left_open[1], parts[i],
				       strlen(parts[i])), strlen(parts[i]));
	assert_true(test_ends_within(5, read_with_the_other_end_open));
	close(fds_left_open[0]);
	close(fds_left_open[1]);
}

static void capabilities_are_a_list(void **state)
{
	static const struct {
		const char *lines;
		bool authtype;
	} rows[] = {
		{ "", false },
		{ "capability[]=authtype\n", true },
		{ "capability[]=authtype\ncapability[]=state\n", true },
		{ "capability[]=state\ncapability[]=authtype\n", true },
		{ "capability[]=state\n", false },
		{ "capability[]=authtypes\n", false },
		{ "capability[]=auth\n", false },
		{ "capability=authtype\n", false },
		{ "capability[]=authtype\ncapability[]=\n", false },
		{ "capability[]=\ncapability[]=authtype\n", true },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(request) request = BBK_REQUEST_INIT;
		BBK_AUTO(str) text = BBK_STR_INIT;

		bbk_str_addf(&text, "%sprotocol=https\nhost=h\n",
			     rows[i].lines);
		assert_true(bbk_request_parse(&request, text.s, text.len));
		if (request.authtype != rows[i].authtype)
			miss("%s", rows[i].lines);
	}
}

/* Acceptance 3.2: exact scheme, canonical host and port. */
static void a_place_is_canonical_or_none(void **state)
{
	static const struct {
		const char *lines, *url; /* NULL: none */
	} rows[] = {
		{ "protocol=https\nhost=h\n", "https://h" },
		{ "protocol=https\nhost=H:443\n", "https://h" },
		{ "protocol=https\nhost=h:7990\npath=bb/scm/p/r.git\n",
		  "https://h:7990/bb/scm/p/r.git" },
		{ "protocol=https\nhost=h\npath=\n", "https://h" },
		{ "protocol=https\nhost=[::1]:8443\n", "https://[::1]:8443" },
		{ "protocol=http\nhost=h\n", NULL },
		{ "protocol=HTTPS\nhost=h\n", NULL },
		{ "protocol=ssh\nhost=h\n", NULL },
		{ "protocol=https\nhost=h.\n", NULL },
		{ "protocol=https\nhost=h:\n", NULL },
		{ "protocol=https\nhost=h:0443\n", NULL },
		{ "protocol=https\nhost=h:65536\n", NULL },
		{ "protocol=https\nhost=u@h\n", NULL },
		{ "protocol=https\nhost=h/evil\n", NULL },
		{ "protocol=https\nhost=h?evil\n", NULL },
		{ "protocol=https\nhost=h#evil\n", NULL },
		{ "protocol=https\nhost=h\\evil\n", NULL },
		{ "protocol=https\nhost=h%2fevil\n", NULL },
		{ "protocol=https\nhost= h\n", NULL },
		{ "protocol=https\nhost=127.1\n", NULL },
		{ "protocol=https\nhost=h\npath=/x\n", NULL },
		{ "protocol=https\nhost=h\npath=bb/../x\n", NULL },
		{ "protocol=https\nhost=h\npath=bb%2fx\n", NULL },
		{ "protocol=https\nhost=h\npath=bb?x\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(request) request = BBK_REQUEST_INIT;
		BBK_AUTO(url) url = BBK_URL_INIT;
		BBK_AUTO(str) text = BBK_STR_INIT;

		assert_true(bbk_request_parse(&request, rows[i].lines,
					      strlen(rows[i].lines)));
		if (bbk_request_url(&request, &url))
			bbk_url_add(&text, &url);
		miss_text(text.s, rows[i].url, rows[i].lines);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_is_whole_or_none),
		TEST(none_is_nothing_at_all),
		TEST(lines_and_their_number_have_a_limit),
		TEST(it_is_read_from_a_pipe),
		TEST(it_ends_at_the_empty_line),
		TEST(the_end_of_input_is_not_waited_for),
		TEST(capabilities_are_a_list),
		TEST(a_place_is_canonical_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
