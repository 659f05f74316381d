/*
 * This function greets whoever calls it, counts its calls, and says so when it pauses.
 *
 *	lull build
 *	lull deploy NAME NAME.wasm
 *	lull invoke NAME -d Ada
 */
#include "../sdk/lull.h"

/* calls lives as long as the instance. */
static int calls;

LULL_HANDLER(event_len) {
	calls++;
	if (event_len == 0)
		return lull_fail("NoName", "whom shall I greet? send a name");
	char *name = lull_event(event_len);
	if (name == NULL)
		return lull_fail("NoMemory", "an event of %u bytes is too much", (unsigned)event_len);
	lull_header("Content-Type", "text/plain; charset=utf-8");
	lull_printf("hello %s\n", name);
	free(name);
	return LULL_OK;
}

LULL_PRE_FREEZE {
	lull_log(LULL_INFO, "pausing calls=%d", calls);
	return LULL_OK;
}

LULL_PRE_STOP {
	lull_log(LULL_INFO, "stopping calls=%d", calls);
	return LULL_OK;
}
