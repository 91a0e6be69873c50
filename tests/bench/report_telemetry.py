#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""report_telemetry.py FACTS: the section "Telemetry" of docs/results/bench.md on standard output."""
import csv
import sys

from table import machine, verdict

facts = dict(csv.reader(open(sys.argv[1])))
counts = {"one": 1, "ten": 10, "many": int(facts.get("many", 0))}


def number(key):
    return float(facts[key]) if key in facts else None


def look_of_each(name):
    return None if number(f"{name}_look_ms") is None else number(f"{name}_look_ms") / counts[name]


def percent(name):
    """Of one core, everything that the daemon did in the window."""
    return None if number(f"{name}_all_ms") is None else number(f"{name}_all_ms") / number("window_s") / 10


def stats(name):
    return f"{number(f'{name}_stats_cpu_ms'):.0f} ms of CPU and {number(f'{name}_stats_wall_ms') / 1000:.2f} s"


def times_stats(name):
    if number(f"{name}_look_ms") is None or number(f"{name}_stats_cpu_ms") is None:
        return None
    return number(f"{name}_look_ms") / number(f"{name}_stats_cpu_ms")


many = counts["many"]
print(f"""## Telemetry

In one run of its own: winalux {facts.get("winalux", "?")}, rootless Podman {facts.get("podman", "?")} on
{machine()}. `task` and the script were measured in turn; medians.

| what | measured | limit | within |
|---|---|---|---|""")
print(verdict("`task`, the dashboard, exec to exit", number("task_ms"), 5, " ms"))
print(verdict("the same, times a script that asks at login",
              None if number("task_ms") is None else number("task_ms") / number("script_ms"), 1))
print(verdict("the daemon, 1 workspace: CPU for it and an interval", look_of_each("one"), 2, " ms"))
print(verdict("10 workspaces: CPU for each and an interval", look_of_each("ten"), 2, " ms"))
print(verdict(f"{many} workspaces: CPU for each and an interval", look_of_each("many"), 2, " ms"))
print(verdict(f"{many} workspaces: share of one core, scans of storage too", percent("many"), 1, " %"))
print(verdict(f"a look at {many}, CPU, times `podman stats --no-stream`", times_stats("many"), 1))
print(f"""
The script (`tests/bench/ask_at_login`: free, df, du, ps, uptime, nproc, ss, redis-cli) takes {number("script_ms") or 0:.1f} ms in
a home that nothing was done in yet, `task` {number("task_ms") or 0:.2f} ms. A look of the daemon, every {facts.get("interval_s", "?")} s, takes
{number("one_look_ms") or 0:.2f} ms for one workspace, {number("ten_look_ms") or 0:.2f} ms for 10, {number("many_look_ms") or 0:.2f} ms for {many}; medians, so without scans of storage.
With these it was {percent("one") or 0:.2f}, {percent("ten") or 0:.2f} and {percent("many") or 0:.2f} % of one core over {facts.get("window_s", "?")} s; homes were new and idle. `podman stats
--no-stream` takes {stats("ten") if "ten_stats_cpu_ms" in facts else "?"} for 10 workspaces, {stats("many") if "many_stats_cpu_ms" in facts else "?"} for {many}. The {many} are pods of
a dev container each, {facts.get("many_containers", "?")} containers with the daemon, made without kernel keyrings, which would not have fit;
the daemon had figures of {facts.get("many_measured", "?")} of them, `podman stats` of {facts.get("many_stats_rows", "?")} containers.""")
