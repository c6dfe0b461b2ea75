#include "fuzz.h"

#include "credential/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BBK_AUTO(request) request = BBK_REQUEST_INIT;

	if (bbk_request_parse(&request, (const char *)data, size)) {
		HOLDS(*request.protocol && *request.host);
		HOLDS(!strpbrk(request.host, "\r\n"));
	}
	return 0;
}
