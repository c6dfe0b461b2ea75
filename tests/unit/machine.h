/*
 * A machine with an enrolled instance, https://h, and the folders of a test;
 * its servers say what the test says.
 */
#ifndef UNIT_MACHINE_H
#define UNIT_MACHINE_H

#include "base/env.h"
#include "core/ensure.h"
#include "fakes.h"
#include "git/config.h"

#define BASE "bbkey.https://h."
#define HOST_KEY "SHA256:4WNd2kKKMB8SIozA5pmGy3fdPz1XC8qR1iG+L8BxIaY"
#define PAGE(values) \
	{ .status = 200, .body = "{\"isLastPage\":true,\"values\":[" values \
				 "]}" }
#define GRANT(blob, more) \
	"{\"permission\":\"PROJECT_READ\",\"key\":{\"id\":5,\"text\":" \
	"\"ssh-ed25519 " blob " c\",\"label\":\"l\"" more "}}"
#define POSTED \
	{ .status = 201, .body = "{\"permission\":\"PROJECT_READ\",\"key\":" \
				 "{\"id\":5,\"label\":\"l\"}}" }
#define REPO \
	{ .status = 200, .body = "{\"slug\":\"app\",\"project\":{\"key\":" \
				 "\"PROJ\"},\"links\":{\"clone\":[]}}" }
#define GONE { .status = 404, .body = "{}" }
#define POST "POST https://h/rest/keys/latest/projects/PROJ/ssh"

struct machine {
	struct bbk_env env;
	struct bbk_config config;
	struct fake_clock clock;
	struct fake_http http;
	struct fake_ssh ssh;
	struct fake_term term;
	struct bbk_ensure_answer answer;
};

/* automatic: bbkey.https://h.auto; answer: as in fakes.h. */
void machine_init(struct machine *m, const char *automatic, int answer);
/* As after a first clone, with `auto` as it is from then on. */
void machine_registered(struct machine *m, const char *automatic, int answer);
void machine_release(struct machine *m);
/* Between two machines of one test: the key and the record go. */
void machine_forget(void);

void machine_set(struct machine *m, const char *key, const char *value);
/* What the servers will say from now on; no request was sent yet. */
void machine_meet(struct machine *m, enum bbk_ssh_outcome outcome,
		  const struct fake_reply *replies, size_t len);

/* ssh://git@h:7999/proj/app.git, for the first time. */
extern const struct bbk_ensure_wish clone_it;

/* bbk_ensure(); miss() where the error is not of this class. */
enum bbk_ensured machine_ensure(struct machine *m,
				const struct bbk_ensure_wish *wish,
				enum bbk_class class);

/* Those and no other requests were sent, up to a NULL; or miss(). */
void expect_requests(const struct machine *m, const char *row,
		     const char *const *want);
#define EXPECT(m, row, ...) \
	expect_requests(m, row, (const char *const[]){ __VA_ARGS__ })

#endif
