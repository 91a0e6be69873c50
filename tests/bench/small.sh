#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/bench/small.sh: what is not a deploy of many. Prints "KEY,VALUE" rows; $socket is a running service.
set -eu
. "$(dirname "$0")/../../tools/lib.sh"
export WINALUX_SOCKET=$socket

row()
{
	printf '%s,%s\n' "$1" "$2"
}

# Milliseconds of one start, the median of 100.
start_ms() # COMMAND…
{
	local started i
	for ((i = 0; i < 100; i++)); do
		started=$EPOCHREALTIME
		"$@" >/dev/null
		echo $(( ${EPOCHREALTIME/./} - ${started/./} ))
	done | sort -n | awk 'NR == 50 { printf "%.2f", $1 / 1000 }'
}

# CPU milliseconds and greatest memory (KiB) of COMMAND, the least of N runs: "CPU RSS".
usage_of() # N COMMAND…
{
	python3 -c 'import os, sys
best = None
for _ in range(int(sys.argv[1])):
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
        os.dup2(1, 2)
        os.execvp(sys.argv[2], sys.argv[2:])
    _, status, used = os.wait4(pid, 0)
    if status:
        sys.exit("%r failed: %d" % (sys.argv[2:], status))
    now = ((used.ru_utime + used.ru_stime) * 1000, used.ru_maxrss)
    best = now if best is None else (min(best[0], now[0]), max(best[1], now[1]))
print("%.2f %d" % best)' "$@"
}

# CPU of `list` with so many workspaces, the answers recorded.
list_of() # COUNT
{
	local fake=$work/fake.sock pid cpu
	rm -f "$fake"
	"$here/fake.py" "$work/again.json" "$1" "$fake" >"$work/fake.log" &
	pid=$!
	until [ -S "$fake" ]; do sleep 0.02; done
	read -r cpu _ < <(WINALUX_SOCKET=$fake usage_of 20 "$WINALUX" list)
	row "list_$1_cpu_ms" "$cpu"
	: >"$work/fake.log"
	WINALUX_SOCKET=$fake "$WINALUX" list >"$work/listed"
	row "list_$1_rows" $(($(wc -l <"$work/listed") - 1))
	row "list_$1_calls" "$(wc -l <"$work/fake.log")"
	kill $pid
}

deploy_memory()
{
	local rss
	"$here/inventory.sh" 8 >"$work/inventory.yml"
	read -r _ rss < <(usage_of 1 "$WINALUX" deploy "$work/inventory.yml")
	row deploy_rss_kib "$rss"
	"$WINALUX" destroy --all --yes >/dev/null 2>&1
}

idle_memory()
{
	"$here/inventory.sh" 16 plain >"$work/inventory.yml"
	"$WINALUX" deploy "$work/inventory.yml" >/dev/null 2>&1
	python3 "$here/pss.py" settle
	python3 "$here/pss.py" 16
	"$WINALUX" destroy --all --yes >/dev/null 2>&1
}

row version_ms "$(start_ms "$WINALUX" version)"
row true_ms "$(start_ms /bin/true)"
python3 -c 'import json, sys
print("again_calls,%d" % json.load(open(sys.argv[1]))["again_calls"])' "$work/recorded.json"
list_of 0
list_of 200
deploy_memory
idle_memory
row podman "$(podman --version | cut -d ' ' -f 3)"
row winalux "$("$WINALUX" version | sed -n '1s/^winalux //p')"
