/* The work of the comparison as a guest of lull. */
#include "../../../guests/c/sdk/lull.h"
#include "../work.h"

LULL_HANDLER(event_len) {
	char small[256], out[32];
	char *event = event_len < sizeof small ? small : malloc((size_t)event_len + 1);
	if (event == NULL)
		return lull_fail("MemoryError", "no memory for the event");
	event[lull_event_read(event, event_len, 0)] = 0;
	lull_write(out, (size_t)work(event, event_len, out));
	if (event != small)
		free(event);
	return LULL_OK;
}
