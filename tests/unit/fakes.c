#include "test.h"

#include "fakes.h"

#include <string.h>

static void keep(char **to, const char *text)
{
	if (text)
		*to = bbk_strdup(text);
}

static int http_send(struct bbk_http *http,
		     const struct bbk_http_request *request,
		     struct bbk_http_reply *reply, struct bbk_err *err)
{
	struct fake_http *fake = (struct fake_http *)http;
	size_t i = fake->sent < fake->len ? fake->sent : fake->len - 1;
	const struct fake_reply *next = &fake->replies[i];

	if (request->hold && request->hold->ask(request->hold) < 0) {
		fake->held++;
		reply->unsent = true;
		return bbk_err_set(err, BBK_E_INTERRUPTED, "held back");
	}
	fake->sent++;
	bbk_strv_addf(&fake->requests, "%s %s", request->method, request->url);
	bbk_strv_add(&fake->bodies, request->body ? request->body : "");
	if (request->token && bbk_secret_is_set(request->token))
		fake->with_token++;
	fake->limit_ms = request->limit_ms;
	if (fake->clock)
		fake->clock->time += next->ms;
	bbk_http_reply_release(reply);
	reply->unsent = next->unsent;
	if (!next->status)
		return bbk_err_set(err, next->fail, "the wire broke");
	reply->status = next->status;
	if (next->body)
		bbk_str_add(&reply->body, next->body);
	keep(&reply->location, next->location);
	keep(&reply->user, next->user);
	keep(&reply->denied, next->denied);
	keep(&reply->retry_after, next->retry_after);
	keep(&reply->type, next->type ? next->type : "application/json");
	return 0;
}

/* Sends at once, and tells when it is asked. */
static int http_start(struct bbk_http *http,
		      const struct bbk_http_request *request, void *tag,
		      struct bbk_err *err)
{
	struct fake_http *fake = (struct fake_http *)http;
	struct bbk_http_done *done =
		&fake->ended[fake->begun++ % BBK_HTTP_AT_ONCE];

	(void)err;
	assert_true(fake->begun - fake->waited <= BBK_HTTP_AT_ONCE);
	if (fake->begun - fake->waited > fake->most)
		fake->most = fake->begun - fake->waited;
	*done = (struct bbk_http_done)BBK_HTTP_DONE_INIT;
	done->tag = tag;
	done->rc = http_send(http, request, &done->reply, &done->err);
	return 0;
}

static int http_wait(struct bbk_http *http, struct bbk_http_done *done,
		     struct bbk_err *err)
{
	struct fake_http *fake = (struct fake_http *)http;

	(void)err;
	assert_true(fake->waited < fake->begun);
	bbk_http_done_release(done);
	*done = fake->ended[fake->waited++ % BBK_HTTP_AT_ONCE];
	return 0;
}

void fake_http_init(struct fake_http *fake, const struct fake_reply *replies,
		    size_t len)
{
	*fake = (struct fake_http){
		.http = { http_send, http_start, http_wait },
		.replies = replies, .len = len };
}

void fake_http_release(struct fake_http *fake)
{
	bbk_strv_release(&fake->requests);
	bbk_strv_release(&fake->bodies);
}

static int64_t clock_now(struct bbk_clock *clock)
{
	return ((struct fake_clock *)clock)->time;
}

static void clock_sleep(struct bbk_clock *clock, int64_t milliseconds)
{
	struct fake_clock *fake = (struct fake_clock *)clock;

	fake->time += milliseconds;
	fake->slept += milliseconds;
	fake->sleeps++;
}

void fake_clock_init(struct fake_clock *fake)
{
	*fake = (struct fake_clock){ .clock = { clock_now, clock_sleep },
				     .time = 1000 };
}

static bool term_can_ask(struct bbk_term *term)
{
	return ((struct fake_term *)term)->answer >= 0 && !term->never;
}

static int term_confirm(struct bbk_term *term, const char *question,
			bool fallback, struct bbk_err *err)
{
	struct fake_term *fake = (struct fake_term *)term;

	(void)fallback;
	bbk_strv_add(&fake->questions, question);
	return term_can_ask(term) ? fake->answer :
		bbk_err_set(err, BBK_E_INTERRUPTED, "nobody is there");
}

static int term_secret(struct bbk_term *term, const char *question,
		       struct bbk_secret *answer, struct bbk_err *err)
{
	struct fake_term *fake = (struct fake_term *)term;

	bbk_strv_add(&fake->questions, question);
	if (!term_can_ask(term) || !fake->secret)
		return bbk_err_set(err, BBK_E_INTERRUPTED, "nobody is there");
	bbk_secret_set(answer, fake->secret, strlen(fake->secret));
	return 0;
}

static int term_line(struct bbk_term *term, const char *question,
		     struct bbk_str *answer, struct bbk_err *err)
{
	struct fake_term *fake = (struct fake_term *)term;

	bbk_strv_add(&fake->questions, question);
	if (!term_can_ask(term))
		return bbk_err_set(err, BBK_E_INTERRUPTED, "nobody is there");
	bbk_str_set(answer, fake->line ? fake->line : "");
	return 0;
}

static int term_choose(struct bbk_term *term, const char *question,
		       const struct bbk_strv *choices, size_t *chosen,
		       struct bbk_err *err)
{
	struct fake_term *fake = (struct fake_term *)term;

	(void)choices;
	bbk_strv_add(&fake->questions, question);
	if (!term_can_ask(term))
		return bbk_err_set(err, BBK_E_INTERRUPTED, "nobody is there");
	*chosen = fake->choice;
	return 0;
}

void fake_term_init(struct fake_term *fake, int answer)
{
	*fake = (struct fake_term){
		.term = { term_can_ask, term_confirm, term_secret, term_line,
			  term_choose, false },
		.answer = answer };
}

void fake_term_release(struct fake_term *fake)
{
	bbk_strv_release(&fake->questions);
}

static int ssh_run(struct bbk_ssh *ssh, const struct bbk_ssh_call *call,
		   struct bbk_ssh_answer *answer, struct bbk_err *err)
{
	struct fake_ssh *fake = (struct fake_ssh *)ssh;
	size_t i = fake->ran < fake->len ? fake->ran : fake->len - 1;

	(void)err;
	fake->ran++;
	bbk_ssh_answer_release(answer);
	answer->outcome = fake->outcomes[i];
	if (fake->fingerprint) {
		answer->hostkey.name = bbk_strf("[%s]:%u", call->host,
						call->port);
		answer->hostkey.type = bbk_strdup("ssh-ed25519");
		answer->hostkey.blob = bbk_strdup("AAAA");
		answer->hostkey.fingerprint = bbk_strdup(fake->fingerprint);
	}
	return 0;
}

static int ssh_plan(struct bbk_ssh *ssh, const char *user, const char *host,
		    unsigned port, struct bbk_ssh_plan *plan,
		    struct bbk_err *err)
{
	struct fake_ssh *fake = (struct fake_ssh *)ssh;

	(void)user, (void)err;
	bbk_replace(&plan->hostname, fake->hostname ? fake->hostname : host);
	plan->port = port;
	return 0;
}

static bool ssh_no_agent(struct bbk_ssh *ssh)
{
	(void)ssh;
	return false;
}

static void ssh_no_keys(struct bbk_ssh *ssh, struct bbk_str *keys)
{
	(void)ssh, (void)keys;
}

void fake_ssh_init(struct fake_ssh *fake, const enum bbk_ssh_outcome *outcomes,
		   size_t len)
{
	*fake = (struct fake_ssh){
		.ssh = { ssh_run, ssh_plan, ssh_no_agent, ssh_no_keys },
		.outcomes = outcomes, .len = len };
}
