#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""looks.py PID SECONDS: the processor time of PID's looks, "MEDIAN_MS ALL_MS LOOKS".

PID sleeps between its looks. The kernel counts what it runs to the nanosecond in schedstat, and by ticks of 10 ms in
stat: a look is where the first has grown since the moment before. ALL_MS is everything in these seconds by utime and
stime, storage scans too.
"""
import os
import statistics
import sys
import time

PAUSE_S = 0.2


def run_ms(pid):
    return int(open(f"/proc/{pid}/schedstat").read().split()[0]) / 1e6


def cpu_ms(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def main(pid, seconds):
    ends = time.monotonic() + seconds
    began, before, looks, is_in_look = cpu_ms(pid), run_ms(pid), [], False
    while time.monotonic() < ends:
        time.sleep(PAUSE_S)
        now = run_ms(pid)
        if now > before:
            if not is_in_look:
                looks.append(0)
            looks[-1] += now - before
        is_in_look, before = now > before, now
    print(f"{statistics.median(looks):.3f} {cpu_ms(pid) - began:.0f} {len(looks)}")


main(int(sys.argv[1]), float(sys.argv[2]))
