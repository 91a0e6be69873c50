#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fake.py RECORDED COUNT SOCKET: answers list calls as recorded (record.py), with the objects of bench1 COUNT times.

Prints one line for each call but _ping."""
import hashlib
import json
import re
import socket
import sys
import threading

recorded, count, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nApi-Version: 1.41\r\nLibpod-Api-Version: 5.4.2\r\n" \
       "Server: Libpod/5.4.2 (linux)\r\nContent-Length: %d\r\n\r\n"


def again(item, number):
    text = json.dumps(item).replace("bench1", f"bench{number}")
    return json.loads(re.sub(r"\b[0-9a-f]{64}\b",
                             lambda m: hashlib.sha256(f"{m[0]}{number}".encode()).hexdigest(), text))


def many(text):
    found = json.loads(text)
    if not isinstance(found, list):
        return text
    ours = [i for i in found if "bench1" in json.dumps(i)]
    rest = [i for i in found if "bench" not in json.dumps(i)]
    return json.dumps(rest + [again(i, n) for n in range(1, count + 1) for i in ours])


answers = {c["path"]: many(c["answer"]) for c in json.load(open(recorded))
           if c["method"] == "GET" and c.get("answer") and c.get("status") == 200 and "/json" in c["path"]}
by_kind = {p.split("?")[0]: a for p, a in answers.items()}


def serve(client):
    data = b""
    while True:
        while b"\r\n\r\n" not in data:
            more = client.recv(65536)
            if not more:
                return
            data += more
        head, data = data.split(b"\r\n\r\n", 1)
        asked = head.split(b" ")[1].decode()
        if not asked.endswith("_ping"):
            print(asked, flush=True)
        answer = answers.get(asked) or by_kind.get(asked.split("?")[0]) or ("OK" if "_ping" in asked else "[]")
        client.sendall((HEAD % len(answer.encode())).encode() + answer.encode())


door = socket.socket(socket.AF_UNIX)
door.bind(path)
door.listen(16)
while True:
    threading.Thread(target=serve, args=(door.accept()[0],), daemon=True).start()
