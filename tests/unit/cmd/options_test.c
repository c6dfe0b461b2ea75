#include "test.h"

#include <string.h>
#include <unistd.h>

#include "cmd/options.h"
#include "fakes.h"

struct wish {
	bool flag;
	const char *text;
	struct bbk_strv list;
	long days;
};

static const struct bbk_option table[] = {
	{ "flag", BBK_OPTION_FLAG, offsetof(struct wish, flag), NULL, "f",
	  NULL },
	{ "text", BBK_OPTION_STRING, offsetof(struct wish, text), "<t>", "t",
	  NULL },
	{ "list", BBK_OPTION_LIST, offsetof(struct wish, list), "<l>", "l",
	  NULL },
	{ "days", BBK_OPTION_DAYS, offsetof(struct wish, days), "<n>", "d",
	  NULL },
	{ .name = NULL },
};

static int parse(struct wish *wish, struct bbk_common *common,
		 const char *const *args, struct bbk_strv *rest,
		 struct bbk_strv *behind, struct bbk_err *err)
{
	struct fake_term term;
	struct bbk_env env = { .term = &term.term };
	static char copies[32][8][64]; /* getopt looks at the last call's */
	static size_t call;
	char *argv[9] = { NULL };
	int argc = 0;

	fake_term_init(&term, 1);
	optind = 0; /* forget where the last call stopped */
	(void)getopt(1, (char *[]){ copies[0][0], NULL }, "");
	for (call++; args[argc]; argc++) {
		argv[argc] = copies[call % 32][argc];
		strncpy(argv[argc], args[argc], 63);
	}
	*wish = (struct wish){ .list = BBK_STRV_INIT };
	*common = (struct bbk_common){ .help = false };
	return bbk_options_parse(table, wish, common, &env, argc, argv, rest,
				 1, behind, err);
}

static void options_are_read_in_any_place(void **state)
{
	static const char *const args[] = { "cmd", "url", "--flag", "--list",
					    "a", "--list=b", "-n", NULL };
	BBK_AUTO(strv) rest = BBK_STRV_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	struct bbk_common common;
	struct wish wish;

	(void)state;
	assert_int_equal(parse(&wish, &common, args, &rest, NULL, &err), 0);
	assert_true(wish.flag && common.dry_run && !common.json);
	assert_int_equal(wish.list.len, 2);
	assert_string_equal(rest.v[0], "url");
	bbk_strv_release(&wish.list);
}

static void what_is_not_understood_is_named(void **state)
{
	static const struct {
		const char *args[6];
		const char *words;
	} rows[] = {
		{ { "cmd", "--nope", NULL }, "'--nope'" },
		{ { "cmd", "-z", NULL }, "'-z'" },
		{ { "cmd", "-zv", NULL }, "'-z" },
		{ { "cmd", "-vz", NULL }, "z'" },
		{ { "cmd", "--days", NULL }, "'--days'" },
		{ { "cmd", "--days=0", NULL }, "days" },
		{ { "cmd", "--days=36501", NULL }, "days" },
		{ { "cmd", "--days=1x", NULL }, "days" },
		{ { "cmd", "--days=-1", NULL }, "days" },
		{ { "cmd", "a", "b", NULL }, "'b'" },
		{ { "cmd", "a", "--", "-b", NULL }, "'-b'" },
		{ { "cmd", "--flag=x", NULL }, "flag" },
		{ { "cmd", "--color=pink", NULL }, "color" },
		{ { "cmd", "--\033[2J", NULL }, "'--?[2J'" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(strv) rest = BBK_STRV_INIT;
		BBK_AUTO(err) err = BBK_ERR_INIT;
		struct bbk_common common;
		struct wish wish;

		if (parse(&wish, &common, rows[i].args, &rest, NULL,
			  &err) != -1)
			miss("row %zu is taken", i);
		else if (!strstr(err.what, rows[i].words))
			miss("row %zu: '%s'", i, err.what);
		miss_class(&err, BBK_E_USAGE, rows[i].args[1]);
		bbk_strv_release(&wish.list);
	}
}

static void what_is_behind_two_dashes_is_handed_on(void **state)
{
	static const char *const args[] = { "cmd", "url", "--", "--depth",
					    "1", "--", NULL };
	BBK_AUTO(strv) rest = BBK_STRV_INIT;
	BBK_AUTO(strv) behind = BBK_STRV_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	struct bbk_common common;
	struct wish wish;

	(void)state;
	assert_int_equal(parse(&wish, &common, args, &rest, &behind, &err), 0);
	assert_int_equal(behind.len, 3);
	assert_string_equal(behind.v[2], "--");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(options_are_read_in_any_place),
		TEST(what_is_not_understood_is_named),
		TEST(what_is_behind_two_dashes_is_handed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
