#include "test.h"

#include "git/global.h"

static const struct {
	const char *text;
	bool good;
	long major, minor;
} versions[] = {
	{ "git version 2.39.5\n", true, 2, 39 },
	{ "git version 2.39.5 (Apple Git-154)\n", true, 2, 39 },
	{ "git version 2.54.0.rc1\n", true, 2, 54 },
	{ "git version 2.54-rc0\n", true, 2, 54 },
	{ "git version 3.0\n", true, 3, 0 },
	{ "git version 3\n", false, 0, 0 },
	{ "git version two.39\n", false, 0, 0 },
	{ "git version 2.\n", false, 0, 0 },
	{ "git version -2.39\n", false, 0, 0 },
	{ "git version 99999999999999999999.1\n", false, 0, 0 },
	{ "git version \n", false, 0, 0 },
	{ "hub version 2.39\n", false, 0, 0 },
	{ "", false, 0, 0 },
};

static void a_version_is_read_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(versions); i++) {
		struct bbk_git_version version = { 0, 0 };
		bool good = bbk_git_version_parse(&version, versions[i].text);

		if (good != versions[i].good ||
		    version.major != versions[i].major ||
		    version.minor != versions[i].minor)
			miss("'%s': %d %ld.%ld", versions[i].text, good,
			     version.major, version.minor);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_version_is_read_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
