#include "tck.h"

#include <time.h>
#include <unistd.h>

static int32_t ok(void) {
	lull_puts("ok");
	return LULL_OK;
}

static int32_t list_cases(struct call *c) {
	(void)c;
	lull_puts("initializer\npreFreeze\npreStop");
	const struct tck_case *tables[] = {answer_cases, end_cases, raw_cases};
	for (int t = 0; t < 3; t++)
		for (const struct tck_case *k = tables[t]; k->name != NULL; k++)
			lull_printf("\n%s", k->name);
	return LULL_OK;
}

static int32_t echo(struct call *c) {
	lull_write(c->payload, c->payload_len);
	return LULL_OK;
}

static int32_t context(struct call *c) {
	static const char *const fields[] = {"json",       "requestId", "function", "service", "qualifier",
	                                     "versionId",  "instanceId", "phase",   "deadline", "method",
	                                     "path",       "query",     "clientIP", "headers"};
	for (int i = 0; i <= LULL_HEADERS; i++) {
		if (strcmp(fields[i], arg(c, 0)) != 0)
			continue;
		char *text = lull_context((enum lull_field)i);
		lull_puts(text != NULL ? text : "-1");
		free(text);
	}
	return LULL_OK;
}

static int32_t chunks(struct call *c) {
	long count = number(c, 0), size = number(c, 1);
	char *chunk = malloc((size_t)size);
	for (long i = 0; i < count; i++) {
		memset(chunk, 'a' + (int)(i % 26), (size_t)size);
		if (lull_write(chunk, (size_t)size) < 0)
			break;
	}
	free(chunk);
	return LULL_OK;
}

static int32_t status(struct call *c) {
	for (int i = 0; i < c->argc; i++)
		lull_status((int)number(c, i));
	return ok();
}

static int32_t headers(struct call *c) {
	const char *p = c->payload, *end = p + c->payload_len;
	while (p < end) {
		const char *value = p + strlen(p) + 1;
		if (value > end)
			return lull_fail("tck", "a header without a value");
		lull_header(p, value);
		p = value + strlen(value) + 1;
	}
	return ok();
}

static int32_t report(const char *type, const char *message, const char *stack, int32_t result) {
	lull_error_report(type, (uint32_t)strlen(type), message, (uint32_t)strlen(message), stack, (uint32_t)strlen(stack));
	return result;
}

static int32_t fail(struct call *c) {
	const char *stack = c->payload + strlen(c->payload);
	if (stack < c->payload + c->payload_len)
		stack++;
	return report(arg(c, 0), c->payload, stack, LULL_HANDLED);
}

static int32_t error(struct call *c) { return lull_fail("tck", "%s", c->text); }

static int32_t unhandled(struct call *c) { return report("tck", c->text, "unhandled (answer.c)", LULL_UNHANDLED); }

static int32_t write_log(struct call *c) {
	lull_log_write((uint32_t)number(c, 0), c->payload, c->payload_len);
	return ok();
}

static int32_t print(struct call *c, FILE *to) {
	fwrite(c->payload, 1, c->payload_len, to);
	fflush(to);
	return ok();
}

static int32_t print_stdout(struct call *c) { return print(c, stdout); }

static int32_t print_stderr(struct call *c) { return print(c, stderr); }

static int32_t count(struct call *c) {
	(void)c;
	lull_printf("handler=%d initializer=%d preFreeze=%d preStop=%d", handler_count, hook_count[0], hook_count[1],
	            hook_count[2]);
	return LULL_OK;
}

static int32_t arm(struct call *c) {
	const char *action = c->text + strlen(arg(c, 0));
	if (!arm_hook(arg(c, 0), *action == ' ' ? action + 1 : action))
		return lull_fail("tck", "there is no hook \"%s\"", arg(c, 0));
	return ok();
}

static int32_t environment(struct call *c) {
	const char *value = getenv(arg(c, 0));
	lull_puts(value != NULL ? value : "");
	return LULL_OK;
}

static int32_t wall_clock(struct call *c) {
	(void)c;
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	lull_printf("%lld", (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
	return LULL_OK;
}

static int32_t random_bytes(struct call *c) {
	(void)c;
	uint8_t b[16];
	if (getentropy(b, sizeof b) != 0)
		return lull_fail("tck", "getentropy failed");
	for (size_t i = 0; i < sizeof b; i++)
		lull_printf("%02x", b[i]);
	return LULL_OK;
}

static int32_t fetch(struct call *c) {
	char head[2048];
	snprintf(head, sizeof head, "%s %s\nX-Tck: a b\n", arg(c, 0), arg(c, 1));
	int32_t status = lull_fetch_send(head, (uint32_t)strlen(head), c->payload, c->payload_len, (uint32_t)number(c, 2),
	                                 strcmp(arg(c, 3), "follow") == 0);
	lull_printf("%d", (int)status);
	enum lull_part parts[] = {LULL_URL, LULL_ANSWER_HEADERS, LULL_BODY};
	if (status < 0)
		parts[0] = LULL_ERROR_TEXT;
	for (int i = 0; i < (status < 0 ? 1 : 3); i++) {
		size_t len;
		char *text = lull_fetched(parts[i], &len);
		if (text == NULL)
			return lull_fail("tck", "no memory for the answer");
		lull_write("", 1);
		lull_write(text, len);
		free(text);
	}
	return LULL_OK;
}

const struct tck_case answer_cases[] = {
	{"cases", list_cases},
	{"echo", echo},
	{"context", context},
	{"chunks", chunks},
	{"status", status},
	{"headers", headers},
	{"fail", fail},
	{"error", error},
	{"unhandled", unhandled},
	{"log", write_log},
	{"stdout", print_stdout},
	{"stderr", print_stderr},
	{"count", count},
	{"arm", arm},
	{"env", environment},
	{"clock", wall_clock},
	{"random", random_bytes},
	{"fetch", fetch},
	{NULL, NULL},
};
