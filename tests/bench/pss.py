#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""pss.py settle        waits until the processes of containers stop changing
pss.py COUNT         rows "pss_each_KIND,KIB" per workspace and "pss_once_KIND,KIB" for the account

PSS of what this account's containers need, by kind of process. What there is once for the account (pasta, the
pause process, the name server) is apart from what each of COUNT workspaces adds.
"""
import os
import subprocess
import sys
import time

ONCE = ("pasta", "slirp4netns", "aardvark-dns", "pause")
SKIP = ("bash", "sh", "python3", "podman", "winalux", "sleep", "tests")


def kind(pid):
    comm = open(f"/proc/{pid}/comm").read().strip()
    args = open(f"/proc/{pid}/cmdline", "rb").read().split(b"\0")
    if comm == "catatonit":
        return "infra" if args[0] == b"/catatonit" else "pause"
    if comm == "exe" or comm.startswith("rootlessport"):
        return "rootlessport"
    if comm.startswith("pasta"):
        return "pasta"
    if comm == "podman":
        return "pause" if len(args) < 3 and b"podman" not in args[0][:6] else None
    if "winalux-guest" in comm or args[0].startswith(b"/usr/lib/winalux"):
        return "guest"
    if comm.startswith(SKIP):
        return None
    return comm


def pss(pid):
    for line in open(f"/proc/{pid}/smaps_rollup"):
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def inside():
    """As root of the user namespace, which may read all of them; PID namespaces are children of ours."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            name = kind(pid)
            if name and int(pid) != os.getpid():
                print(pid, name, pss(pid))
        except OSError:
            pass


def rows():
    text = subprocess.run(["podman", "unshare", sys.executable, os.path.abspath(__file__), "inside"],
                          capture_output=True, text=True, check=True).stdout
    return [line.split() for line in text.splitlines()]


def settle():
    before = None
    for _ in range(50):
        now = sorted(r[0] for r in rows())
        if now == before:
            return
        before = now
        time.sleep(1)


if sys.argv[1] == "inside":
    inside()
elif sys.argv[1] == "settle":
    settle()
else:
    total = {}
    for _, name, kib in rows():
        total[name] = total.get(name, 0) + int(kib)
    for name, kib in sorted(total.items()):
        if name in ONCE:
            print(f"pss_once_{name},{kib}")
        else:
            print(f"pss_each_{name},{kib / int(sys.argv[1]):.0f}")
