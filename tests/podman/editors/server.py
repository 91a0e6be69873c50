#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Stands for VS Code's server: says where it listens, as that does, and answers a POST with the body's bytes, each
# increased by one, so that nothing that merely echoes is taken for it.
import http.server
import socketserver
import sys

NEXT = bytes((value + 1) % 256 for value in range(256))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).translate(NEXT)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


# Not those of http.server, which ask the resolver for the machine's name.
socketserver.ThreadingMixIn.daemon_threads = True
how, _, where = sys.argv[1].partition("=")
if how == "--port":
    server = socketserver.ThreadingTCPServer(("127.0.0.1", int(where)), Handler)
    where = server.server_address[1]
else:
    server = socketserver.ThreadingUnixStreamServer(where, Handler)
print(f"Extension host agent listening on {where}", flush=True)
server.serve_forever()
