#include "bitbucket/many.h"

#include <stdlib.h>
#include <string.h>

struct bbk_many_call {
	struct bbk_many_call *next;
	const char *method;
	char *path;
	char *body;
	void *arg;
	int tries;
	struct bbk_str url;
	struct bbk_http_request request;
	int64_t begun;
};

static void free_call(struct bbk_many_call *call)
{
	free(call->path);
	free(call->body);
	bbk_str_release(&call->url);
	free(call);
}

void bbk_many_init(struct bbk_many *many, struct bbk_rest *rest,
		   int (*ended)(struct bbk_many *, void *,
				struct bbk_rest_reply *, struct bbk_err *),
		   void *owner)
{
	*many = (struct bbk_many){ .rest = rest, .ended = ended,
				   .owner = owner,
				   .at_once = BBK_HTTP_AT_ONCE };
}

void bbk_many_release(struct bbk_many *many)
{
	while (many->first) {
		struct bbk_many_call *call = many->first;

		many->first = call->next;
		free_call(call);
	}
	many->last = NULL;
}

static struct bbk_many_call *make(const char *method, const char *path,
				  const char *body, void *arg)
{
	struct bbk_many_call *call = bbk_alloc(sizeof(*call));

	call->method = method;
	call->path = bbk_strdup(path);
	call->body = body ? bbk_strdup(body) : NULL;
	call->arg = arg;
	return call;
}

static void put_first(struct bbk_many *many, struct bbk_many_call *call)
{
	call->next = many->first;
	many->first = call;
	if (!many->last)
		many->last = call;
}

void bbk_many_add(struct bbk_many *many, const char *method, const char *path,
		  const char *body, void *arg)
{
	struct bbk_many_call *call = make(method, path, body, arg);

	if (many->last)
		many->last->next = call;
	else
		many->first = call;
	many->last = call;
}

void bbk_many_add_next(struct bbk_many *many, const char *method,
		       const char *path, const char *body, void *arg)
{
	put_first(many, make(method, path, body, arg));
}

static struct bbk_many_call *take(struct bbk_many *many)
{
	struct bbk_many_call *call = many->first;

	many->first = call->next;
	if (!many->first)
		many->last = NULL;
	call->next = NULL;
	return call;
}

/* --- one of them -------------------------------------------------------- */

static int tell(struct bbk_many *many, struct bbk_many_call *call,
		struct bbk_rest_reply *reply, struct bbk_err *why)
{
	int rc = many->ended(many, call->arg, reply, why);

	free_call(call);
	return rc;
}

/* It is not sent at all. */
static int drop(struct bbk_many *many, struct bbk_many_call *call,
		struct bbk_err *why)
{
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;

	reply.unsent = true;
	return tell(many, call, &reply, why);
}

static int give_up(struct bbk_many *many, struct bbk_many_call *call,
		   enum bbk_class class, const char *because)
{
	BBK_AUTO(err) why = BBK_ERR_INIT;

	bbk_err_set(&why, class, "cannot ask %s: %s", call->request.url,
		    because);
	return drop(many, call, &why);
}

static int begin(struct bbk_many *many, struct bbk_many_call *call)
{
	BBK_AUTO(err) why = BBK_ERR_INIT;
	struct bbk_rest *rest = many->rest;

	call->request = (struct bbk_http_request){ .method = call->method,
						   .body = call->body };
	bbk_str_reset(&call->url);
	call->begun = rest->clock->now(rest->clock);
	if (bbk_rest_prepare(rest, call->path, &call->request, &call->url,
			     &why) < 0)
		return drop(many, call, &why);
	if (rest->lost_ms >= BBK_HTTP_LIMIT_MS)
		return give_up(many, call, BBK_E_NETWORK, "it did not answer "
			       "in time before");
	if (many->refused >= BBK_REST_TRIES)
		return give_up(many, call, BBK_E_NETWORK, "Bitbucket is "
			       "answering too many requests of yours; try "
			       "again in a minute");
	if (rest->http->start(rest->http, &call->request, call, &why) < 0)
		return drop(many, call, &why);
	many->under_way++;
	return 0;
}

/*
 * All that fail at the same time have waited at the same time: it counts once.
 */
static void count_lost(struct bbk_rest *rest, const struct bbk_many_call *call,
		       int64_t *counted)
{
	int64_t now = rest->clock->now(rest->clock);
	int64_t since = call->begun > *counted ? call->begun : *counted;

	if (now > since)
		rest->lost_ms += now - since;
	*counted = now;
}

/* Those that were under way when the first of them was refused count once. */
static void count_refusal(struct bbk_many *many, long status, int64_t now)
{
	if (status != 429) {
		many->refused = 0;
	} else if (now >= many->not_before) {
		many->refused++;
		many->at_once = (many->at_once + 1) / 2;
	}
}

/* true: it comes again. */
static bool is_for_later(struct bbk_many *many, struct bbk_many_call *call,
			 const struct bbk_http_done *done)
{
	struct bbk_clock *clock = many->rest->clock;
	long status = done->reply.status;
	int64_t now = clock->now(clock), pause;

	if (done->rc < 0)
		return false;
	count_refusal(many, status, now);
	if (!bbk_rest_worth_again(call->method, status))
		return false;
	call->tries += status != 429;
	if (call->tries >= BBK_REST_TRIES || many->refused >= BBK_REST_TRIES)
		return false;
	pause = bbk_retry_after(done->reply.retry_after, BBK_REST_PAUSE_MS
				<< (status == 429 ? many->refused :
						    call->tries) >> 1) +
		now % 97;
	if (now + pause > many->not_before)
		many->not_before = now + pause;
	put_first(many, call);
	return true;
}

static int end_one(struct bbk_many *many, int64_t *counted,
		   struct bbk_err *err)
{
	BBK_AUTO(http_done) done = BBK_HTTP_DONE_INIT;
	BBK_AUTO(rest_reply) reply = BBK_REST_REPLY_INIT;
	struct bbk_rest *rest = many->rest;
	struct bbk_many_call *call;

	if (rest->http->wait(rest->http, &done, err) < 0)
		return -1;
	call = done.tag;
	many->under_way--;
	if (is_for_later(many, call, &done))
		return 0;
	if (done.rc < 0)
		count_lost(rest, call, counted);
	(void)!bbk_rest_conclude(rest, call->request.url, done.rc, &done.reply,
				 &reply, &done.err);
	return tell(many, call, &reply, &done.err);
}

int bbk_many_run(struct bbk_many *many, struct bbk_err *err)
{
	struct bbk_clock *clock = many->rest->clock;
	int64_t counted = 0;
	int rc = 0;

	while ((many->first && !rc) || many->under_way) {
		int64_t now = clock->now(clock);
		int ended = 0;

		if (many->first && !rc && many->under_way < many->at_once &&
		    now >= many->not_before)
			ended = begin(many, take(many));
		else if (many->under_way)
			ended = end_one(many, &counted, err);
		else
			clock->sleep(clock, many->not_before - now);
		if (!rc)
			rc = ended;
		if (ended < 0 && err->class == BBK_E_LOCAL)
			break;
	}
	return rc;
}
