#!/bin/bash
# SPDX-License-Identifier: MIT
# disk_policy: freeze. At the limit who writes is stopped, is told so, and goes on when there is room.
. "$(dirname "$0")/lib.sh"
export WINALUX_TELEMETRY_INTERVAL_S=2

begin_inventory
{
	workspace alice "disk_limit_gb: 1" "disk_policy: freeze"
	workspace bob "disk_limit_gb: 1" "disk_policy: freeze"
} >>"$inventory"

# Writes all the time, up to 200 MiB and then from an empty file on: what is dirty already would not count. A
# file of 1000 MiB beside it is close to the limit alone, and beyond it with what is written.
# shellcheck disable=SC2016
writer='
import os, time
f = open("grows", "wb", buffering=0)
open("writer.pid", "w").write(str(os.getpid()))
while True:
	f.write(b"x" * (4 << 20))
	if f.tell() >= 200 << 20: f.truncate(f.seek(0))
	open("beat", "w").write(str(time.time()))
	time.sleep(0.1)
'

deploys()
{
	status 0 deploy
	use_ssh
	for name in alice bob; do
		remote $name 'cat >writer.py' <<<"$writer"
		start_writer $name
	done
}

start_writer() # NAME
{
	ssh -F "$work/ssh_config" -tt "$1.winalux" python3 writer.py >"$work/terminal.$1" 2>&1 </dev/null 8>&- &
	until_true 15 writes "$1"
}

state() # NAME
{
	podman exec "winalux-$1-dev" sh -c 'sed "s/.*) //" /proc/$(cat ~developer/writer.pid)/stat' | cut -c 1
}

is_stopped() # NAME
{
	[ "$(state "$1")" = T ]
}

writes() # NAME
{
	podman exec "winalux-$1-dev" sh -c 'read -r before <~developer/beat; sleep 0.5
		read -r after <~developer/beat; [ "$before" != "$after" ]'
}

fill()
{
	remote alice 'fallocate -l 1000M big'
	until_true 30 is_stopped alice
}

at_the_limit_the_writer_is_stopped()
{
	local pid
	fill
	fails writes alice
	pid=$(remote alice 'cat writer.pid')
	until_true 5 grep -qF "PID $pid) writes and was stopped" "$work/terminal.alice"
	contains "$(<"$work/terminal.alice")" "winalux: storage is full ("
	contains "$(<"$work/terminal.alice")" "'kill -CONT $pid' continues it now"
	contains "$(podman logs winalux-alice-dev)" '{"event":"frozen","pid":'"$pid"',"command":"python3","used":'
}

it_is_shown()
{
	until_true 10 shows "FROZEN (soft limit): python3 ("
	status 0 winalux status alice
	contains "$out" "soft limit: freeze"
	contains "$out" "FROZEN      python3 ("
}

shows() # TEXT
{
	contains "$(podman exec winalux-alice-dev env COLUMNS=200 task)" "$1"
}

the_neighbour_is_not_touched()
{
	writes bob
	lacks "$(<"$work/terminal.bob")" winalux
	lacks "$(podman logs winalux-bob-dev)" '"frozen"'
}

another_session_cleans_up_and_it_goes_on()
{
	contains "$(remote alice 'echo small >note && cat note')" small
	contains "$(remote alice 'task storage')" "/home/developer"
	is_stopped alice
	remote alice 'rm big'
	until_true 20 writes alice
	contains "$(podman logs winalux-alice-dev)" '{"event":"thawed","count":1,"reason":"room"}'
}

# The most natural thing to remove: the file that it writes to, which is freed when it has ended.
who_is_told_to_end_can()
{
	fill
	remote alice 'rm big grows; kill "$(cat writer.pid)"'
	until_true 10 has_ended alice
}

has_ended() # NAME
{
	[ -z "$(state "$1")" ]
}

the_end_of_the_daemon_continues_it()
{
	start_writer alice
	fill
	podman kill -s USR1 winalux-telemetry
	until_true 15 writes alice
	contains "$(podman logs winalux-alice-dev)" '"reason":"nothing is measured"'
}

start_service
first "two workspaces come up, and somebody writes in both" deploys
it "at the limit who writes is stopped and told so" at_the_limit_the_writer_is_stopped
it "the dashboard and status say so" it_is_shown
it "the neighbour is not touched" the_neighbour_is_not_touched
it "another session can clean up, and what was stopped goes on by itself" another_session_cleans_up_and_it_goes_on
it "who is stopped can be told to end" who_is_told_to_end_can
it "without the daemon nobody stays stopped" the_end_of_the_daemon_continues_it
