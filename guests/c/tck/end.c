#include "tck.h"

#include <time.h>

/* Cases after which the instance is gone, and sleep, which can be one. */

static int32_t leave(struct call *c) { exit((int)number(c, 0)); }

static int32_t loop(struct call *c) {
	(void)c;
	for (volatile uint32_t sink = 0;; sink++) {
	}
}

/* The frame and its use after the call keep the compiler from making a loop of it. */
static int32_t recur(volatile char *above) {
	volatile char frame[64];
	if (above == NULL)
		return 0;
	frame[0] = above[0];
	return recur(frame) + frame[0];
}

static int32_t recurse(struct call *c) { return recur(c->event); }

static int32_t grow(struct call *c) {
	(void)c;
	const size_t size = 1 << 20;
	for (volatile char *p; (p = malloc(size)) != NULL;)
		for (size_t i = 0; i < size; i += 4096)
			p[i] = 1;
	abort();
}

static int32_t nap(struct call *c) {
	long ms = number(c, 0);
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	nanosleep(&t, NULL);
	lull_puts("ok");
	return LULL_OK;
}

static int32_t trap(struct call *c) {
	if (strcmp(arg(c, 0), "unreachable") == 0)
		__builtin_trap();
	return *(volatile int32_t *)0xfffffff0u;
}

const struct tck_case end_cases[] = {
	{"exit", leave}, {"loop", loop}, {"recurse", recurse}, {"grow", grow},
	{"sleep", nap},  {"trap", trap}, {NULL, NULL},
};
