#include "fuzz.h"

#include "core/lfs.h"
#include "core/submodules.h"
#include "store/sshconfig.h"

#define REMOTE "ssh://git@bitbucket.example.com:7999/proj/app.git"

/* .gitattributes, a URL of .gitmodules, and a person's ~/.ssh/config */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	char *text = bbk_strndup(bytes, size);
	char *url = bbk_submodule_resolve(REMOTE, text);
	char *own = bbk_submodule_resolve(text, "../x.git");
	BBK_AUTO(str) longer = BBK_STR_INIT;

	HOLDS(strlen(url) <= strlen(REMOTE) + 1 + strlen(text));
	HOLDS(bbk_ends(own, "x.git"));
	bbk_str_addn(&longer, bytes, size);
	bbk_str_add(&longer, "\n* filter=lfs");
	HOLDS(bbk_lfs_in_attributes(longer.s, longer.len));
	(void)bbk_lfs_in_attributes(bytes, size);
	bbk_str_reset(&longer);
	bbk_str_add(&longer, "Include x\n");
	bbk_str_addn(&longer, bytes, size);
	HOLDS(bbk_sshconfig_includes(longer.s, longer.len, "Include x"));
	(void)bbk_sshconfig_includes(bytes, size, "Include x");
	free(text);
	free(url);
	free(own);
	return 0;
}
