/* Echo answers the event: the least that a call with an event and an answer can do. */
#include "../../../../guests/c/sdk/lull.h"

static char event[64 << 10];

LULL_HANDLER(event_len) {
	int32_t n = lull_event_read(event, sizeof event, 0);
	return n < 0 || lull_write(event, (size_t)n) < 0 ? LULL_HANDLED : LULL_OK;
}
