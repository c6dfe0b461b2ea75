#include "test.h"

#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "credential/request.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_is_whole_or_none),
		TEST(none_is_nothing_at_all),
		TEST(lines_and_their_number_have_a_limit),
		TEST(it_is_read_from_a_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
