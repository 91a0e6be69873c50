#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""report_gate.py FACTS: the section "The gate" of docs/results/bench.md on standard output."""
import csv
import sys

from table import machine, verdict

facts = dict(csv.reader(open(sys.argv[1])))


def number(key):
    return float(facts[key]) if key in facts else None


def mib(key):
    return number(key) and number(key) / 1024


def pair(key, unit, digits=2):
    return " against ".join(f"{number(f'{key}_{n}'):.{digits}f}" for n in ("with", "without")) + f" {unit}"


print(f"""## The gate

In one run of its own: winalux {facts.get("winalux", "?")}, rootless Podman {facts.get("podman", "?")} on
{machine()}. What is compared was measured in turn; medians.

| what | measured | limit | within |
|---|---|---|---|""")
print(verdict("`sh -c true` below an accepted entry, added to the real shell", number("wrapper_ms_added"), 0.3, " ms"))
print(verdict("3,000 times `/bin/true`, strict, times `gate: shell`", number("exec_us_times"), 1.1))
print(verdict("builds of 2,000 files, 50 at a time, strict, times `gate: shell`", number("build_s_times"), 1.1))
print(verdict("`ssh host true` with key and token, added to `gate: off`", number("login_ms_added"), 10, " ms"))
print(verdict("a keeper of 100 strict sessions, PSS", mib("keeper_kib"), 1, " MiB"))
print(verdict("wake-ups of keepers and warden in 60 idle seconds", number("idle_switches"), 0))
print(f"""
`sh -c true`: {pair("wrapper_ms", "ms", 3)}. `/bin/true`: {pair("exec_us", "µs", 0)}. 50 files, by
`make -j`: {pair("build_s", "s")}. A login: {pair("login_ms", "ms", 1)}. A first deploy of 8 strict
workspaces: {pair("deploy_s", "s")} with `gate: shell`. The keepers held
{facts.get("keeper_held", "?")} filters, of 10 containers and of 90 execs that went on; the warden, {mib("warden_kib") or 0:.2f} MiB, holds
them too.""")
