#include <stdlib.h>
#include <string.h>

#include "core/detect.h"

void bbk_detected_release(struct bbk_detected *found)
{
	bbk_url_release(&found->url);
	bbk_address_release(&found->address);
	bbk_instance_release(&found->instance);
	free(found->workspace);
	free(found->project);
	free(found->repo);
	free(found->sample);
	free(found->ssh_host);
	free(found->ssh_user);
	*found = (struct bbk_detected)BBK_DETECTED_INIT;
}

unsigned bbk_detected_port(const struct bbk_detected *found)
{
	const struct bbk_url *url = &found->url;

	return url->scheme == BBK_SSH && !url->port_given &&
	       !strcmp(url->host, found->ssh_host) &&
	       found->ssh_port == url->port ? 0 : found->ssh_port;
}

const char *bbk_detected_owner(const struct bbk_detected *found)
{
	return found->workspace ? found->workspace : found->project;
}

struct bbk_place bbk_detected_place(const struct bbk_detected *found)
{
	return bbk_place_canonical((struct bbk_place){
		.host = found->ssh_host, .port = found->ssh_port,
		.project = bbk_detected_owner(found), .repo = found->repo,
		.user = found->instance.edition->is_cloud ? found->ssh_user :
							    NULL,
	});
}

/* As each edition's own pages show it; a key of Data Center in lower case. */
static void add_path(struct bbk_str *text, const struct bbk_detected *found)
{
	const char *owner = bbk_detected_owner(found);

	if (!owner || !found->repo)
		return;
	for (const char *c = owner; *c; c++)
		bbk_str_addc(text, found->workspace ? *c : (char)bbk_lower(*c));
	bbk_str_addf(text, "/%s.git", found->repo);
}

char *bbk_detected_ssh_url(const struct bbk_detected *found)
{
	BBK_AUTO(url) url = BBK_URL_INIT;
	BBK_AUTO(str) text = BBK_STR_INIT;
	const char *user = found->ssh_user ? found->ssh_user : "git";

	if (found->workspace && found->ssh_port == 22) {
		bbk_str_addf(&text, "%s@%s:", user, found->ssh_host);
		add_path(&text, found);
		return bbk_str_take(&text);
	}
	url.scheme = BBK_SSH;
	url.user = bbk_strdup(user);
	url.host = bbk_strdup(found->ssh_host);
	url.port = found->ssh_port;
	url.path = bbk_strdup("");
	bbk_url_add_user(&text, &url);
	if (bbk_detected_owner(found) && found->repo)
		bbk_str_addc(&text, '/');
	add_path(&text, found);
	return bbk_str_take(&text);
}
