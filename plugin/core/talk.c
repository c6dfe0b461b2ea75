#include "core/talk.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"

#define LINE_MAX_LEN 65536
#define SLICE_MS 20 /* how often git is looked at */

/* The offer is its first member. */
static struct bbk_talk *talk_of(struct bbk_offer *offer)
{
	return (struct bbk_talk *)offer;
}

static void tell(struct bbk_talk *talk, const struct bbk_str *lines)
{
	(void)bbk_write_all(talk->out, bbk_str_get(lines), lines->len);
}

void bbk_talk_say(struct bbk_talk *talk, const char *line)
{
	BBK_AUTO(str) lines = BBK_STR_INIT;

	bbk_str_addf(&lines, "%s\n", line);
	tell(talk, &lines);
}

static void make_offer(struct bbk_offer *offer,
		       const struct bbk_record *record,
		       const struct bbk_strv *pins)
{
	BBK_AUTO(str) lines = BBK_STR_INIT;

	bbk_str_addf(&lines, "key %s\n", record->key);
	if (record->agent)
		bbk_str_add(&lines, "agent yes\n");
	if (record->known_hosts)
		bbk_str_addf(&lines, "known_hosts %s\n", record->known_hosts);
	for (size_t i = 0; i < pins->len; i++)
		bbk_str_addf(&lines, "pin %s\n", pins->v[i]);
	bbk_str_add(&lines, "offer\n");
	tell(talk_of(offer), &lines);
}

static void tell_key(struct bbk_offer *offer, const struct bbk_record *record)
{
	BBK_AUTO(str) lines = BBK_STR_INIT;

	if (record->key)
		bbk_str_addf(&lines, "key %s\n", record->key);
	tell(talk_of(offer), &lines);
}

static void let_go(struct bbk_offer *offer)
{
	bbk_talk_say(talk_of(offer), "fresh");
}

/* "<name> <type> <blob> <fingerprint>" */
static int read_hostkey(struct bbk_hostkey *key, const char *text)
{
	char **fields[] = { &key->name, &key->type, &key->blob,
			    &key->fingerprint };

	for (size_t i = 0; i < BBK_ARRAY_LEN(fields); i++) {
		size_t len = strcspn(text, " ");

		if (!len)
			return -1;
		free(*fields[i]);
		*fields[i] = bbk_strndup(text, len);
		text += len + (text[len] == ' ');
	}
	return 0;
}

enum ready { READABLE, LATE, GONE };

/*
 * Others below git may have the socket, too, and stay: its end is git's, which
 * is looked at now and then.
 */
static enum ready wait_beside_git(struct bbk_talk *talk, struct pollfd *in,
				  int64_t max_ms)
{
	struct bbk_clock *clock = &bbk_system_clock;
	int64_t end = clock->now(clock) + max_ms, left;

	for (;;) {
		left = max_ms < 0 ? SLICE_MS : end - clock->now(clock);
		if (poll(in, 1, left < 0 ? 0 : left < SLICE_MS ? (int)left :
				SLICE_MS) > 0)
			return READABLE;
		if (bbk_process_ended(talk->git, &talk->status)) {
			talk->git = 0;
			return poll(in, 1, 0) > 0 ? READABLE : GONE;
		}
		if (left <= 0)
			return LATE;
	}
}

static enum ready wait_to_read(struct bbk_talk *talk, int64_t max_ms)
{
	struct pollfd in = { .fd = talk->in, .events = POLLIN };
	int ready;

	if (talk->git)
		return wait_beside_git(talk, &in, max_ms);
	do
		ready = poll(&in, 1, (int)max_ms);
	while (ready < 0 && errno == EINTR);
	return ready > 0 ? READABLE : ready == 0 ? LATE : GONE;
}

/* A line into talk->heard: 1; its end, 0; not within max_ms, -2 */
static int hear(struct bbk_talk *talk, int64_t max_ms)
{
	enum ready ready;
	ssize_t n;
	char c;

	bbk_str_reset(&talk->heard);
	while (talk->heard.len < LINE_MAX_LEN) {
		ready = wait_to_read(talk, max_ms);
		if (ready != READABLE)
			return ready == LATE ? -2 : 0;
		n = read(talk->in, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		if (c == '\n')
			return 1;
		bbk_str_addc(&talk->heard, c);
	}
	return 0;
}

static int wait_for_ssh(struct bbk_offer *offer, struct bbk_hostkey *seen,
			int64_t max_ms)
{
	struct bbk_talk *talk = talk_of(offer);
	const char *line;
	int rc = hear(talk, max_ms);

	if (rc <= 0)
		return rc == 0 ? -1 : rc;
	line = bbk_str_get(&talk->heard);
	if (bbk_begins(line, "other "))
		return 0;
	if (bbk_begins(line, "failed "))
		bbk_replace(&offer->said, line + 7);
	return bbk_begins(line, "seen ") &&
			       read_hostkey(seen, line + 5) == 0 ? 1 : -1;
}

void bbk_talk_init(struct bbk_talk *talk, int in, int out)
{
	*talk = (struct bbk_talk){
		.offer = { make_offer, tell_key, wait_for_ssh, let_go, NULL },
		.in = in, .out = out, .heard = BBK_STR_INIT,
	};
}

void bbk_talk_release(struct bbk_talk *talk)
{
	free(talk->offer.said);
	talk->offer.said = NULL;
	bbk_str_release(&talk->heard);
}
