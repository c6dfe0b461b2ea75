#include "bitbucket/edition.h"

#include <stdlib.h>
#include <string.h>

void bbk_repository_release(struct bbk_repository *repository)
{
	free(repository->workspace);
	free(repository->project);
	free(repository->slug);
	bbk_strv_release(&repository->ssh_urls);
	*repository = (struct bbk_repository)BBK_REPOSITORY_INIT;
}

int bbk_repository_read_links(struct bbk_repository *repository,
			      const struct json_t *json)
{
	const struct json_t *clone =
		bbk_json_array(bbk_json_object(json, "links"), "clone");

	if (!clone)
		return -1;
	for (size_t i = 0; i < bbk_json_len(clone); i++) {
		const struct json_t *link = bbk_json_item(clone, i);
		const char *name = bbk_json_string(link, "name");
		const char *href = bbk_json_string(link, "href");

		if (!name || !href)
			return -1;
		if (!strcmp(name, "ssh"))
			bbk_strv_add(&repository->ssh_urls, href);
	}
	return 0;
}

void bbk_grant_release(struct bbk_grant *grant)
{
	free(grant->id);
	free(grant->label);
	free(grant->line);
	free(grant->created);
	free(grant->last_used);
	free(grant->expires);
	free(grant->warning);
	*grant = (struct bbk_grant)BBK_GRANT_INIT;
}

const struct bbk_edition *bbk_edition_find(const char *word)
{
	static const struct bbk_edition *const editions[] = { &bbk_datacenter,
							      &bbk_cloud };

	for (size_t i = 0; i < BBK_ARRAY_LEN(editions); i++)
		if (bbk_same_nocase(word, editions[i]->word))
			return editions[i];
	return NULL;
}

/* Cloud's access keys are read-only, all of them: reference 2.5 */
bool bbk_edition_can_write(const struct bbk_edition *edition,
			   enum bbk_scope scope)
{
	return !edition->is_cloud || scope == BBK_SCOPE_PERSONAL;
}

bool bbk_key_has_blob(const char *text, const char *blob)
{
	size_t len;

	if (!*(text += strcspn(text, " ")))
		return false;
	len = strcspn(++text, " \r\n");
	return len == strlen(blob) && !strncmp(text, blob, len);
}

int bbk_grant_check(const char *line, const char *registered,
		    struct bbk_err *err)
{
	const char *blank = strchr(registered, ' ');
	char *blob = blank ? bbk_strndup(blank + 1,
					 strcspn(blank + 1, " \r\n")) : NULL;
	bool same = !line || !blob || bbk_key_has_blob(line, blob);

	free(blob);
	return same ? 0 : bbk_err_set(err, BBK_E_SERVER, "the answer is about "
							 "another key");
}

enum bbk_refusal bbk_refusal_of_others(const struct bbk_rest_reply *reply)
{
	return !reply->unsent &&
	       (reply->status < 300 || reply->status >= 500) ?
		BBK_REFUSAL_UNSURE : BBK_REFUSAL_OTHER;
}
