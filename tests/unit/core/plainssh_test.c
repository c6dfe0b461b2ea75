#include "test.h"

#include <stdlib.h>

#include "core/plainssh.h"

static void the_include_line_carries_any_path(void **state)
{
	static const struct {
		const char *config, *want;
	} rows[] = {
		{ "/home/u/.config/git-bbkey",
		  "Include \"/home/u/.config/git-bbkey/ssh_config\"" },
		{ "/a b", "Include \"/a b/ssh_config\"" },
		{ "/a\"b", "Include \"/a\\\"b/ssh_config\"" },
		{ "/a%h", "Include \"/a?h/ssh_config\"" },
		{ "/${HOME}", "Include \"/?{HOME}/ssh_config\"" },
		{ "/a*?[b]", "Include \"/a\\\\*\\\\?\\\\[b\\\\]/ssh_config\"" },
		{ "/a\\b", "Include \"/a\\\\\\\\b/ssh_config\"" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char *got = bbk_plainssh_include(rows[i].config);

		miss_text(got, rows[i].want, rows[i].config);
		free(got);
	}
}

static void an_instance_has_one_entry(void **state)
{
	static const struct {
		const char *text, *base, *want;
	} rows[] = {
		{ "", "https://a", "# https://a\nNEW\n" },
		{ "# https://a\nOLD\n\n", "https://a", "# https://a\nNEW\n" },
		{ "# https://a\nOLD\n\n# https://b\nB\n\n", "https://a",
		  "# https://b\nB\n\n# https://a\nNEW\n" },
		{ "# https://a/b\nOLD\n\n", "https://a",
		  "# https://a/b\nOLD\n\n# https://a\nNEW\n" },
		{ "# https://a\nOLD\n", "https://a", "# https://a\nNEW\n" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(str) got = BBK_STR_INIT;

		bbk_plainssh_put(&got, rows[i].text, rows[i].base, "NEW");
		miss_text(bbk_str_get(&got), rows[i].want, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_include_line_carries_any_path),
		TEST(an_instance_has_one_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
