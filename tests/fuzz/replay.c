/*
 * The corpus as a test: every file of the folders that are named, once.
 */
#include <dirent.h>
#include <stdio.h>

#include "base/file.h"
#include "fuzz.h"

static int replay(const char *path)
{
	BBK_AUTO(str) bytes = BBK_STR_INIT;
	BBK_AUTO(err) err = BBK_ERR_INIT;

	if (bbk_file_read(&bytes, path, (size_t)4 << 20, &err)) {
		(void)fprintf(stderr, "%s: %s\n", path,
			      err.what ? err.what : "missing");
		return -1;
	}
	(void)fprintf(stderr, "%s\n", path); /* the last one is the culprit */
	(void)LLVMFuzzerTestOneInput((const uint8_t *)bbk_str_get(&bytes),
				     bytes.len);
	return 0;
}

int main(int argc, char **argv)
{
	int files = 0;

	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);
		const struct dirent *entry;

		while (dir && (entry = readdir(dir))) {
			char *path = bbk_strf("%s/%s", argv[i], entry->d_name);

			if (entry->d_name[0] != '.') {
				HOLDS(replay(path) == 0);
				files++;
			}
			free(path);
		}
		if (dir)
			closedir(dir);
	}
	(void)printf("%d inputs\n", files);
	return files ? 0 : 1;
}
