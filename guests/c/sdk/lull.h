/*
 * lull.h: the guest side of the lull_v1 contract for C11 and C++17.
 *
 *	#include "lull.h"
 *
 *	LULL_HANDLER(event_len) {
 *		char *name = lull_event(event_len);
 *		lull_printf("hello %s\n", name);
 *		free(name);
 *		return LULL_OK;
 *	}
 *
 * Build it with clang, lld and wasi-libc:
 *
 *	clang --target=wasm32-wasi -mexec-model=reactor --sysroot=/usr -O2 -s
 *	      -Wl,--stack-first -Wl,-z,stack-size=262144 -o hello.wasm hello.c
 *
 * --stack-first makes a stack overflow trap instead of overwriting static data.
 *
 * Static variables live as long as the instance. Between two calls the instance does not run.
 * The host never runs two calls in one instance at a time, so nothing here locks.
 *
 * Imports answer 0 or a length when they succeed and a negative lull_errno when not. LULL_WRONG_PHASE,
 * LULL_TOO_LARGE and LULL_INVALID make the host fail the whole call even if it then returns LULL_OK, so
 * that the caller never gets half an answer: not checking them is safe. The host copies
 * what it is given before an import returns, and keeps no address.
 */
#ifndef LULL_H
#define LULL_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
#define LULL_EXTERN_C extern "C"
#else
#define LULL_EXTERN_C extern
#endif

/* ---- Exports ---------------------------------------------------------------------------- */

/*
 * LULL_EXPORT("flush") before a function exports it under that name, for names of your own in the
 * function's configuration. Hooks are int32_t (*)(void), the handler is int32_t (*)(uint32_t).
 */
#define LULL_EXPORT(name) LULL_EXTERN_C __attribute__((export_name(name))) int32_t

/* The standard names. What is not defined is not exported. Each returns a lull_result. */
#define LULL_HANDLER(event_len) LULL_EXPORT("handler") lull_do_handler(__attribute__((unused)) uint32_t event_len)
#define LULL_INITIALIZER LULL_EXPORT("initializer") lull_do_initializer(void)
#define LULL_PRE_FREEZE LULL_EXPORT("preFreeze") lull_do_pre_freeze(void)
#define LULL_PRE_STOP LULL_EXPORT("preStop") lull_do_pre_stop(void)

enum lull_result {
	LULL_OK = 0,
	LULL_HANDLED = 1,   /* your code said no; see lull_fail */
	LULL_UNHANDLED = 2, /* something broke that the code caught at the last moment */
};

enum lull_errno {
	LULL_NOT_FOUND = -1,   /* the context field does not exist in this call */
	LULL_WRONG_PHASE = -2, /* event or answer in a hook */
	LULL_TOO_LARGE = -3,   /* the answer's body or headers would pass the host's limit */
	LULL_INVALID = -4,     /* an illegal header or level, a status outside 200..599; a malformed fetch */
	LULL_DENIED = -5,      /* a fetch from a host that the function may not reach */
	LULL_FAILED = -6,      /* a fetch without a proper answer */
	LULL_TIMED_OUT = -7,   /* a fetch without an answer in time */
};

/* ---- Imports: the contract itself, spec.md section 4 ------------------------------------ */

#define LULL_IMPORT(name) LULL_EXTERN_C __attribute__((import_module("lull_v1"), import_name(name))) int32_t

LULL_IMPORT("event_read") lull_event_read(void *to, uint32_t cap, uint32_t offset);
LULL_IMPORT("context_read") lull_context_read(uint32_t field, void *to, uint32_t cap);
LULL_IMPORT("response_status") lull_response_status(uint32_t status);
LULL_IMPORT("response_header")
lull_response_header(const char *name, uint32_t name_len, const char *value, uint32_t value_len);
LULL_IMPORT("response_write") lull_response_write(const void *from, uint32_t len);
LULL_IMPORT("error_report")
lull_error_report(const char *type, uint32_t type_len, const char *message, uint32_t message_len,
                  const char *stack, uint32_t stack_len);
LULL_IMPORT("log") lull_log_write(uint32_t level, const char *from, uint32_t len);
LULL_IMPORT("fetch")
lull_fetch_send(const char *head, uint32_t head_len, const void *body, uint32_t body_len, uint32_t timeout_ms,
                uint32_t flags);
LULL_IMPORT("fetch_read") lull_fetch_read(uint32_t part, void *to, uint32_t cap, uint32_t offset);

/* ---- Event ------------------------------------------------------------------------------ */

/*
 * lull_event returns the whole event with a zero byte added behind it. The caller frees it.
 * NULL: there is not enough memory, or this is a hook.
 */
static inline char *lull_event(uint32_t event_len) {
	char *event = (char *)malloc((size_t)event_len + 1);
	if (event == NULL)
		return NULL;
	int32_t n = lull_event_read(event, event_len, 0);
	if (n < 0) {
		free(event);
		return NULL;
	}
	event[n] = 0;
	return event;
}

/* ---- Context ---------------------------------------------------------------------------- */

enum lull_field {
	LULL_JSON = 0, /* everything below as one JSON object */
	LULL_REQUEST_ID,
	LULL_FUNCTION,
	LULL_SERVICE,
	LULL_QUALIFIER,
	LULL_VERSION_ID,
	LULL_INSTANCE_ID,
	LULL_PHASE,
	LULL_DEADLINE, /* Unix time in milliseconds, as text */
	LULL_METHOD,   /* this and the following exist only in HTTP requests */
	LULL_PATH,
	LULL_QUERY,
	LULL_CLIENT_IP,
	LULL_HEADERS, /* "Name: value\n" each */
};

/*
 * lull_context returns a field as a string. The caller frees it. NULL: the field does not
 * exist in this call, or there is not enough memory.
 */
static inline char *lull_context(enum lull_field field) {
	int32_t len = lull_context_read(field, NULL, 0);
	if (len < 0)
		return NULL;
	char *text = (char *)malloc((size_t)len + 1);
	if (text == NULL)
		return NULL;
	lull_context_read(field, text, (uint32_t)len);
	text[len] = 0;
	return text;
}

/* ---- Text ------------------------------------------------------------------------------- */

/*
 * lull_format_ is for the functions below: printf into buf, or into malloc'ed memory if it does not
 * fit. Without memory the text is cut to buf. The caller frees the result unless it is buf.
 */
static inline char *lull_format_(char *buf, size_t cap, size_t *len, const char *format, va_list args) {
	va_list again;
	va_copy(again, args);
	int n = vsnprintf(buf, cap, format, args);
	char *text = buf;
	*len = n < 0 ? 0 : (size_t)n;
	if (*len >= cap) {
		text = (char *)malloc(*len + 1);
		if (text == NULL) {
			text = buf;
			*len = cap - 1;
		} else {
			vsnprintf(text, *len + 1, format, again);
		}
	}
	va_end(again);
	return text;
}

/* ---- Answer: 0 or a lull_errno ---------------------------------------------------------- */

/* lull_status sets the HTTP status, 200 to 599; it shows on function URLs only. */
static inline int32_t lull_status(int status) { return lull_response_status((uint32_t)status); }

/* lull_header adds one header; the same name may be added again. */
static inline int32_t lull_header(const char *name, const char *value) {
	return lull_response_header(name, (uint32_t)strlen(name), value, (uint32_t)strlen(value));
}

/* lull_write appends bytes to the body. */
static inline int32_t lull_write(const void *from, size_t len) {
	return lull_response_write(from, (uint32_t)len);
}

/* lull_puts appends a string, without a line break. */
static inline int32_t lull_puts(const char *text) { return lull_write(text, strlen(text)); }

/* lull_printf appends formatted text. */
__attribute__((format(printf, 1, 2))) static inline int32_t lull_printf(const char *format, ...) {
	char buf[512];
	size_t len;
	va_list args;
	va_start(args, format);
	char *text = lull_format_(buf, sizeof buf, &len, format, args);
	va_end(args);
	int32_t r = lull_write(text, len);
	if (text != buf)
		free(text);
	return r;
}

/* ---- Errors ----------------------------------------------------------------------------- */

/*
 * lull_fail says what went wrong and is LULL_HANDLED: return lull_fail("ValueError", "no %s", key);
 */
__attribute__((format(printf, 2, 3))) static inline int32_t lull_fail(const char *type, const char *format, ...) {
	char buf[512];
	size_t len;
	va_list args;
	va_start(args, format);
	char *text = lull_format_(buf, sizeof buf, &len, format, args);
	va_end(args);
	lull_error_report(type, (uint32_t)strlen(type), text, (uint32_t)len, NULL, 0);
	if (text != buf)
		free(text);
	return LULL_HANDLED;
}

/* ---- Sending requests ------------------------------------------------------------------- */

/*
 * lull_fetch sends an HTTP request, waits for the answer, and returns its status or a negative lull_errno, which
 * does not fail the call. head is "POST http://host/path\nContent-Type: text/plain\n": the method and the URL, then a line for
 * each header. Redirects are followed. The function must have been deployed with the host in its list of
 * allowed hosts. The call's deadline bounds it; lull_fetch_send takes a time of its own.
 */
static inline int32_t lull_fetch(const char *head, const void *body, size_t body_len) {
	return lull_fetch_send(head, (uint32_t)strlen(head), body, (uint32_t)body_len, 0, 1);
}

enum lull_part {
	LULL_BODY = 0,
	LULL_ANSWER_HEADERS, /* "Name: value\n" each */
	LULL_URL,            /* that answered, after redirects */
	LULL_ERROR_TEXT,     /* why lull_fetch returned a negative number */
};

/*
 * lull_fetched returns a part of what the last lull_fetch came to, with a zero byte added behind it, and its
 * length in *len unless that is NULL. The caller frees it. NULL: nothing was fetched in this call, or
 * there is not enough memory.
 */
static inline char *lull_fetched(enum lull_part part, size_t *len) {
	int32_t n = lull_fetch_read(part, NULL, 0, 0);
	if (n < 0)
		return NULL;
	char *text = (char *)malloc((size_t)n + 1);
	if (text == NULL)
		return NULL;
	lull_fetch_read(part, text, (uint32_t)n, 0);
	text[n] = 0;
	if (len != NULL)
		*len = (size_t)n;
	return text;
}

/* ---- Log -------------------------------------------------------------------------------- */

enum lull_level { LULL_DEBUG = 0, LULL_INFO = 1, LULL_WARN = 2, LULL_ERROR = 3 };

/* lull_log writes one record, without a line break; over 64 KiB the rest is cut off. */
__attribute__((format(printf, 2, 3))) static inline void lull_log(enum lull_level level, const char *format, ...) {
	char buf[512];
	size_t len;
	va_list args;
	va_start(args, format);
	char *text = lull_format_(buf, sizeof buf, &len, format, args);
	va_end(args);
	lull_log_write(level, text, (uint32_t)len);
	if (text != buf)
		free(text);
}

#endif
