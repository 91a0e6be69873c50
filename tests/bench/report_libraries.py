#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""report_libraries.py FACTS: the section "Libraries" of docs/results/bench.md on standard output."""
import csv
import sys

from table import machine, verdict

facts = dict(csv.reader(open(sys.argv[1])))


def seconds(key):
    return float(facts[key]) / 1000


print(f"""## Libraries

In one run of its own: winalux {facts.get("winalux", "?")}, rootless Podman {facts.get("podman", "?")} on
{machine()}. Django, Celery with Redis and requests from PyPI into a
workspace that runs; medians. pip installs the same in the same workspace, in a new virtual environment each time.

| | nothing cached | cached |
|---|---|---|
| `winalux deploy` after a change of `libraries` | {seconds("cold_ms"):.2f} s | {seconds("warm_ms"):.2f} s |
| `pip install` | {seconds("pip_cold_ms"):.2f} s | {seconds("pip_warm_ms"):.2f} s |

| what | measured | limit | within |
|---|---|---|---|""")
print(verdict("libraries without a cache, times `pip install`", seconds("cold_ms") / seconds("pip_cold_ms"), 1))
print(verdict("libraries that another workspace has fetched, times `pip install` with its cache",
              seconds("warm_ms") / seconds("pip_warm_ms"), 1))
print(f"""
winalux' cache is another workspace's of the account; pip's is its own. A deploy that finds the list installed takes
{seconds("again_ms"):.2f} s.""")
