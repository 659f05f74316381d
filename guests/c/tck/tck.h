/* The guest of the conformance kit. abi/tck/README.md says what each case does. */
#ifndef TCK_H
#define TCK_H

#include <stdbool.h>

#include "../sdk/lull.h"

/* call is one request of the kit, taken apart in place. */
struct call {
	char *event;
	uint32_t event_len;
	char *args[32];
	int argc;
	char *payload;
	uint32_t payload_len;
	char text[1024]; /* the arguments as they were */
};

/* A case answers and returns a lull_result. Missing arguments are "". */
typedef int32_t (*case_func)(struct call *c);

struct tck_case {
	const char *name;
	case_func run;
};

extern const struct tck_case answer_cases[], end_cases[], raw_cases[]; /* each ends with a NULL name */

case_func find_case(const char *name);
const char *arg(const struct call *c, int i);
long number(const struct call *c, int i);
uint32_t fnv1a(const char *p, uint32_t len);
int32_t call_import(const char *name);

/* hook counts and runs what the hook was armed with. */
int32_t hook(int which);
bool arm_hook(const char *name, const char *action);

extern int handler_count, hook_count[3];

#endif
