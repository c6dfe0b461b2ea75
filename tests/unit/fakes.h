/*
 * The other side of the seams: a server, a clock, a person and an ssh that do
 * what a test says.
 */
#ifndef UNIT_FAKES_H
#define UNIT_FAKES_H

#include "base/clock.h"
#include "base/term.h"
#include "bitbucket/http.h"
#include "ssh/client.h"

/* Time passes only while somebody sleeps, or waits for a fake_http. */
struct fake_clock {
	struct bbk_clock clock;
	int64_t time, slept;
	int sleeps;
};

void fake_clock_init(struct fake_clock *fake);

struct fake_reply {
	long status; /* 0: no answer, class fail */
	const char *body;
	enum bbk_class fail;
	bool unsent;
	int64_t ms; /* until it came, or was given up */
	const char *location, *user, *denied, *retry_after, *type;
};

/* Answers in turn; the last answer stays. */
struct fake_http {
	struct bbk_http http;
	const struct fake_reply *replies;
	size_t len, sent;
	struct bbk_strv requests; /* "GET https://host/path" */
	struct bbk_strv bodies;	  /* "" where there was none */
	size_t with_token;
	size_t held; /* requests that a hold did not agree to: not sent */
	struct bbk_http_done ended[BBK_HTTP_AT_ONCE]; /* start()ed, in turn */
	size_t begun, waited;
	size_t most; /* that were under way at the same time */
	struct fake_clock *clock; /* which the milliseconds pass on; or NULL */
	int limit_ms;		  /* that the last request came with */
};

void fake_http_init(struct fake_http *fake, const struct fake_reply *replies,
		    size_t len);
void fake_http_release(struct fake_http *fake);

/* answer: 1 yes, 0 no, -1 nobody is there. */
struct fake_term {
	struct bbk_term term;
	int answer;
	const char *secret;
	const char *line;
	size_t choice;
	struct bbk_strv questions;
};

void fake_term_init(struct fake_term *fake, int answer);
void fake_term_release(struct fake_term *fake);

/* Gives these outcomes in turn; the last stays. */
struct fake_ssh {
	struct bbk_ssh ssh;
	const enum bbk_ssh_outcome *outcomes;
	size_t len, ran;
	const char *hostname; /* what ssh -G makes of any name; NULL: itself */
	const char *fingerprint;
};

void fake_ssh_init(struct fake_ssh *fake, const enum bbk_ssh_outcome *outcomes,
		   size_t len);

#endif
