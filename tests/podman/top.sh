#!/bin/bash
# SPDX-License-Identifier: MIT
# What workspaces use, seen from outside: top, status and metrics.
. "$(dirname "$0")/lib.sh"

begin_inventory
{
	workspace alice "sidecars: [redis]"
	workspace bob
} >>"$inventory"

deploys()
{
	status 0 deploy
	use_ssh
}

# of NAME EXPRESSION: of what top says of a workspace, w
of()
{
	winalux top --json "$1" | json "[$2 for w in d['workspaces']][0]"
}

is() # NAME EXPRESSION
{
	[ "$(of "$1" "$2")" = true ]
}

both_are_measured()
{
	until_true 30 is alice "w['covers'] == 'pod' and bool(w['cpu'] and w['memory'])"
	until_true 30 is bob "w['covers'] == 'pod' and bool(w['cpu'] and w['memory'])"
	equal true "$(of alice "not w['is_stale'] and w['age_ms'] < 30000")"
	equal true "$(of alice "w['memory']['rss'] > 1 << 20")"
	contains "$(winalux top)" "alice  running"
}

status_has_the_sidecar()
{
	until_true 30 has_redis
	contains "$(winalux status alice)" "the whole pod"
}

has_redis()
{
	contains "$(winalux status alice)" "redis 6379 up"
}

who_is_busy_comes_first()
{
	remote bob 'timeout 60 sh -c "while :; do :; done" >/dev/null 2>&1 &'
	until_true 30 is bob "w['cpu']['used_cores'] > 0.2"
	equal bob "$(winalux top | sed -n '2s/ .*//p')"
	equal alice "$(winalux top --sort name | sed -n '2s/ .*//p')"
	remote bob 'pkill -f "while :"'
}

seconds_of() # NAME
{
	curl -s "$url" | sed -n "s/^winalux_workspace_cpu_seconds_total{workspace=\"$1\"} //p"
}

metrics_are_served()
{
	local server
	"$WINALUX" metrics --listen 127.0.0.1:0 2>"$work/metrics.err" &
	server=$!
	until_true 15 grep -q ^serving "$work/metrics.err"
	url=$(sed -n 's/^serving //p' "$work/metrics.err")
	equal 200 "$(curl -s -o "$work/metrics" -w '%{http_code}' "$url")"
	grep -q '^winalux_telemetry_up 1$' "$work/metrics"
	grep -q '^winalux_workspace_up{workspace="alice"} 1$' "$work/metrics"
	[[ $(seconds_of alice) =~ ^[0-9]+\.[0-9]{6}$ ]]
	kill "$server"
	wait "$server"
}

one_that_is_stopped_has_a_reason()
{
	status 0 winalux stop bob
	contains "$(winalux top)" "bob    stopped: it does not run"
	winalux metrics >"$work/metrics"
	grep -q '^winalux_workspace_up{workspace="bob"} 0$' "$work/metrics"
	fails grep 'cpu_seconds_total{workspace="bob"}' "$work/metrics"
}

without_a_daemon_it_is_said()
{
	podman kill -s USR1 winalux-telemetry
	podman rm -f -t 0 winalux-telemetry
	contains "$(winalux top)" "alice  running: nobody measures"
	contains "$(winalux status alice)" "none: nobody measures"
	status 0 deploy
	until_true 30 is alice "bool(w['cpu'])"
}

start_service
first "two workspaces come up" deploys
it "both are measured with all that is in their pods" both_are_measured
it "status has the sidecar" status_has_the_sidecar
it "who is busy comes first" who_is_busy_comes_first
it "metrics are served" metrics_are_served
it "one that is stopped has a reason instead of figures" one_that_is_stopped_has_a_reason
it "without a daemon it is said, and a deploy brings it back" without_a_daemon_it_is_said
