# SPDX-License-Identifier: MIT
# private_index.py DIRECTORY PORT: a package index that asks for the login of libraries.sh.
import base64
import functools
import http.server
import sys

WANTED = "Basic " + base64.b64encode(b"winalux:secret-of-index").decode()


class Index(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.headers.get("Authorization") != WANTED:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="index"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        super().do_GET()


handler = functools.partial(Index, directory=sys.argv[1])
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), handler).serve_forever()
