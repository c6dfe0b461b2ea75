#include "fuzz.h"

#include "ssh/survey.h"

/* What an ssh-agent says of its keys. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BBK_AUTO(survey) survey = BBK_SURVEY_INIT;
	BBK_AUTO(str) said = BBK_STR_INIT;

	bbk_str_addn(&said, data, size);
	bbk_survey_add_agent(&survey, &said);
	HOLDS(survey.len <= BBK_SURVEY_MAX);
	for (size_t i = 0; i < survey.len; i++) {
		char *line = bbk_survey_key_line(&survey.keys[i]);

		HOLDS(strchr(line, ' ') && !strpbrk(line, "\r\n\t\"'$`"));
		HOLDS(survey.keys[i].comment);
		free(line);
	}
	return 0;
}
