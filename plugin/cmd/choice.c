#include "cmd/choice.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/cmd.h"
#include "core/choice.h"
#include "core/request_prepare.h"

/* Else its hint says what the choices do. */
static bool names_the_cause(const struct bbk_err *err)
{
	return !strstr(err->hint, "git bbkey request");
}

/* Why there is a question. */
static void say_why(const struct bbk_setup *setup, const struct bbk_err *err)
{
	BBK_AUTO(str) text = BBK_STR_INIT;

	bbk_scrub(&text, err->what, strlen(err->what), 600);
	bbk_screen_line(setup->env->err, setup->env, setup->env->color,
			BBK_MARK_FAILED, bbk_str_get(&text));
	if (!err->hint || !names_the_cause(err) || !setup->env->hints)
		return;
	bbk_str_reset(&text);
	bbk_scrub(&text, err->hint, strlen(err->hint), 600);
	bbk_screen_line(setup->env->err, setup->env, setup->env->color,
			BBK_MARK_PLANNED, bbk_str_get(&text));
}

/* The same text as `git bbkey request` gives, and not on standard output. */
static int print_request(const struct bbk_setup *setup,
			 const struct bbk_wish *wish, struct bbk_err *err)
{
	BBK_AUTO(prepared) prepared = BBK_PREPARED_INIT;
	BBK_AUTO(str) text = BBK_STR_INIT;
	struct bbk_wish asked = *wish;

	asked.url = setup->how.url;
	if (bbk_access_request_prepare(setup->env, &asked, &prepared,
				       err) < 0)
		return -1;
	prepared.request.sync = bbk_cmd_find("sync") != NULL;
	bbk_access_request_text(&prepared.request, &text);
	fprintf(setup->env->err, "\n%s\n", bbk_str_get(&text));
	return 0;
}

static void set_scope(struct bbk_wish *wish, enum bbk_scope scope)
{
	wish->has_scope = true;
	wish->scope = scope;
}

int bbk_choice_on_screen(const struct bbk_setup *setup,
			 struct bbk_screen *screen, struct bbk_wish *wish,
			 struct bbk_err *err)
{
	BBK_AUTO(err) other = BBK_ERR_INIT;
	enum bbk_choice left[BBK_CHOICES_MAX], chosen;

	if (wish->dry_run || wish->wait || screen->silent ||
	    !setup->env->term->can_ask(setup->env->term) ||
	    !bbk_choices_after(setup, err, left))
		return 0;
	bbk_screen_clear(screen); /* what fails says so itself */
	say_why(setup, err);
	if (bbk_choice_ask(setup, err, &chosen, &other) < 0) {
		bbk_err_release(err);
		*err = other;
		other = (struct bbk_err)BBK_ERR_INIT;
		return 0;
	}
	set_scope(wish, setup->terms.target.scope);
	switch (chosen) {
	case BBK_CHOICE_STOP:
		return 0;
	case BBK_CHOICE_REPO:
		set_scope(wish, BBK_SCOPE_REPO);
		break;
	case BBK_CHOICE_PERSONAL:
		set_scope(wish, BBK_SCOPE_PERSONAL);
		break;
	case BBK_CHOICE_PASTE:
		set_scope(wish, BBK_SCOPE_PERSONAL);
		wish->wait = true;
		break;
	case BBK_CHOICE_REQUEST:
		wish->wait = true;
		break;
	}
	wish->requested = wish->wait;
	wish->unasked = wish->wait && setup->found.instance.no_token;
	if (wish->wait && print_request(setup, wish, &other) < 0)
		return 0;
	bbk_err_release(err);
	return 1;
}
