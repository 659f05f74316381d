#include "tck.h"

static uint8_t buf[64 << 10];

static int32_t boot_event, boot_context, boot_write;

/* Runs in _initialize. */
__attribute__((constructor)) static void at_boot(void) {
	boot_event = lull_event_read(buf, 1, 0);
	boot_context = lull_context_read(LULL_PHASE, buf, 16);
	boot_write = lull_response_write(buf, 1);
}

static int32_t boot(struct call *c) {
	(void)c;
	lull_printf("%d %d %d", (int)boot_event, (int)boot_context, (int)boot_write);
	return LULL_OK;
}

int32_t call_import(const char *name) {
	if (strcmp(name, "event_read") == 0)
		return lull_event_read(buf, 1, 0);
	if (strcmp(name, "response_status") == 0)
		return lull_response_status(200);
	if (strcmp(name, "response_header") == 0)
		return lull_header("X-Tck", "1");
	if (strcmp(name, "response_write") == 0)
		return lull_puts("x");
	abort();
}

static int32_t pieces(struct call *c) {
	uint32_t size = (uint32_t)number(c, 0), total = c->event_len;
	int32_t sum = 0;
	for (uint32_t i = (total - 1) / size + 1; i-- > 0;) {
		int32_t n = lull_event_read(buf, size, i * size);
		if (n < 0)
			return lull_fail("tck", "event_read answered %d", (int)n);
		memcpy(c->event + i * size, buf, (size_t)n);
		sum += n;
	}
	lull_printf("%d %08x %d %d", (int)sum, (unsigned)fnv1a(c->event, total), (int)lull_event_read(buf, size, total),
	            (int)lull_event_read(buf, size, total + size));
	return LULL_OK;
}

static int32_t field(struct call *c) {
	memset(buf, 0xaa, sizeof buf);
	int32_t n = lull_context_read((uint32_t)number(c, 0), buf, (uint32_t)number(c, 1));
	const char *state = "untouched";
	for (size_t i = 0; i < sizeof buf; i++)
		if (buf[i] != 0xaa)
			state = "written";
	lull_printf("%d %s", (int)n, state);
	return LULL_OK;
}

static int32_t result(struct call *c) { return (int32_t)number(c, 0); }

static int32_t report(struct call *c) {
	(void)c;
	lull_error_report("tck", 3, "tck", 3, "tck", 3);
	lull_puts("ok");
	return LULL_OK;
}

static int32_t loglevel(struct call *c) {
	lull_log_write((uint32_t)number(c, 0), "tck", 3);
	lull_puts("ok");
	return LULL_OK;
}

static int32_t pointer(struct call *c) {
	char *outside = (char *)0xffff0000u;
	const uint32_t size = 1000;
	const char *name = arg(c, 0);
	if (strcmp(name, "event_read") == 0)
		lull_event_read(outside, size, 0);
	else if (strcmp(name, "context_read") == 0)
		lull_context_read(LULL_REQUEST_ID, outside, size);
	else if (strcmp(name, "response_header") == 0)
		lull_response_header("x", 1, outside, size);
	else if (strcmp(name, "response_write") == 0)
		lull_response_write(outside, size);
	else if (strcmp(name, "error_report") == 0)
		lull_error_report("x", 1, "x", 1, outside, size);
	else if (strcmp(name, "log") == 0)
		lull_log_write(LULL_INFO, outside, size);
	lull_puts("the import came back");
	return LULL_OK;
}

static int32_t zerolength(struct call *c) {
	(void)c;
	char *end = (char *)0xffffffffu;
	lull_printf("%d %d %d %d", (int)lull_event_read(end, 0, 0), (int)lull_context_read(LULL_PHASE, end, 0),
	            (int)lull_response_write(end, 0), (int)lull_log_write(LULL_DEBUG, end, 0));
	return LULL_OK;
}

const struct tck_case raw_cases[] = {
	{"boot", boot},         {"pieces", pieces},         {"field", field},   {"result", result},
	{"report", report},     {"loglevel", loglevel},     {"pointer", pointer}, {"zerolength", zerolength},
	{NULL, NULL},
};
