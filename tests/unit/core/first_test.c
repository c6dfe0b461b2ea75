#include "test.h"

#include <unistd.h>

#include "machine.h"

#define KEY ".ssh/bbkey_h"

/* git's own ssh, which runs beside us and sees what a row says. */
struct beside {
	struct bbk_offer offer;
	int sees[2]; /* as wait() answers, in turn */
	size_t waits;
	int made, went;
	bool key_was_there;
};

static void make(struct bbk_offer *offer, const struct bbk_record *record,
		 const struct bbk_strv *pins)
{
	struct beside *beside = (struct beside *)offer;

	beside->made++;
	beside->key_was_there = access(record->key, R_OK) == 0 && pins->len;
}

static void have(struct bbk_offer *offer, const struct bbk_record *record)
{
	(void)offer, (void)record;
}

static int wait_for_key(struct bbk_offer *offer, struct bbk_hostkey *seen,
			int64_t max_ms)
{
	struct beside *beside = (struct beside *)offer;
	int sees = beside->sees[beside->waits++ > 0];

	(void)max_ms;
	if (sees > 0) {
		bbk_replace(&seen->name, "[h]:7999");
		bbk_replace(&seen->type, "ssh-ed25519");
		bbk_replace(&seen->blob, "AAAAC3NzaC1lZDI1NTE5AAAAIMAVef3l83+1"
					 "0NIfa5A4914HeEFAdQumx4IrKf1XD+5z");
		bbk_replace(&seen->fingerprint, HOST_KEY);
	}
	return sees;
}

static void go(struct bbk_offer *offer)
{
	((struct beside *)offer)->went++;
}

static const struct {
	const char *row;
	int sees[2];
	enum bbk_ssh_outcome outcome; /* of a connection of our own */
	enum bbk_class class;
	enum bbk_ensured result;
	size_t sent, held;
	int went;
	bool key; /* stays behind */
} rows[] = {
	{ "a pinned host key", { 1, 1 }, BBK_SSH_DENIED, BBK_OK,
	  BBK_ENSURED_GONE, 1, 0, 1, true },
	{ "it comes late", { -2, 1 }, BBK_SSH_DENIED, BBK_OK,
	  BBK_ENSURED_GONE, 1, 1, 1, true },
	{ "another, and it is wrong", { 0, 0 }, BBK_SSH_HOST_CHANGED,
	  BBK_E_HOSTKEY, BBK_ENSURED_STOP, 0, 1, 0, false },
	{ "another, late", { -2, 0 }, BBK_SSH_HOST_CHANGED, BBK_E_HOSTKEY,
	  BBK_ENSURED_STOP, 0, 1, 0, false },
	{ "ssh is gone", { -1, -1 }, BBK_SSH_DENIED, BBK_OK,
	  BBK_ENSURED_GONE, 0, 1, 0, false },
	{ "gone, late", { -2, -1 }, BBK_SSH_DENIED, BBK_OK, BBK_ENSURED_GONE,
	  0, 1, 0, false },
};

static void no_token_leaves_before_the_host_key_is_a_good_one(void **state)
{
	static const struct fake_reply replies[] = { POSTED };

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct beside beside = { .offer = { make, have, wait_for_key,
						    go, NULL },
					 .sees = { rows[i].sees[0],
						   rows[i].sees[1] } };
		struct bbk_ensure_wish wish = clone_it;
		struct machine m;

		wish.offer = &beside.offer;
		machine_init(&m, "always", -1);
		machine_meet(&m, rows[i].outcome, replies, 1);
		if (machine_ensure(&m, &wish, rows[i].class) !=
		    rows[i].result)
			miss("%s: result %d", rows[i].row,
			     (int)m.answer.result);
		if (beside.made != 1 || !beside.key_was_there)
			miss("%s: the offer is wrong", rows[i].row);
		if (beside.went != rows[i].went)
			miss("%s: let through %d times", rows[i].row,
			     beside.went);
		if (m.http.requests.len != rows[i].sent ||
		    m.http.with_token != rows[i].sent ||
		    m.http.held != rows[i].held)
			miss("%s: %zu sent, %zu with the token, %zu held",
			     rows[i].row, m.http.requests.len,
			     m.http.with_token, m.http.held);
		if ((access(test_path(KEY), F_OK) == 0) != rows[i].key)
			miss("%s: the key %s", rows[i].row,
			     rows[i].key ? "is gone" : "stays");
		machine_forget();
		machine_release(&m);
	}
}

static void a_refused_post_lets_nobody_through(void **state)
{
	static const struct fake_reply replies[] = {
		{ .status = 403, .body = "{}" },
	};
	struct beside beside = { .offer = { make, have, wait_for_key, go,
					    NULL }, .sees = { 1, 1 } };
	struct bbk_ensure_wish wish = clone_it;
	struct machine m;

	(void)state;
	wish.offer = &beside.offer;
	machine_init(&m, "always", -1);
	machine_meet(&m, BBK_SSH_DENIED, replies, 1);
	(void)machine_ensure(&m, &wish, BBK_E_PERMISSION);
	assert_int_equal(beside.went, 0);
	assert_null(test_read(
		test_path("state/records/h:7999/proj/@project")));
	machine_release(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_token_leaves_before_the_host_key_is_a_good_one),
		TEST(a_refused_post_lets_nobody_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
