#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/bench/telemetry.sh: what the dashboard and the figures cost. Prints "KEY,VALUE" rows; $socket is a running
# service.
#
# The dashboard against a script that asks at login: in turn, inside one workspace, from exec to exit (spawn.c). The
# daemon's processor time for a look at 1, 10 and 100 workspaces, against one `podman stats --no-stream`.
set -euo pipefail
. "$(dirname "$0")/../../tools/lib.sh"
export WINALUX_SOCKET=$socket
export WINALUX_TELEMETRY_INTERVAL_S=10 # what it is without a setting
window_s=${WINALUX_BENCH_WINDOW_S:-100}

row()
{
	printf '%s,%s\n' "$1" "$2"
}

inside() # NAME COMMAND…
{
	"$WINALUX" exec "$1" -- "${@:2}"
}

deploy() # COUNT [WORD…]: inventory.sh's
{
	"$here/inventory.sh" "$@" >"$work/inventory.yml"
	"$WINALUX" deploy "$work/inventory.yml" >"$work/log" 2>&1
}

# --- the dashboard ---

# Lines "TASK SCRIPT" of microseconds become medians in milliseconds.
medians()
{
	python3 -c 'import statistics, sys
pairs = [tuple(map(float, line.split())) for line in sys.stdin]
for name, values in zip(("task", "script"), zip(*pairs)):
    print(f"{name}_ms,{statistics.median(values) / 1000:.3f}")'
}

dashboard()
{
	deploy 1 '' off
	"$WINALUX" cp "$here/spawn.c" bench1:spawn.c
	"$WINALUX" cp "$here/ask_at_login" bench1:ask_at_login
	inside bench1 bash -ec 'cc -O2 -static -o spawn spawn.c; chmod +x ask_at_login; ./ask_at_login' >"$work/script"
	grep -q 'redis PONG' "$work/script" || { cat "$work/script" >&2; die "the script does not show Redis"; }
	# shellcheck disable=SC2016 # the shell inside expands it
	inside bench1 bash -ec 'for i in {1..60}; do
		echo "$(./spawn 20 /usr/lib/winalux/bin/task | tail -n 1)" \
			"$(./spawn 1 /home/developer/ask_at_login | tail -n 1)"
	done' | medians
	row task_lines "$(inside bench1 task | wc -l)"
	"$WINALUX" destroy --all --yes >/dev/null 2>&1
}

# --- the daemon ---

# CPU and wall milliseconds of COMMAND, medians of five.
cost_of() # COMMAND…
{
	python3 -c 'import os, statistics, sys, time
costs = []
for _ in range(5):
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
        os.execvp(sys.argv[1], sys.argv[1:])
    _, status, used = os.wait4(pid, 0)
    if status:
        sys.exit("%r failed: %d" % (sys.argv[1:], status))
    costs.append(((used.ru_utime + used.ru_stime) * 1000, (time.monotonic() - began) * 1000))
print("%.1f %.1f" % tuple(map(statistics.median, zip(*costs))))' "$@"
}

# After a deploy it looks each second for half a minute, and counts storage for the first time.
daemon() # NAME: rows of what runs now
{
	local pid look all looks cpu wall
	sleep 45
	pid=$(podman inspect --format '{{.State.Pid}}' winalux-telemetry)
	read -r look all looks < <("$here/looks.py" "$pid" "$window_s")
	row "$1_look_ms" "$look"
	row "$1_all_ms" "$all"
	row "$1_looks" "$looks"
	row "$1_containers" "$(podman ps -q | wc -l)"
	row "$1_measured" "$("$WINALUX" metrics | grep -c '^winalux_workspace_cpu_used_cores{')"
	read -r cpu wall < <(cost_of podman stats --no-stream) || return 0
	row "$1_stats_cpu_ms" "$cpu"
	row "$1_stats_wall_ms" "$wall"
	row "$1_stats_rows" "$(podman stats --no-stream --no-reset --format '{{.ID}}' | wc -l)"
}

# Each container has a kernel keyring, of which an account gets 200: with them 100 workspaces do not fit. For this
# measurement a service makes containers without (Podman 4.5 and later); the daemon has nothing to do with them.
service_without_keyrings()
{
	printf '[containers]\nkeyring = false\n' >"$work/keyring.conf"
	export WINALUX_SOCKET=$work/many.sock
	CONTAINERS_CONF_OVERRIDE=$work/keyring.conf podman system service -t 0 "unix://$WINALUX_SOCKET" \
		>/dev/null 2>&1 &
	many_service=$!
	until curl -sf --unix-socket "$WINALUX_SOCKET" http://d/v4.0.0/libpod/_ping >/dev/null 2>&1; do sleep 0.02; done
}

# As many as the account can have.
many()
{
	local count
	service_without_keyrings
	for count in 100 80 60 40 20; do
		if deploy $count plain off; then
			row many "$count"
			daemon many
			break
		fi
		tail -n 3 "$work/log" >&2
		"$WINALUX" destroy --all --yes >/dev/null 2>&1
	done
	"$WINALUX" destroy --all --yes >/dev/null 2>&1
	kill "$many_service"
}

dashboard
row interval_s $WINALUX_TELEMETRY_INTERVAL_S
row window_s "$window_s"
deploy 1 plain off
daemon one
deploy 10 plain off
daemon ten
"$WINALUX" destroy --all --yes >/dev/null 2>&1
many
row podman "$(podman --version | cut -d ' ' -f 3)"
row winalux "$("$WINALUX" version | sed -n '1s/^winalux //p')"
