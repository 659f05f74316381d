/* The work of the comparison as an Extism plug-in. */
#include "../work.h"

#define EXTISM(name) __attribute__((import_module("extism:host/env"), import_name(#name))) extern

EXTISM(input_length) uint64_t input_length(void);
EXTISM(input_load_u8) uint32_t input_load_u8(uint64_t at);
EXTISM(input_load_u64) uint64_t input_load_u64(uint64_t at);
EXTISM(alloc) uint64_t extism_alloc(uint64_t len);
EXTISM(store_u8) void store_u8(uint64_t at, uint32_t value);
EXTISM(output_set) void output_set(uint64_t at, uint64_t len);

__attribute__((export_name("handler"))) int32_t handler(void) {
	char small[256], out[32];
	uint64_t len = input_length();
	char *event = len < sizeof small ? small : malloc(len + 1);
	if (event == NULL)
		return 1;
	uint64_t i = 0;
	for (; i + 8 <= len; i += 8) {
		uint64_t word = input_load_u64(i);
		memcpy(event + i, &word, 8);
	}
	for (; i < len; i++)
		event[i] = (char)input_load_u8(i);
	event[len] = 0;
	int n = work(event, (uint32_t)len, out);
	uint64_t to = extism_alloc((uint64_t)n);
	for (int k = 0; k < n; k++)
		store_u8(to + (uint64_t)k, (uint8_t)out[k]);
	output_set(to, (uint64_t)n);
	if (event != small)
		free(event);
	return 0;
}
