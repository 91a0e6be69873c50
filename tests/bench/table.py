# SPDX-License-Identifier: MIT
"""What the reports of this folder share."""
import os


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "CPU")
    memory = int(open("/proc/meminfo").readline().split()[1]) / 1048576
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB of memory"


def verdict(text, value, limit, unit=""):
    ok = "yes" if value is not None and value <= limit else "**no**"
    shown = "not measured" if value is None else f"{value:.2f}{unit}"
    return f"| {text} | {shown} | {limit}{unit} | {ok} |"
