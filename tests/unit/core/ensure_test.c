#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine.h"

static const char *record(void)
{
	return test_read(test_path("state/records/h:7999/proj/@project"));
}

/* --- for the first time ----------------------------------------------- */

static void a_new_key_is_posted_once_and_remembered(void **state)
{
	static const struct fake_reply replies[] = { POSTED };
	struct machine m;

	(void)state;
	machine_init(&m, "always", -1);
	machine_meet(&m, BBK_SSH_DENIED, replies, 1);
	assert_int_equal(machine_ensure(&m, &clone_it, BBK_OK),
			 BBK_ENSURED_FRESH);
	EXPECT(&m, "first", POST, NULL);
	assert_non_null(record());
	assert_non_null(strstr(record(), "permission read\n"));
	machine_meet(&m, BBK_SSH_DENIED, replies, 1);
	assert_int_equal(machine_ensure(&m, &clone_it, BBK_OK),
			 BBK_ENSURED_READY);
	EXPECT(&m, "on record", NULL);
	assert_int_equal(m.ssh.ran, 0);
	machine_release(&m);
}

static bool has_keys(struct bbk_ssh *ssh)
{
	(void)ssh;
	return true;
}

static void keys_of_the_persons_own_make_nothing_needed(void **state)
{
	static const struct fake_reply replies[] = { POSTED };
	struct machine m;

	(void)state;
	machine_init(&m, "always", -1);
	machine_meet(&m, BBK_SSH_OK, replies, 1);
	m.ssh.ssh.agent_has_keys = has_keys;
	assert_int_equal(machine_ensure(&m, &clone_it, BBK_OK),
			 BBK_ENSURED_READY);
	EXPECT(&m, "own keys", NULL);
	assert_int_equal(access(m.env.paths.ssh, F_OK), -1);
	assert_non_null(test_read(
		test_path("state/records/h:7999/proj/app")));
	machine_release(&m);
}

static void without_leave_nothing_is_made_or_sent(void **state)
{
	static const struct {
		const char *row, *automatic;
		int answer;
		bool submodule, batch;
		size_t questions;
	} rows[] = {
		{ "never", "never", 1, false, false, 0 },
		{ "asked, no", "ask", 0, false, false, 1 },
		{ "nobody there", "ask", -1, false, false, 0 },
		{ "batch", "ask", 1, false, true, 0 },
		{ "a submodule", "always", 1, true, false, 0 },
	};
	static const struct fake_reply replies[] = { POSTED };

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct bbk_ensure_wish wish = clone_it;
		struct machine m;

		wish.submodule = rows[i].submodule;
		wish.batch = rows[i].batch;
		machine_init(&m, rows[i].automatic, rows[i].answer);
		machine_meet(&m, BBK_SSH_DENIED, replies, 1);
		if (machine_ensure(&m, &wish, BBK_OK) != BBK_ENSURED_PLAIN)
			miss("%s: it is not plain", rows[i].row);
		EXPECT(&m, rows[i].row, NULL);
		if (access(m.env.paths.ssh, F_OK) == 0)
			miss("%s: a key was made", rows[i].row);
		if (m.term.questions.len != rows[i].questions)
			miss("%s: %zu questions", rows[i].row,
			     m.term.questions.len);
		machine_release(&m);
	}
}

static void a_submodule_of_a_listed_project_is_registered(void **state)
{
	static const struct fake_reply replies[] = { POSTED };
	struct bbk_ensure_wish wish = clone_it;
	struct machine m;

	(void)state;
	wish.submodule = true;
	machine_init(&m, "ask", 0);
	machine_set(&m, BASE "projects", "PROJ");
	machine_meet(&m, BBK_SSH_DENIED, replies, 1);
	assert_int_equal(machine_ensure(&m, &wish, BBK_OK),
			 BBK_ENSURED_FRESH);
	EXPECT(&m, "listed", POST, NULL);
	assert_int_equal(m.term.questions.len, 0);
	machine_release(&m);
}

/* --- repair ----------------------------------------------------------- */

static const char *blob(void)
{
	static char text[200];
	const char *line = test_read(test_path(".ssh/bbkey_h.pub"));

	assert_non_null(line);
	line = strchr(line, ' ') + 1;
	(void)snprintf(text, sizeof(text), "%.*s", (int)strcspn(line, " "),
		       line);
	return text;
}

static struct bbk_ensure_wish repair(enum bbk_ensure_why why)
{
	struct bbk_ensure_wish wish = clone_it;

	wish.why = why;
	return wish;
}

static void a_refusal_that_the_server_does_not_mean_changes_nothing(
	void **state)
{
	static const struct fake_reply replies[] = { PAGE("") };
	const struct bbk_ensure_wish wish = repair(BBK_ENSURE_DENIED);
	struct machine m;

	(void)state;
	machine_registered(&m, "always", -1);
	machine_meet(&m, BBK_SSH_OK, replies, 1);
	assert_int_equal(machine_ensure(&m, &wish, BBK_OK),
			 BBK_ENSURED_READY);
	EXPECT(&m, "not meant", NULL);
	machine_release(&m);
}

static void a_revoked_key_is_registered_again(void **state)
{
	static const struct fake_reply replies[] = { PAGE(""), POSTED };
	const struct bbk_ensure_wish wish = repair(BBK_ENSURE_DENIED);
	struct machine m;
	char *before;

	(void)state;
	machine_registered(&m, "always", -1);
	before = bbk_strdup(blob());
	machine_meet(&m, BBK_SSH_DENIED, replies, 2);
	assert_int_equal(machine_ensure(&m, &wish, BBK_OK),
			 BBK_ENSURED_FRESH);
	assert_int_equal(m.http.requests.len, 2);
	miss_text(m.http.requests.v[1], POST, "revoked");
	miss_text(blob(), before, "the same key");
	assert_non_null(strstr(m.answer.talk, "now it is again"));
	free(before);
	machine_release(&m);
}

static void a_repair_needs_leave(void **state)
{
	static const struct fake_reply replies[] = { PAGE(""), POSTED };
	const struct bbk_ensure_wish wish = repair(BBK_ENSURE_DENIED);
	struct machine m;

	(void)state;
	machine_registered(&m, "ask", 0);
	machine_meet(&m, BBK_SSH_DENIED, replies, 2);
	assert_int_equal(machine_ensure(&m, &wish, BBK_E_DENIED),
			 BBK_ENSURED_OVER);
	EXPECT(&m, "no", NULL);
	assert_int_equal(m.term.questions.len, 1);
	machine_release(&m);
}

/* The key as the server lists it, with these fields more. */
static char *listed(const char *more)
{
	return bbk_strf("{\"isLastPage\":true,\"values\":[{\"permission\":"
			"\"PROJECT_READ\",\"key\":{\"id\":5,\"text\":"
			"\"ssh-ed25519 %s c\",\"label\":\"l\"%s}}]}", blob(),
			more);
}

static void an_expired_key_is_replaced_and_taken_away(void **state)
{
	const struct bbk_ensure_wish wish = repair(BBK_ENSURE_DENIED);
	struct machine m;
	char *before, *list;

	(void)state;
	machine_registered(&m, "always", -1);
	before = bbk_strdup(blob());
	list = listed(",\"createdDate\":1577836800000,\"expiryDays\":30");
	machine_meet(&m, BBK_SSH_DENIED,
	     (const struct fake_reply[]){ { .status = 200, .body = list },
					  POSTED, { .status = 204 } }, 3);
	assert_int_equal(machine_ensure(&m, &wish, BBK_OK),
			 BBK_ENSURED_FRESH);
	assert_int_equal(m.http.requests.len, 3);
	miss_text(m.http.requests.v[1], POST, "the new one");
	miss_text(m.http.requests.v[2], "DELETE https://h/rest/keys/latest/"
		  "projects/PROJ/ssh/5", "the old one");
	assert_string_not_equal(blob(), before);
	assert_non_null(strstr(m.answer.talk, "had expired"));
	free(before);
	free(list);
	machine_release(&m);
}

static void a_key_that_is_registered_and_refused_is_not_posted(void **state)
{
	const struct bbk_ensure_wish wish = repair(BBK_ENSURE_DENIED);
	struct machine m;
	char *list;

	(void)state;
	machine_registered(&m, "always", -1);
	list = listed("");
	machine_meet(&m, BBK_SSH_DENIED,
	     (const struct fake_reply[]){ { .status = 200, .body = list } },
	     1);
	assert_int_equal(machine_ensure(&m, &wish, BBK_E_DENIED),
			 BBK_ENSURED_OVER);
	assert_int_equal(m.http.requests.len, 1);
	free(list);
	machine_release(&m);
}

static void a_lost_grant_is_made_again_where_the_repository_is(void **state)
{
	static const struct fake_reply there[] = { REPO, PAGE(""), POSTED },
				       gone[] = { GONE };
	const struct bbk_ensure_wish wish = repair(BBK_ENSURE_NO_ACCESS);
	struct machine m;

	(void)state;
	machine_registered(&m, "always", -1);
	machine_meet(&m, BBK_SSH_NO_ACCESS, gone, 1);
	assert_int_equal(machine_ensure(&m, &wish, BBK_E_DENIED),
			 BBK_ENSURED_OVER);
	EXPECT(&m, "no repository", "GET https://h/rest/api/latest/projects/"
	       "PROJ/repos/app", NULL);
	machine_meet(&m, BBK_SSH_NO_ACCESS, there, 3);
	assert_int_equal(machine_ensure(&m, &wish, BBK_OK),
			 BBK_ENSURED_FRESH);
	assert_int_equal(m.http.requests.len, 3);
	miss_text(m.http.requests.v[2], POST, "the grant");
	machine_release(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_key_is_posted_once_and_remembered),
		TEST(keys_of_the_persons_own_make_nothing_needed),
		TEST(without_leave_nothing_is_made_or_sent),
		TEST(a_submodule_of_a_listed_project_is_registered),
		TEST(a_refusal_that_the_server_does_not_mean_changes_nothing),
		TEST(a_revoked_key_is_registered_again),
		TEST(a_repair_needs_leave),
		TEST(an_expired_key_is_replaced_and_taken_away),
		TEST(a_key_that_is_registered_and_refused_is_not_posted),
		TEST(a_lost_grant_is_made_again_where_the_repository_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
