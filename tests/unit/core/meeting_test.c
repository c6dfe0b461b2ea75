#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "core/meeting.h"

#define PINNED "SHA256:pinned"
#define NOBODY_WAITS 99

/* An ssh that answers, one after the other, what the row says. */
struct player {
	struct bbk_offer offer;
	struct bbk_rest rest;
	const int *answers; /* of wait(), ends with NOBODY_WAITS */
	const char *shown;
	int64_t last_ms; /* the last wait() was given */
	bool connects;	 /* the request comes as far as being held back */
	int enlisted;	 /* requests that went out */
};

static int answer(struct bbk_offer *offer, struct bbk_hostkey *seen,
		  int64_t max_ms)
{
	struct player *player = (struct player *)offer;

	assert_int_not_equal(*player->answers, NOBODY_WAITS);
	player->last_ms = max_ms;
	bbk_replace(&seen->fingerprint, player->shown);
	return *player->answers++;
}

/* As a request does: bitbucket/http.h. */
static int enlist(void *arg, struct bbk_err *err)
{
	struct player *player = arg;
	struct bbk_hold *hold = player->rest.hold;

	if (!player->connects || (hold && hold->ask(hold) < 0))
		return bbk_err_set(err, BBK_E_NETWORK, "nothing was sent");
	player->enlisted++;
	return 0;
}

static void nothing_is_sent_before_a_pinned_host_key(void **state)
{
	static const struct {
		const char *what;
		int answers[4];
		const char *shown;
		bool connects;
		enum bbk_met met;
		int enlisted, rc;
	} rows[] = {
		{ "pinned", { 1, NOBODY_WAITS }, PINNED, true, BBK_MET_PINNED,
		  1, 0 },
		{ "pinned, late", { -2, 1, NOBODY_WAITS }, PINNED, true,
		  BBK_MET_PINNED, 1, 0 },
		{ "never", { -2, -2, NOBODY_WAITS }, PINNED, true,
		  BBK_MET_NOT_YET, 0, -1 },
		{ "said to be pinned", { 1, NOBODY_WAITS }, "SHA256:other",
		  true, BBK_MET_ANOTHER, 0, -1 },
		{ "said to be, late", { -2, 1, NOBODY_WAITS }, "SHA256:other",
		  true, BBK_MET_ANOTHER, 0, -1 },
		{ "another", { 0, NOBODY_WAITS }, PINNED, true,
		  BBK_MET_ANOTHER, 0, -1 },
		{ "nobody", { -1, NOBODY_WAITS }, PINNED, true,
		  BBK_MET_NOBODY, 0, -1 },
		{ "no REST", { NOBODY_WAITS }, PINNED, false, BBK_MET_NOT_YET,
		  0, -1 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		BBK_AUTO(err) err = BBK_ERR_INIT;
		BBK_AUTO(strv) pins = BBK_STRV_INIT;
		BBK_AUTO(meeting) meeting = BBK_MEETING_INIT;
		struct player player = {
			.offer = { .wait = answer }, .rest = BBK_REST_INIT,
			.answers = rows[i].answers, .shown = rows[i].shown,
			.connects = rows[i].connects,
		};

		bbk_strv_addl(&pins, "SHA256:older", PINNED, NULL);
		meeting.offer = &player.offer;
		meeting.pins = &pins;
		meeting.patience_ms = 123;
		if (bbk_meeting_enlist(&meeting, &player.rest, enlist, &player,
				       &err) != rows[i].rc)
			miss("%s: rc", rows[i].what);
		if (meeting.met != rows[i].met)
			miss("%s: met %d", rows[i].what, (int)meeting.met);
		if (player.enlisted != rows[i].enlisted)
			miss("%s: %d sent", rows[i].what, player.enlisted);
		if (meeting.late && player.last_ms != 123)
			miss("%s: no patience", rows[i].what);
		if (*player.answers != NOBODY_WAITS)
			miss("%s: not all were waited for", rows[i].what);
		assert_null(player.rest.hold);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_sent_before_a_pinned_host_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
