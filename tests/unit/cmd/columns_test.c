#include "test.h"

#include <stdlib.h>

#include "cmd/columns.h"

static const struct bbk_column column[] = {
	{ "ID", false, 0 },
	{ "LABEL", true, 0 },
	{ "CREATED", false, 1 },
	{ "KEY", false, 2 },
};

static const char *const rows[][4] = {
	{ "1", "a", "2026-12-01", "" },
	{ "22", "a label that is really rather long", "", "" },
};

static char *shown(size_t width, size_t indent, const char *key)
{
	struct bbk_columns columns;
	struct bbk_str out = BBK_STR_INIT;

	bbk_columns_init(&columns, column, ROWS(column));
	for (size_t i = 0; i < ROWS(rows); i++)
		for (size_t j = 0; j < 4; j++)
			bbk_columns_add(&columns, j == 3 ? key : rows[i][j]);
	bbk_columns_text(&columns, &out, width, indent, true);
	bbk_columns_release(&columns);
	return bbk_str_take(&out);
}

static void columns_fit_the_width(void **state)
{
	static const struct {
		const char *name;
		size_t width, indent;
		const char *key, *text;
	} cases[] = {
		{ "no terminal", 0, 0, NULL,
		  "ID  LABEL                               CREATED\n"
		  "1   a                                   2026-12-01\n"
		  "22  a label that is really rather long\n" },
		{ "just wide enough", 50, 0, NULL,
		  "ID  LABEL                               CREATED\n"
		  "1   a                                   2026-12-01\n"
		  "22  a label that is really rather long\n" },
		{ "the label is cut", 40, 2, NULL,
		  "  ID  LABEL                   CREATED\n"
		  "  1   a                       2026-12-01\n"
		  "  22  a label that is reall\u2026\n" },
		{ "a column goes, the sparest first", 30, 0, "k",
		  "ID  LABEL                  KEY\n"
		  "1   a                      k\n"
		  "22  a label that is real\u2026  k\n" },
		{ "and the next", 20, 0, "k",
		  "ID  LABEL\n"
		  "1   a\n"
		  "22  a label that is\u2026\n" },
		{ "what cannot be spared stays", 4, 0, "k",
		  "ID  LABEL\n"
		  "1   a\n"
		  "22  a label that is\u2026\n" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		char *text = shown(cases[i].width, cases[i].indent,
				   cases[i].key);

		miss_text(text, cases[i].text, cases[i].name);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(columns_fit_the_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
