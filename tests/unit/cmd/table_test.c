#include "test.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cmd/cmd.h"

#define FOLDER SOURCE_DIR "/plugin/cmd"

static bool defines_a_command(const char *name)
{
	static const char words[] = "const struct bbk_cmd bbk_cmd_";
	char path[1024];
	const char *text;

	(void)snprintf(path, sizeof(path), "%s/%s", FOLDER, name);
	text = test_read(path);
	return text && bbk_ends(name, ".c") && strstr(text, words);
}

static void every_command_file_is_in_the_table(void **state)
{
	const struct dirent *entry;
	DIR *dir = opendir(FOLDER);
	size_t files = 0, commands = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		char name[64] = "";

		if (!defines_a_command(entry->d_name))
			continue;
		files++;
		strncat(name, entry->d_name, sizeof(name) - 1);
		*strrchr(name, '.') = '\0';
		if (!bbk_cmd_find(name))
			miss("plugin/cmd/%s is not in the table",
			     entry->d_name);
	}
	closedir(dir);
	while (bbk_cmds[commands])
		commands++;
	if (files != commands)
		miss("%zu files, %zu commands", files, commands);
}

static void every_command_says_what_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; bbk_cmds[i]; i++) {
		const struct bbk_cmd *cmd = bbk_cmds[i];

		if (!cmd->name || !cmd->usage || !cmd->summary || !cmd->run)
			miss("%s is not whole", cmd->name);
		if (!bbk_begins(cmd->usage, "git bbkey ") ||
		    !bbk_begins(cmd->usage + 10, cmd->name))
			miss("%s: usage '%s'", cmd->name, cmd->usage);
		if (bbk_ends(cmd->summary, ".") ||
		    bbk_lower(cmd->summary[0]) != cmd->summary[0])
			miss("%s: summary '%s'", cmd->name, cmd->summary);
		for (size_t j = 0; cmd->options && cmd->options[j].name; j++)
			if (!cmd->options[j].help)
				miss("%s --%s has no help", cmd->name,
				     cmd->options[j].name);
	}
	assert_null(bbk_cmd_find("nope"));
	assert_null(bbk_cmd_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_command_file_is_in_the_table),
		TEST(every_command_says_what_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
