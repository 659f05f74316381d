/*
 * Server is an HTTP server for lull's runtime custom, without any library: it takes its connections from
 * descriptor 3, which the host has opened, and serves one after the other with calls that block. While the
 * instance is paused it stands in one of them.
 *
 *	lull deploy web . --pre-freeze on --pre-stop on
 *	lull invoke web -d Ada
 *	curl http://127.0.0.1:8080/web/wait/1 -d Ada
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static int served;

static void answer(int conn, const char *status, const char *text) {
	dprintf(conn, "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(text), text);
}

/* Greet answers events, and any path of the function's URL. */
static void greet(int conn, const char *path, const char *name) {
	char text[256];
	unsigned seconds;
	if (sscanf(path, "/wait/%u", &seconds) == 1)
		sleep(seconds);
	if (*name == '\0') {
		answer(conn, "400 Bad Request", "whom shall I greet? send a name\n");
		return;
	}
	served++;
	snprintf(text, sizeof text, "hello %.200s\n", name);
	answer(conn, "200 OK", text);
}

/* Serve reads one request and answers it. It returns 0 when the connection is at its end. */
static int serve(FILE *in, int conn) {
	char line[8192], method[16], path[4096];
	size_t length = 0;
	if (fgets(line, sizeof line, in) == NULL || sscanf(line, "%15s %4095s", method, path) != 2)
		return 0;
	while (fgets(line, sizeof line, in) != NULL && strcmp(line, "\r\n") != 0)
		if (strncasecmp(line, "Content-Length:", 15) == 0)
			length = strtoul(line + 15, NULL, 10);
	char *body = calloc(1, length + 1);
	if (body == NULL || fread(body, 1, length, in) < length) {
		free(body);
		return 0;
	}
	int hook = strcmp(path, "/initialize") == 0 || strcmp(path, "/pre-freeze") == 0 || strcmp(path, "/pre-stop") == 0;
	if (hook) { /* where flags of the deploy switch it on */
		printf("%s served=%d\n", path + 1, served);
		answer(conn, "200 OK", "");
	} else {
		greet(conn, path, body);
	}
	free(body);
	return 1;
}

int main(void) {
	for (int conn; (conn = accept(3, NULL, NULL)) >= 0;) {
		FILE *in = fdopen(conn, "r");
		if (in == NULL)
			break;
		while (serve(in, conn))
			;
		fclose(in);
	}
	perror("server");
	return 1;
}
