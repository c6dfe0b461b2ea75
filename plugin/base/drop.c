#include "base/drop.h"

#include <string.h>
#include <unistd.h>

#include "base/str.h"

#define PAUSE_MS 400

bool bbk_drop_is(const char *line)
{
	static const char *const ends[] = { "Connection closed by remote host",
					    "Connection reset by peer",
					    "Broken pipe" };

	if (!bbk_begins(line, "kex_exchange_identification: ") &&
	    !bbk_begins(line, "banner exchange: Connection to "))
		return false;
	for (size_t i = 0; i < BBK_ARRAY_LEN(ends); i++)
		if (strstr(line, ends[i]))
			return true;
	return false;
}

int64_t bbk_drop_pause(int drops)
{
	int64_t most = (int64_t)PAUSE_MS << drops;

	return most / 2 + (int64_t)getpid() * 37 % (most / 2);
}
