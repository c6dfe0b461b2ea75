#include "test.h"

#include <string.h>

#include "store/splice.h"

#define OURS "/home/u/.config/git-bbkey/template"
#define HEAD "[user]\n\tname = T\n"

static void set(struct bbk_str *str, const char *text)
{
	bbk_str_reset(str);
	bbk_str_add(str, text);
}

static void find(struct bbk_splice *splice, const char *before,
		 const char *after)
{
	BBK_AUTO(str) a = BBK_STR_INIT;
	BBK_AUTO(str) b = BBK_STR_INIT;

	set(&a, before);
	set(&b, after);
	bbk_splice_find(splice, &a, &b);
}

static const struct {
	const char *before, *after, *was, *now;
} changes[] = {
	{ HEAD, HEAD "[init]\n\ttemplateDir = " OURS "\n", "",
	  "[init]\n\ttemplateDir = " OURS "\n" },
	{ "", "[init]\n\tx = y\n", "", "[init]\n\tx = y\n" },
	{ "[init]\r\n  templateDir=~/t ; mine\r\n[a]\n",
	  "[init]\r\n\ttemplateDir = " OURS "\n[a]\n",
	  "  templateDir=~/t ; mine\r\n", "\ttemplateDir = " OURS "\n" },
	{ "[user]\n\tname = T", "[user]\n\tname = T\n[init]\n\tx = y\n",
	  "\tname = T", "\tname = T\n[init]\n\tx = y\n" },
	{ "[a]\n\tx = 1\n\tx = 1\n", "[a]\n\tx = 1\n\tx = 1\n\tx = 1\n", "",
	  "\tx = 1\n" },
	{ HEAD, HEAD, "", "" },
	{ "", "", "", "" },
};

static void a_change_is_the_lines_that_differ(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(changes); i++) {
		BBK_AUTO(splice) splice = BBK_SPLICE_INIT;

		find(&splice, changes[i].before, changes[i].after);
		miss_text(bbk_str_get(&splice.was), changes[i].was,
			  changes[i].before);
		miss_text(bbk_str_get(&splice.now), changes[i].now,
			  changes[i].before);
	}
}

static void what_nobody_touched_comes_back_to_the_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(changes); i++) {
		BBK_AUTO(splice) splice = BBK_SPLICE_INIT;
		BBK_AUTO(str) text = BBK_STR_INIT;
		BBK_AUTO(str) out = BBK_STR_INIT;
		bool undone;

		find(&splice, changes[i].before, changes[i].after);
		set(&text, changes[i].after);
		undone = bbk_splice_undo(&splice, &text, &out);
		/* "x = 1" three times: nobody knows which one was ours */
		if (undone != (splice.now.len && i != 4))
			miss("row %zu: %d", i, undone);
		if (undone)
			miss_text(bbk_str_get(&out), changes[i].before,
				  changes[i].before);
	}
}

/* What a person did in between; want NULL: not to be undone by bytes. */
static const struct {
	const char *before, *after, *edited, *want;
} edits[] = {
	{ HEAD, HEAD "[init]\n\tx = y\n",
	  "# mine\n" HEAD "[init]\n\tx = y\n[core]\n\tz = 1\n",
	  "# mine\n" HEAD "[core]\n\tz = 1\n" },
	{ "[user]\n\tname = T", "[user]\n\tname = T\n[init]\n\tx = y\n",
	  "[user]\n\tname = T\n[init]\n\tx = y\n[core]\n\tz = 1\n",
	  "[user]\n\tname = T\n[core]\n\tz = 1\n" },
	{ HEAD, HEAD "[init]\n\tx = y\n",
	  HEAD "[init]\n\tx = y\n\tdefaultBranch = main\n", NULL },
	{ HEAD, HEAD "[init]\n\tx = y\n", HEAD "[init]\n\tx = y\n# end\n",
	  NULL },
	{ HEAD, HEAD "[init]\n\tx = y\n", HEAD "[init]\n\tx = other\n", NULL },
	{ HEAD, HEAD "[init]\n\tx = y\n", HEAD "[init]\n\tx = y", NULL },
	{ HEAD, HEAD "[init]\n\tx = y\n",
	  HEAD "[init]\n\tx = y\n[init]\n\tx = y\n", NULL },
	{ HEAD, HEAD "[init]\n\tx = y\n", "", NULL },
	{ "[a]\n\tp = ~/h\n\tq = 1\n", "[a]\n\tp = /h\n\tq = 1\n",
	  "[a]\n\tp = /h\n\tq = 2\n", "[a]\n\tp = ~/h\n\tq = 2\n" },
	{ "[a]\n\tp = ~/h\n", "[a]\n\tp = /h\n", "[a]\n\t\tp = /h\n", NULL },
};

static void what_somebody_touched_is_undone_only_where_that_is_safe(
	void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(edits); i++) {
		BBK_AUTO(splice) splice = BBK_SPLICE_INIT;
		BBK_AUTO(str) text = BBK_STR_INIT;
		BBK_AUTO(str) out = BBK_STR_INIT;
		bool undone;

		find(&splice, edits[i].before, edits[i].after);
		set(&text, edits[i].edited);
		undone = bbk_splice_undo(&splice, &text, &out);
		if (undone != (edits[i].want != NULL))
			miss("row %zu: %d", i, undone);
		miss_text(bbk_str_get(&out), edits[i].want ? edits[i].want : "",
			  edits[i].edited);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_change_is_the_lines_that_differ),
		TEST(what_nobody_touched_comes_back_to_the_byte),
		TEST(what_somebody_touched_is_undone_only_where_that_is_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
