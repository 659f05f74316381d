"""The work of the comparison as an ordinary Python server. Prints its address when it listens."""
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

count = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # headers and body in one packet: otherwise every answer waits 40 ms for an acknowledgement

    def do_POST(self):
        global count
        event = self.rfile.read(int(self.headers["Content-Length"]))
        total = 2166136261
        for byte in event:
            total = (total ^ byte) * 16777619 & 0xFFFFFFFF
        count += 1
        answer = b"%d %08x" % (count, total)
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print("listening http://127.0.0.1:%d/" % server.server_port, flush=True)
server.serve_forever()
