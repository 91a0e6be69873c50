# SPDX-License-Identifier: MIT
# Stands for JetBrains' remote-dev-worker, whose commands are exec channels with a binary protocol:
#
#     channel    frames (length in 4 bytes, then so many bytes) on standard input, each answered by one with its bytes
#                increased by one; at the end of the input a frame with the SHA-256 of it all, and status 42
#     serve      the same for whoever connects to the port that its first line names, until its input ends
#
import hashlib
import socketserver
import struct
import sys
import threading

NEXT = bytes((value + 1) % 256 for value in range(256))


def answer(source, sink):
    digest = hashlib.sha256()
    while header := source.read(4):
        frame = source.read(struct.unpack(">I", header)[0])
        digest.update(header + frame)
        sink.write(header + frame.translate(NEXT))
        sink.flush()
    sink.write(struct.pack(">I", 32) + digest.digest())
    sink.flush()


class Connection(socketserver.StreamRequestHandler):
    def handle(self):
        answer(self.rfile, self.wfile)


def serve():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection) as server:
        threading.Thread(target=server.serve_forever).start()
        print(f"Join link: tcp://127.0.0.1:{server.server_address[1]}#jt=0&p=IU", flush=True)
        sys.stdin.read()
        server.shutdown()


if sys.argv[1] == "channel":
    answer(sys.stdin.buffer, sys.stdout.buffer)
    sys.exit(42)
serve()
