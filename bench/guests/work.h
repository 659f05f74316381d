/*
 * The work that every guest of the comparison does.
 *
 * "spin N" as the event runs N turns of a loop and answers what came of it. Any other event adds 1 to a count that the instance keeps, and
 * answers "COUNT SUM": the count, and the FNV-1a sum of the event's bytes in 8 hexadecimal digits.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned work_count;

/* work writes the answer into out, which has room for 32 bytes, and returns its length. The event ends with a zero byte. */
static int work(const char *event, uint32_t len, char *out) {
	if (len > 5 && memcmp(event, "spin ", 5) == 0) {
		uint32_t x = 1;
		for (unsigned long n = strtoul(event + 5, NULL, 10); n > 0; n--) {
			x ^= x << 13;
			x ^= x >> 17;
			x ^= x << 5;
		}
		return snprintf(out, 32, "%08x", (unsigned)x);
	}
	uint32_t sum = 2166136261u;
	for (uint32_t i = 0; i < len; i++)
		sum = (sum ^ (uint8_t)event[i]) * 16777619u;
	return snprintf(out, 32, "%u %08x", ++work_count, (unsigned)sum);
}
