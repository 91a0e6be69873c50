#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""record.py LISTEN TARGET FILE: passes HTTP between two unix sockets; writes the calls to FILE when it is ended.

A call is {method, path, type, body (base64), status, answer (text, at most 64 KiB)}, in the order they began.
Knows what winalux and Podman use: Content-Length and chunked bodies, keep-alive, hijacked streams as raw bytes.
"""
import base64
import json
import os
import signal
import socket
import sys
import threading

listen, target, file = sys.argv[1:]
calls = []
lock = threading.Lock()


class Reader:
    def __init__(self, sock):
        self.sock, self.rest = sock, b""

    def more(self):
        data = self.sock.recv(65536)
        self.rest += data
        return bool(data)

    def until(self, mark):
        while mark not in self.rest:
            if not self.more():
                return None
        head, self.rest = self.rest.split(mark, 1)
        return head + mark

    def exactly(self, count):
        while len(self.rest) < count:
            if not self.more():
                raise EOFError
        data, self.rest = self.rest[:count], self.rest[count:]
        return data


def headers(head):
    lines = head.decode("latin-1").split("\r\n")
    return lines[0], {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}


def body(reader, fields, pass_on, until_close):
    """Passes a body on as it comes; returns its bytes without the framing."""
    kept = b""
    if fields.get("transfer-encoding", "").lower() == "chunked":
        while True:
            size = reader.until(b"\r\n")
            data = reader.exactly(int(size, 16) + 2)
            pass_on(size + data)
            kept += data[:-2]
            if int(size, 16) == 0:
                return kept
    if "content-length" in fields:
        kept = reader.exactly(int(fields["content-length"]))
        pass_on(kept)
    elif until_close:
        while reader.rest or reader.more():
            pass_on(reader.rest)
            kept, reader.rest = kept + reader.rest, b""
        raise EOFError
    return kept


def serve(client):
    server = socket.socket(socket.AF_UNIX)
    server.connect(target)
    ours, theirs = Reader(client), Reader(server)
    try:
        while True:
            head = ours.until(b"\r\n\r\n")
            if head is None:
                break
            line, fields = headers(head)
            method, path, _ = line.split(" ")
            call = {"method": method, "path": path, "type": fields.get("content-type", "")}
            with lock:
                calls.append(call)
            server.sendall(head)
            call["body"] = base64.b64encode(body(ours, fields, server.sendall, False)).decode()
            head = theirs.until(b"\r\n\r\n")
            if head is None:
                break
            line, fields = headers(head)
            call["status"] = int(line.split(" ")[1])
            client.sendall(head)
            if call["status"] not in (204, 304) and method != "HEAD":
                call["answer"] = body(theirs, fields, client.sendall, True)[:65536].decode("utf-8", "replace")
    except (EOFError, OSError):
        pass
    for sock in (client, server):
        sock.close()


def end(*_):
    with open(file, "w") as out:
        json.dump(calls, out)
    os._exit(0)


signal.signal(signal.SIGTERM, end)
door = socket.socket(socket.AF_UNIX)
door.bind(listen)
door.listen(64)
while True:
    threading.Thread(target=serve, args=(door.accept()[0],), daemon=True).start()
