#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/bench/libraries.sh: what it takes until a list of libraries is in a workspace, against pip in the same one.
# Prints "KEY,VALUE" rows, medians; $socket is a running service. Packages come from PyPI: "cold" is the network's too.
#
# bench1 is the first workspace that wants the list, bench2 the second: its deploy has the account's cache. pip has its
# own cache in the second of its runs, and a new virtual environment in both.
set -euo pipefail
. "$(dirname "$0")/../../tools/lib.sh"
export WINALUX_SOCKET=$socket
list=(django 'celery[redis]' requests)

ms() # KEY COMMAND…
{
	local key=$1 started=$EPOCHREALTIME
	shift
	"$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; die "failed: $*"; }
	echo "$key $(( (${EPOCHREALTIME/./} - ${started/./}) / 1000 ))" >>"$work/libraries"
}

deploy() # COUNT: so many of the two workspaces want the list
{
	"$here/inventory.sh" 2 plain |
		awk -v count="$1" -v list="$wanted" '{ print }
			/public_key/ && n++ < count { print "    libraries: [" list "]" }' \
			>"$work/inventory.yml"
	"$WINALUX" deploy "$work/inventory.yml"
}

inside()
{
	"$WINALUX" exec bench1 -- "$@"
}

pip() # KEY OPTION…
{
	local key=$1
	shift
	inside rm -rf /tmp/pip
	inside python3 -m venv /tmp/pip
	ms "$key" inside /tmp/pip/bin/pip install -q "$@" "${list[@]}"
}

printf -v wanted '"%s", ' "${list[@]}"
wanted=${wanted%, }
: >"$work/libraries"
for ((round = 0; round < ${WINALUX_BENCH_REPEAT:-3}; round++)); do
	deploy 0 >/dev/null 2>&1
	ms cold_ms deploy 1
	ms warm_ms deploy 2
	ms again_ms deploy 2
	pip pip_cold_ms --no-cache-dir
	pip filled --cache-dir /tmp/cache
	pip pip_warm_ms --cache-dir /tmp/cache
	"$WINALUX" destroy --all --yes >/dev/null 2>&1
	podman volume rm -f winalux-libraries >/dev/null
done
python3 - "$work/libraries" <<'PYTHON'
import collections, statistics, sys
rows = collections.defaultdict(list)
for line in open(sys.argv[1]):
    key, value = line.split()
    rows[key].append(int(value))
for key, values in rows.items():
    print(f"{key},{statistics.median(values):.0f}")
PYTHON
echo "podman,$(podman --version | cut -d ' ' -f 3)"
echo "winalux,$("$WINALUX" version | sed -n '1s/^winalux //p')"
