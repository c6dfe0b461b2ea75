#include "test.h"

#include <stdlib.h>

#include "core/remember.h"

static const struct bbk_edition *const editions[] = { &bbk_datacenter,
						      &bbk_cloud };

static void remember(const struct bbk_edition *edition, enum bbk_scope scope,
		     const char *project, const char *key,
		     const struct bbk_place *place)
{
	BBK_AUTO(instance) instance = BBK_INSTANCE_INIT;
	BBK_AUTO(record) record = BBK_RECORD_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	instance.edition = edition;
	record.scope = scope;
	if (edition->is_cloud)
		bbk_replace(&record.workspace, place->project);
	bbk_replace(&record.project, project);
	record.key = bbk_strdup(key);
	assert_int_equal(bbk_remember(&record, &instance, test_dir(), place,
				      &err), 0);
}

static void expect(const struct bbk_place *place, const char *key)
{
	BBK_AUTO(record) record = BBK_RECORD_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;
	int rc = bbk_record_find(&record, test_dir(), place, &err);

	if (rc != (key ? 0 : 1))
		miss("%s/%s: %d", place->project, place->repo, rc);
	else
		miss_text(record.key, key, place->repo);
}

/* No URL of Cloud names the project. */
static void a_key_of_a_cloud_project_is_kept_with_its_repositories(
	void **state)
{
	static const struct bbk_place app = { "c", 22, "acme", "app", NULL },
		tool = { "c", 22, "acme", "tool", NULL },
		core = { "c", 22, "acme", "core", NULL },
		other = { "c", 22, "other", "app", NULL };

	(void)state;
	remember(&bbk_cloud, BBK_SCOPE_PROJECT, "PROJ", "proj", &app);
	expect(&app, "proj");
	expect(&tool, "proj"); /* the likely one */
	expect(&other, NULL);
	remember(&bbk_cloud, BBK_SCOPE_PROJECT, "LIB", "lib", &core);
	expect(&core, "lib");
	expect(&app, "proj");
	expect(&tool, "proj"); /* the first one stays */
	remember(&bbk_cloud, BBK_SCOPE_PROJECT, "PROJ", "new", &app);
	expect(&tool, "new");
}

static void a_key_of_a_project_is_kept_with_the_project(void **state)
{
	static const struct bbk_place app = { "h", 7999, "proj", "app", NULL },
		tool = { "h", 7999, "proj", "tool", NULL };

	(void)state;
	remember(&bbk_datacenter, BBK_SCOPE_PROJECT, "PROJ", "a", &app);
	remember(&bbk_datacenter, BBK_SCOPE_PROJECT, "PROJ", "b", &tool);
	expect(&app, "b");
}

static void a_second_account_is_kept_where_it_was_chosen(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(editions); i++) {
		const char *host = i ? "c" : "h";
		const struct bbk_place one = { host, 22, "one", "app", NULL },
			two = { host, 22, "two", "app", NULL },
			three = { host, 22, "three", "app", NULL };

		remember(editions[i], BBK_SCOPE_PERSONAL, NULL, "mine", &one);
		expect(&two, "mine");
		remember(editions[i], BBK_SCOPE_PERSONAL, NULL, "work", &two);
		expect(&two, "work");
		expect(&one, "mine");
		expect(&three, "mine");
		remember(editions[i], BBK_SCOPE_PERSONAL, NULL, "mine", &one);
		expect(&two, "work");
	}
}

/* jo@bitbucket.org: what is git's own is of no use to jo. */
static void an_account_that_a_url_of_cloud_names_has_its_own(void **state)
{
	struct bbk_place place = { "c", 22, "acme", "app", NULL };

	(void)state;
	remember(&bbk_cloud, BBK_SCOPE_PROJECT, "PROJ", "proj", &place);
	place.user = "jo";
	expect(&place, NULL);
	remember(&bbk_cloud, BBK_SCOPE_PERSONAL, NULL, "jo's", &place);
	expect(&place, "jo's");
	place.user = NULL;
	expect(&place, "proj");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_key_of_a_cloud_project_is_kept_with_its_repositories),
		TEST(a_key_of_a_project_is_kept_with_the_project),
		TEST(a_second_account_is_kept_where_it_was_chosen),
		TEST(an_account_that_a_url_of_cloud_names_has_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
