#include "core/meeting.h"

#include <stdlib.h>

/* curl's deadlines run while a request is held back: it waits no longer. */
#define HOLD_MS 8000

void bbk_meeting_release(struct bbk_meeting *meeting)
{
	bbk_hostkey_release(&meeting->seen);
	*meeting = (struct bbk_meeting)BBK_MEETING_INIT;
}

static void wait_for_ssh(struct bbk_meeting *meeting, int64_t max_ms)
{
	int rc = meeting->offer->wait(meeting->offer, &meeting->seen, max_ms);

	if (rc > 0 && !bbk_strv_has(meeting->pins, meeting->seen.fingerprint))
		rc = 0;
	meeting->met = rc > 0 ? BBK_MET_PINNED : rc == 0 ? BBK_MET_ANOTHER :
		       rc == -1 ? BBK_MET_NOBODY : BBK_MET_NOT_YET;
}

/* No byte of a request, and no token, before the host key is a good one. */
static int hold_back(struct bbk_hold *hold)
{
	struct bbk_meeting *meeting = (struct bbk_meeting *)hold;

	if (meeting->met == BBK_MET_NOT_YET && !meeting->late) {
		wait_for_ssh(meeting, HOLD_MS);
		meeting->late = meeting->met == BBK_MET_NOT_YET;
	}
	return meeting->met == BBK_MET_PINNED ? 0 : -1;
}

int bbk_meeting_enlist(struct bbk_meeting *meeting, struct bbk_rest *rest,
		       int (*enlist)(void *arg, struct bbk_err *err),
		       void *arg, struct bbk_err *err)
{
	int rc;

	meeting->hold.ask = hold_back;
	rest->hold = &meeting->hold;
	rc = enlist(arg, err);
	rest->hold = NULL;
	if (meeting->late) {
		bbk_err_release(err); /* ssh is slow: nothing was sent yet */
		wait_for_ssh(meeting, meeting->patience_ms);
		if (meeting->met == BBK_MET_PINNED)
			rc = enlist(arg, err);
	}
	return rc;
}
