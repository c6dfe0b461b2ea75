#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "machine.h"

#define PUT "PUT https://h/rest/keys/latest/projects/PROJ/ssh/5/permission/" \
	    "PROJECT_WRITE"

static struct bbk_ensure_wish push(bool submodule, bool batch)
{
	struct bbk_ensure_wish wish = clone_it;

	wish.why = BBK_ENSURE_PUSH;
	wish.submodule = submodule;
	wish.batch = batch;
	return wish;
}

/* The key as the server has it, for bbk_grant_look(). */
static char *list_of_keys(void)
{
	const char *line = test_read(test_path(".ssh/bbkey_h.pub"));

	assert_non_null(line);
	line = strchr(line, ' ') + 1;
	return bbk_strf("{\"isLastPage\":true,\"values\":[{\"permission\":"
			"\"PROJECT_READ\",\"key\":{\"id\":5,\"text\":"
			"\"ssh-ed25519 %.*s c\",\"label\":\"l\"}}]}",
			(int)strcspn(line, " "), line);
}

static bool record_says(const char *line)
{
	return strstr(test_read(test_path("state/records/h:7999/proj/"
					  "@project")), line) != NULL;
}

static bool may_push(void)
{
	return record_says("permission write\n");
}

static bool own_keys_push(void)
{
	return record_says("own_push yes\n");
}

static void a_yes_gives_the_key_write_access_by_one_put(void **state)
{
	const struct bbk_ensure_wish wish = push(false, false);
	struct machine m;
	char *list;

	(void)state;
	machine_registered(&m, "always", 1);
	list = list_of_keys();
	machine_meet(&m, BBK_SSH_DENIED, (const struct fake_reply[]){
		     { .status = 200, .body = list },
		     { .status = 200, .body = "{}" } }, 2);
	assert_int_equal(machine_ensure(&m, &wish, BBK_OK),
			 BBK_ENSURED_READY);
	assert_int_equal(m.http.requests.len, 2);
	miss_text(m.http.requests.v[1], PUT, "the upgrade");
	assert_true(may_push());
	assert_int_equal(m.term.questions.len, 1);
	assert_non_null(strstr(m.answer.talk, "may push"));
	/* and it is not asked for again */
	machine_meet(&m, BBK_SSH_DENIED, (const struct fake_reply[]){
		     { .status = 500 } }, 1);
	assert_int_equal(machine_ensure(&m, &wish, BBK_OK),
			 BBK_ENSURED_READY);
	EXPECT(&m, "again", NULL);
	free(list);
	machine_release(&m);
}

static void configuration_upgrades_without_a_question(void **state)
{
	const struct bbk_ensure_wish wish = push(false, true);
	struct machine m;
	char *list;

	(void)state;
	machine_registered(&m, "ask", -1);
	machine_set(&m, BASE "permission", "write");
	list = list_of_keys();
	machine_meet(&m, BBK_SSH_DENIED, (const struct fake_reply[]){
		     { .status = 200, .body = list },
		     { .status = 200, .body = "{}" } }, 2);
	assert_int_equal(machine_ensure(&m, &wish, BBK_OK),
			 BBK_ENSURED_READY);
	assert_true(may_push());
	assert_int_equal(m.term.questions.len, 0);
	free(list);
	machine_release(&m);
}

static void without_leave_a_push_is_stopped_before_anything_is_sent(
	void **state)
{
	static const struct {
		const char *row, *automatic;
		int answer;
		bool write, submodule, batch;
	} rows[] = {
		{ "no", "always", 0, false, false, false },
		{ "nobody there", "always", -1, false, false, false },
		{ "batch", "always", 1, false, false, true },
		{ "a submodule", "always", 1, false, true, false },
		{ "a submodule, write", "always", 1, true, true, false },
		{ "never, write", "never", -1, true, false, false },
	};
	static const struct fake_reply replies[] = { { .status = 500 } };

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct bbk_ensure_wish wish = push(rows[i].submodule,
							 rows[i].batch);
		struct machine m;

		machine_registered(&m, rows[i].automatic, rows[i].answer);
		if (rows[i].write)
			machine_set(&m, BASE "permission", "write");
		machine_meet(&m, BBK_SSH_DENIED, replies, 1);
		if (machine_ensure(&m, &wish, BBK_E_PERMISSION) !=
		    BBK_ENSURED_STOP)
			miss("%s: it is not stopped", rows[i].row);
		EXPECT(&m, rows[i].row, NULL);
		if (may_push())
			miss("%s: it may push", rows[i].row);
		machine_forget();
		machine_release(&m);
	}
}

static void a_refused_put_stops_the_push_and_is_not_remembered(void **state)
{
	const struct bbk_ensure_wish wish = push(false, false);
	struct machine m;
	char *list;

	(void)state;
	machine_registered(&m, "always", 1);
	list = list_of_keys();
	machine_meet(&m, BBK_SSH_DENIED, (const struct fake_reply[]){
		     { .status = 200, .body = list },
		     { .status = 403, .body = "{}" } }, 2);
	assert_int_equal(machine_ensure(&m, &wish, BBK_E_PERMISSION),
			 BBK_ENSURED_STOP);
	assert_false(may_push());
	free(list);
	machine_release(&m);
}

static bool has_keys(struct bbk_ssh *ssh)
{
	(void)ssh;
	return true;
}

static void own_keys_that_may_push_are_remembered_and_nothing_is_sent(
	void **state)
{
	static const struct fake_reply replies[] = { { .status = 500 } };
	const struct bbk_ensure_wish wish = push(false, false);
	struct machine m;

	(void)state;
	machine_registered(&m, "always", 1);
	machine_meet(&m, BBK_SSH_OK, replies, 1);
	m.ssh.ssh.agent_has_keys = has_keys;
	assert_int_equal(machine_ensure(&m, &wish, BBK_OK),
			 BBK_ENSURED_READY);
	EXPECT(&m, "own keys", NULL);
	assert_int_equal(m.term.questions.len, 0);
	assert_false(may_push());
	assert_true(own_keys_push());
	machine_release(&m);
}

static void own_keys_that_may_push_no_more_are_forgotten(void **state)
{
	static const struct fake_reply replies[] = { { .status = 500 } };
	const struct bbk_ensure_wish wish = push(false, true);
	struct machine m;

	(void)state;
	machine_registered(&m, "always", 1);
	machine_meet(&m, BBK_SSH_OK, replies, 1);
	m.ssh.ssh.agent_has_keys = has_keys;
	assert_int_equal(machine_ensure(&m, &wish, BBK_OK),
			 BBK_ENSURED_READY);
	assert_true(own_keys_push());
	machine_meet(&m, BBK_SSH_DENIED, replies, 1);
	assert_int_equal(machine_ensure(&m, &wish, BBK_E_PERMISSION),
			 BBK_ENSURED_STOP);
	assert_false(own_keys_push());
	EXPECT(&m, "own keys no more", NULL);
	machine_release(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_yes_gives_the_key_write_access_by_one_put),
		TEST(configuration_upgrades_without_a_question),
		TEST(without_leave_a_push_is_stopped_before_anything_is_sent),
		TEST(a_refused_put_stops_the_push_and_is_not_remembered),
		TEST(own_keys_that_may_push_are_remembered_and_nothing_is_sent),
		TEST(own_keys_that_may_push_no_more_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
