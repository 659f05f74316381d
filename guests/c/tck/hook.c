#include "tck.h"

int hook_count[3];

static const char *const names[3] = {"initializer", "preFreeze", "preStop"};
static char armed[3][256];

bool arm_hook(const char *name, const char *action) {
	for (int i = 0; i < 3; i++)
		if (strcmp(names[i], name) == 0) {
			snprintf(armed[i], sizeof armed[i], "%s", action);
			return true;
		}
	return false;
}

/* Runs in _initialize. */
__attribute__((constructor)) static void arm_from_environment(void) {
	char name[16], *space;
	const char *value = getenv("LULL_TCK");
	if (value == NULL || (space = strchr(value, ' ')) == NULL || space - value >= (long)sizeof name)
		return;
	snprintf(name, sizeof name, "%.*s", (int)(space - value), value);
	arm_hook(name, space + 1);
}

int32_t hook(int which) {
	const char *name = names[which];
	lull_log(LULL_INFO, "tck %s %d", name, ++hook_count[which]);
	char action[256];
	memcpy(action, armed[which], sizeof action);
	armed[which][0] = 0;
	char *text = strchr(action, ' ');
	if (text != NULL)
		*text++ = 0;
	else
		text = action + strlen(action);

	if (*action == 0)
		return LULL_OK;
	if (strcmp(action, "log") == 0) {
		lull_log(LULL_INFO, "%s", text);
	} else if (strcmp(action, "context") == 0) {
		char *phase = lull_context(LULL_PHASE), *id = lull_context(LULL_REQUEST_ID);
		lull_log(LULL_INFO, "tck %s context %s %s", name, phase, id);
		free(phase);
		free(id);
	} else if (strcmp(action, "fail") == 0) {
		return lull_fail("tck", "%s", text);
	} else if (strcmp(action, "unhandled") == 0) {
		lull_fail("tck", "%s", text);
		return LULL_UNHANDLED;
	} else if (strcmp(action, "exit") == 0 || strcmp(action, "loop") == 0 || strcmp(action, "trap") == 0) {
		struct call c = {.args = {text}, .argc = 1};
		return find_case(action)(&c);
	} else {
		lull_log(LULL_INFO, "tck %s %s %d", name, action, (int)call_import(action));
	}
	return LULL_OK;
}
