#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""report.py RESULTS SMALL COUNT: docs/results/bench.md on standard output."""
import collections
import csv
import statistics
import sys

from table import machine, verdict

results, small, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
NAMES = {"winalux": "`winalux deploy`", "rest": "bare REST calls, the same objects, 4 in flight",
         "kube": "`podman kube play`, one file", "cli": "`podman` in a shell loop", "compose": "podman-compose",
         "ansible": "Ansible, containers.podman"}
PHASES = ("first", "again", "remove")

seconds = collections.defaultdict(list)
failed = 0
for method, phase, wall, status in csv.reader(open(results)):
    if status != "0":
        failed += 1
    else:
        seconds[method, phase].append(float(wall))
median = {key: statistics.median(values) for key, values in seconds.items()}
facts = dict(csv.reader(open(small)))


def cell(method, phase):
    if (method, phase) not in median:
        return "–"
    return f"{median[method, phase]:.2f} s"


def ratio(phase, other):
    if ("winalux", phase) not in median or (other, phase) not in median:
        return None
    return median["winalux", phase] / median[other, phase]


def number(key):
    return float(facts[key]) if key in facts else None


each = {k[9:]: float(v) / 1024 for k, v in facts.items() if k.startswith("pss_each_")}
once = {k[9:]: float(v) / 1024 for k, v in facts.items() if k.startswith("pss_once_")}
cpu = None if number("list_200_cpu_ms") is None else number("list_200_cpu_ms") - number("list_0_cpu_ms")

print(f"""# What it costs

Made by `make bench`, everything in one run: winalux {facts.get("winalux", "?")}, rootless Podman {facts.get("podman", "?")} on
{machine()}.

{count} workspaces, each a pod with a dev container, Redis, a home volume and two ports; images are there. The clock
stops when every ssh port has sent its banner. Medians of {max(map(len, seconds.values()), default=0)} runs. "Bare REST calls" repeat, with curl, the calls
that a deploy of winalux was seen to make, without looking, planning, locking or reading logs.

| | first deploy | unchanged, again | remove, data kept |
|---|---|---|---|""")
for method in [m for m in NAMES if (m, "first") in median]:
    print(f"| {NAMES[method]} | " + " | ".join(cell(method, p) for p in PHASES) + " |")
print("""
(`kube play` knows no unchanged second run: it recreates. podman-compose makes no pods.)

| what | measured | limit | within |
|---|---|---|---|""")
print(verdict("first deploy, times bare REST calls", ratio("first", "rest"), 1.15))
for other in ("kube", "cli", "compose", "ansible"):
    if ratio("first", other) is not None:
        print(verdict(f"first deploy, times {NAMES[other]}", ratio("first", other), 1))
print(verdict("unchanged deploy, times the bare list calls", ratio("again", "rest"), 3))
print(verdict("REST calls of an unchanged deploy", number("again_calls"), 8))
print(verdict("destroy, times bare REST calls", ratio("remove", "rest"), 1.15))
print(verdict("`list` of 200, CPU beyond start-up", cpu, 10, " ms"))
print(verdict("REST calls of that `list`", number("list_200_calls"), 8))
print(verdict("`winalux version`", number("version_ms"), 12, " ms"))
print(verdict("memory of `deploy` at its greatest", number("deploy_rss_kib") and number("deploy_rss_kib") / 1024, 20, " MiB"))
print(verdict("idle workspace without sidecars, PSS", sum(each.values()) if each else None, 4, " MiB"))
print(f"""
An idle workspace: {", ".join(f"{k} {v:.2f} MiB" for k, v in each.items())}. Once for the account, however many
workspaces: {", ".join(f"{k} {v:.1f} MiB" for k, v in once.items())}. No Podman service stays. `list` of no workspace is
the start-up of `list` of 200, which printed {facts.get("list_200_rows", "?")} rows. Starting
`/bin/true` takes {facts.get("true_ms", "?")} ms here.""")
if failed:
    print(f"\n**{failed} commands failed.**")
