#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/bench/record.sh: what winalux itself sends to Podman for one workspace. record.py stands between the two
# and writes $work/recorded.json for replay.py. Also counts the calls of an unchanged deploy of $count.
set -eu
proxy=$work/proxy.sock
export WINALUX_SOCKET=$proxy

recorded() # FILE COMMAND…
{
	local file=$1 pid
	shift
	python3 "$here/record.py" "$proxy" "$socket" "$file" &
	pid=$!
	until [ -S "$proxy" ]; do sleep 0.02; done
	"$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
	kill $pid
	wait $pid 2>/dev/null || :
	rm -f "$proxy"
}

# What only an account's first deploy makes is made before.
"$here/inventory.sh" 2 >"$work/two.yml"
WINALUX_SOCKET=$socket "$WINALUX" deploy "$work/two.yml" bench2 >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
recorded "$work/up.json" "$WINALUX" deploy "$work/two.yml" bench1
recorded "$work/again.json" "$WINALUX" deploy "$work/two.yml"
recorded "$work/remove.json" "$WINALUX" destroy --keep-data bench1
WINALUX_SOCKET=$socket "$WINALUX" destroy --all --yes >/dev/null 2>&1
"$here/replay.py" merge "$work/up.json" "$work/again.json" "$work/remove.json" >"$work/recorded.json"
