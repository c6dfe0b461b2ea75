#include "fuzz.h"

#include "git/pktline.h"

static enum bbk_pktline_state take(struct bbk_pktline *line,
				   const uint8_t *data, size_t size,
				   size_t step, struct bbk_str *out)
{
	enum bbk_pktline_state state = BBK_PKTLINE_ON;

	for (size_t at = 0; at < size && state == BBK_PKTLINE_ON; at += step)
		state = bbk_pktline_take(line, (const char *)data + at,
					 step < size - at ? step : size - at,
					 out);
	HOLDS(out->len <= size);
	HOLDS(line->left < 65536 && line->have < 4);
	return state;
}

/* What a server, or git, says: the same however the bytes come. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int way = BBK_PKTLINE_UP; way <= BBK_PKTLINE_DOWN; way++) {
		struct bbk_pktline whole = { .way = way };
		struct bbk_pktline parts = { .way = way };
		BBK_AUTO(str) out = BBK_STR_INIT;
		BBK_AUTO(str) same = BBK_STR_INIT;
		enum bbk_pktline_state state =
			take(&whole, data, size, size ? size : 1, &out);

		HOLDS(take(&parts, data, size, 1 + size % 5, &same) == state);
		HOLDS(bbk_pktline_is_whole(&whole) ==
		      bbk_pktline_is_whole(&parts));
		HOLDS(out.len == same.len &&
		      !memcmp(bbk_str_get(&out), bbk_str_get(&same), out.len));
	}
	return 0;
}
