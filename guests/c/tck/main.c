#include "tck.h"

int handler_count;

const char *arg(const struct call *c, int i) { return i < c->argc ? c->args[i] : ""; }

long number(const struct call *c, int i) { return strtol(arg(c, i), NULL, 10); }

uint32_t fnv1a(const char *p, uint32_t len) {
	uint32_t h = 0x811c9dc5u;
	for (uint32_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)p[i]) * 0x01000193u;
	return h;
}

case_func find_case(const char *name) {
	const struct tck_case *tables[] = {answer_cases, end_cases, raw_cases};
	for (int t = 0; t < 3; t++)
		for (const struct tck_case *c = tables[t]; c->name != NULL; c++)
			if (strcmp(c->name, name) == 0)
				return c->run;
	return NULL;
}

/* parse cuts the first line into words and returns the case's name. */
static const char *parse(struct call *c) {
	char *end = memchr(c->event, '\n', c->event_len);
	c->payload = end == NULL ? c->event + c->event_len : end + 1;
	c->payload_len = (uint32_t)(c->event + c->event_len - c->payload);
	if (end != NULL)
		*end = 0;
	strtok(c->event, " ");
	char *name = strtok(NULL, " ");
	if (name == NULL)
		return "";
	char *rest = name + strlen(name) + 1;
	if (rest < c->payload)
		snprintf(c->text, sizeof c->text, "%s", rest);
	for (char *w; c->argc < 32 && (w = strtok(NULL, " ")) != NULL;)
		c->args[c->argc++] = w;
	return name;
}

LULL_HANDLER(event_len) {
	handler_count++;
	struct call c = {.event = lull_event(event_len), .event_len = event_len};
	if (c.event == NULL)
		return lull_fail("tck", "no memory for an event of %u bytes", (unsigned)event_len);
	int32_t result;
	if (strncmp(c.event, "tck ", 4) != 0) {
		lull_printf("%u %08x", (unsigned)event_len, (unsigned)fnv1a(c.event, event_len));
		result = LULL_OK;
	} else {
		const char *name = parse(&c);
		case_func run = find_case(name);
		result = run != NULL ? run(&c) : lull_fail("tck", "this guest has no case \"%s\"", name);
	}
	free(c.event);
	return result;
}

LULL_INITIALIZER { return hook(0); }
LULL_PRE_FREEZE { return hook(1); }
LULL_PRE_STOP { return hook(2); }
