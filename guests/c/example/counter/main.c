/*
 * Counter shows that an instance keeps its state, and when the hooks run. Every request adds 2
 * and answers the count; preFreeze, which runs after it and before the pause, adds 1 more. So three
 * separate requests to one instance answer 2, 5 and 8.
 *
 *	lull build .
 *	lull deploy counter counter.wasm
 *	lull invoke counter
 */
#include "../../sdk/lull.h"

static int count;

LULL_HANDLER(event_len) {
	count += 2;
	lull_printf("%d", count);
	return LULL_OK;
}

LULL_PRE_FREEZE {
	count++;
	return LULL_OK;
}

LULL_PRE_STOP {
	lull_log(LULL_INFO, "stopping count=%d", count);
	return LULL_OK;
}
