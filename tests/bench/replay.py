#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""replay.py merge UP AGAIN REMOVE            the calls worth repeating, as one document on standard output
replay.py write RECORDED FOLDER COUNT      curl configurations up.NAME, remove.NAME and lists in FOLDER

Of a recorded deploy of bench1 only what changes something is kept: no lists, no lock, no reading of logs. Ids that
Podman gave become names, "bench1" becomes the name of each workspace, its ports become those of each.
"""
import base64
import json
import os
import re
import sys

SSH, APP, SOCKET = int(os.environ["ssh_base"]), int(os.environ["app_base"]), os.environ["socket"]


def changes(calls):
    return [c for c in calls if c["method"] in ("POST", "PUT", "DELETE") and c.get("status", 500) < 400
            and "winalux-lock-" not in c["path"] and b"winalux-lock-" not in base64.b64decode(c["body"])]


def name_ids(calls):
    """Paths by name instead of id, learnt from the answers to creates."""
    names = {}
    for call in calls:
        if call["path"].endswith("/create") and call.get("answer"):
            try:
                sent, got = json.loads(base64.b64decode(call["body"])), json.loads(call["answer"])
            except ValueError:
                continue
            made = got.get("Id") or got.get("id")
            name = sent.get("name") or sent.get("Name")
            if made and name:
                names[made] = name
        for made, name in names.items():
            call["path"] = call["path"].replace(made, name)
            text = base64.b64decode(call["body"])
            if "tar" not in call["type"]:
                call["body"] = base64.b64encode(text.replace(made.encode(), name.encode())).decode()
    return calls


def merge(up, again, remove):
    up, again, remove = (json.load(open(f)) for f in (up, again, remove))
    both = name_ids(up + remove)
    lists = [c["path"] for c in again if c["method"] == "GET" and re.search(r"/json(\?|$)", c["path"])]
    json.dump({"up": changes(both[:len(up)]), "remove": changes(both[len(up):]), "lists": lists,
               "again_calls": len(again)}, sys.stdout, indent=1)


def for_workspace(text, number):
    text = text.replace(b"bench1", b"bench%d" % number)
    for base in (SSH, APP):
        text = re.sub(rb"\b%d\b" % (base + 1), b"%d" % (base + number), text)
    return text


def write_calls(folder, kind, calls, number):
    with open(f"{folder}/{kind}.bench{number}", "w") as out:
        for index, call in enumerate(calls):
            body = for_workspace(base64.b64decode(call["body"]), number) if "tar" not in call["type"] \
                else base64.b64decode(call["body"])
            path = for_workspace(call["path"].encode(), number).decode()
            if index:
                out.write("next\n")
            out.write(f'url = "http://d{path}"\nunix-socket = "{SOCKET}"\nrequest = {call["method"]}\n'
                      'output = "-"\nsilent\nshow-error\nfail-with-body\n')
            if body:
                file = f"{folder}/{kind}.bench{number}.{index}"
                open(file, "wb").write(body)
                out.write(f'header = "Content-Type: {call["type"] or "application/json"}"\nheader = "Expect:"\n'
                          f'data-binary = "@{file}"\n')


def write(recorded, folder, count):
    calls = json.load(open(recorded))
    os.makedirs(folder, exist_ok=True)
    for number in range(1, int(count) + 1):
        write_calls(folder, "up", calls["up"], number)
        write_calls(folder, "remove", calls["remove"], number)
    with open(f"{folder}/lists", "w") as out:
        for index, path in enumerate(calls["lists"]):
            out.write(("next\n" if index else "") +
                      f'url = "http://d{path}"\nunix-socket = "{SOCKET}"\noutput = /dev/null\nsilent\nfail\n')


{"merge": merge, "write": write}[sys.argv[1]](*sys.argv[2:])
