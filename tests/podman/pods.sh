#!/bin/bash
# SPDX-License-Identifier: MIT
# What is measured of whole pods, sidecars included, against what the host's own /proc and file systems say.
# shellcheck disable=SC2317 # cases are called by their names
. "$(dirname "$0")/lib.sh"

# Figures of now, and no later than after two of these.
export WINALUX_TELEMETRY_INTERVAL_S=1
two_intervals=5
begin_inventory
{
	workspace alice "sidecars: [redis]" "disk_limit_gb: 10"
	workspace bob
} >>"$inventory"

deploys()
{
	start_service
	status 0 deploy
	use_ssh
	until_true 15 knows alice cpu
	until_true 15 knows bob storage
}

# of NAME EXPRESSION: of the figures that winalux shows
of()
{
	winalux status "$1" --json | json "$2"
}

knows() # NAME FIGURE
{
	[ "$(of "$1" "d['$2'] is not None")" = true ]
}

holds() # NAME CONDITION
{
	[ "$(of "$1" "$2")" = true ]
}

dashboard() # NAME
{
	podman exec "winalux-$1-dev" task
}

shows() # NAME TEXT
{
	grep -E -- "$2" <<<"$(dashboard "$1")"
}

# exec_there SCRIPT: goes on by itself in the sidecar; what it is on the host is found by a mark.
exec_there()
{
	mark=mark$RANDOM$RANDOM
	podman exec -d winalux-alice-redis sh -c ": $mark; $1"
	until_true 10 find_there
	there=$(find_there)
}

find_there()
{
	pgrep -of "^sh -c : $mark;"
}

end_there()
{
	pkill -9 -f "^sh -c : $mark;" || :
	podman exec winalux-alice-redis pkill -9 'sleep|tail' || :
}

# --- the daemon ---

the_daemon_may_look_and_nothing_else()
{
	local container=winalux-telemetry
	equal "[CAP_DAC_READ_SEARCH CAP_SYS_PTRACE]" "$(podman inspect "$container" --format '{{.BoundingCaps}}')"
	equal none "$(podman inspect "$container" --format '{{.HostConfig.NetworkMode}}')"
	contains "$(podman inspect "$container" --format '{{.HostConfig.SecurityOpt}}')" no-new-privileges
	lacks "$(winalux list)" telemetry
}

figures_are_those_of_the_pod()
{
	equal pod "$(of alice "d['covers']")"
	equal host "$(of alice "d['cpu']['of']")"
	equal $((10 << 30)) "$(of alice "d['storage']['total']")"
	shows alice "redis 127.0.0.1:6379 up"
	lacks "$(dashboard alice)" "sidecars are not"
}

# --- memory, processors ---

memory_of_a_sidecar_counts()
{
	local before
	before=$(of bob "d['memory']['rss']")
	exec_there '(head -c 300M /dev/zero; sleep 60) | tail >/dev/null'
	until_true "$two_intervals" holds alice "300 << 20 < d['memory']['rss'] < 450 << 20"
	until_true "$two_intervals" shows alice 'Memory: +3[0-9][0-9]MB /'
	holds bob "d['memory']['rss'] < $before + (20 << 20)"
	end_there
}

ticks_of() # PID
{
	sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 12,13 | tr ' ' +
}

# Processor time that is told against that which the kernel says of the only process that works. A sample is at most
# 0.3 s old when it is read, which is what the figures may differ by besides.
time_is_what_the_kernel_says()
{
	local told_before told ticks_before ticks sampled
	exec_there 'while :; do :; done'
	a_new_sample
	told_before=$(of alice "d['cpu']['time_ms']") ticks_before=$(($(ticks_of "$there")))
	until_true 20 has_used $((ticks_before + 400)) "$there"
	a_new_sample
	told=$(($(of alice "d['cpu']['time_ms']") - told_before)) ticks=$(($(ticks_of "$there") - ticks_before))
	is_within $((ticks * 10)) "$told"
	holds alice "d['cpu']['used_cores'] > 0.3"
	holds bob "d['cpu']['used_cores'] < 0.1"
	end_there
}

is_within() # USED_MS TOLD_MS
{
	[ $(($2 * 100)) -ge $(($1 * 95 - 30000)) ]
	[ $(($2 * 100)) -le $(($1 * 105 + 30000)) ]
}

a_new_sample()
{
	sampled=$(of alice "d['sampled']")
	until_true 10 has_another_sample
}

has_another_sample()
{
	[ "$(of alice "d['sampled']")" != "$sampled" ]
}

has_used() # TICKS PID
{
	[ $(($(ticks_of "$2"))) -ge "$1" ]
}

# Each ends before anybody looks at it; children of theirs are PID 1's.
a_storm_of_short_processes_counts()
{
	remote alice 'timeout 12 sh -c "while :; do (head -c 300000 /dev/zero | md5sum >/dev/null &); done"' &
	until_true 10 holds alice "d['cpu']['used_cores'] > 0.2"
	holds bob "d['cpu']['used_cores'] < 0.1"
	wait
}

# --- storage ---

volume_of() # NAME-ROLE
{
	podman volume inspect "winalux-$1" --format '{{.Mountpoint}}'
}

# Volumes of a pod, as du counts them. What PID 1 or Redis write meanwhile is little.
truth()
{
	podman unshare du -sc --block-size=1 "$(volume_of alice-home)" "$(volume_of alice-redis)" |
		sed -n 's/\ttotal$//p'
}

is_about() # BYTES PERCENT
{
	holds alice "abs(d['storage']['used'] - $1) * 100 <= $1 * $2 + (1 << 20)"
}

is_counted()
{
	holds alice "not d['storage']['is_estimated']" && is_about "$(truth)" 0
}

a_file_of_two_gigabytes_is_seen()
{
	local bob
	bob=$(of bob "d['storage']['used']")
	remote alice 'head -c 2G /dev/zero >big && sync big'
	until_true "$two_intervals" is_about "$(truth)" 10
	until_true 60 is_counted
	shows alice 'Storage: +.* 20% \(2.0[0-9]GB / 10GB\)'
	holds bob "d['storage']['used'] < $bob + (1 << 20)"
}

a_deleted_file_that_is_open_counts()
{
	remote alice 'exec 3<>big; rm big; sleep 30 <&3' || : &
	until_true 10 is_gone
	until_true "$two_intervals" is_about $((2 << 30)) 10
	podman exec winalux-alice-dev pkill -x sleep
	wait
	until_true 30 is_counted
	holds alice "d['storage']['used'] < 200 << 20"
}

is_gone()
{
	fails podman exec winalux-alice-dev test -e /home/developer/big
}

many_small_files_are_counted()
{
	remote alice 'mkdir many && cd many && python3 -c "
for i in range(200000):
    if i % 1000 == 0:
        import os
        os.mkdir(str(i)); os.chdir(str(i))
    open(\"f%d\" % i, \"w\").write(\"x\")
    if i % 1000 == 999:
        os.chdir(\"..\")"'
	until_true "$two_intervals" is_about "$(truth)" 10
	until_true 100 is_counted
	holds alice "200200 <= d['storage']['files'] < 200400"
}

# --- truth inside ---

programs_see_the_workspace()
{
	local total
	total=$(of alice "d['memory']['total'] // 1024")
	equal "$total" "$(remote alice "free | awk '/^Mem/ { print \$2 }'")"
	until_true 10 used_is_little
	remote alice 'test $(cut -d . -f 1 /proc/uptime) -lt 600'
	remote alice 'test $(cut -d / -f 2 /proc/loadavg | cut -d " " -f 1) -lt 100'
	remote alice 'grep -q "^cpu " /proc/stat && grep -q "^processor" /proc/cpuinfo'
	fails remote alice 'echo x >/proc/meminfo'
}

used_is_little()
{
	remote alice "free -m | awk '/^Mem/ { exit \$3 > 200 }'"
}

# Processes begin by the host's clock, which the workspace's uptime is not.
ps_tells_how_long_processes_have_run()
{
	local up_s ran_s
	up_s=$(remote alice 'cut -d . -f 1 /proc/uptime')
	ran_s=$(remote alice 'ps -o etimes= -p 1')
	[ "$up_s" -le "$ran_s" ] && [ "$ran_s" -le $((up_s + 20)) ]
	# shellcheck disable=SC2016 # inside
	equal "$(date +%F)" "$(remote alice 'date +%F -d "$(ps -o lstart= -p 1)"')"
}

# --- who is in ---

sessions_are_told_with_their_keys()
{
	local shown
	remote alice 'sleep 20' &
	until_true 15 holds alice "d['ssh_sessions'] == 1"
	shown=$(ssh-keygen -lf "$key.pub" | cut -d ' ' -f 2)
	equal "$shown" "$(of alice "d['keys'][0]['fingerprint']")"
	kill %1
	wait || :
}

# --- faults ---

daemon_pid()
{
	podman inspect winalux-telemetry --format '{{.State.Pid}}'
}

a_killed_daemon_comes_again()
{
	local pid
	pid=$(daemon_pid)
	kill -9 "$pid"
	until_true 20 is_another_pid "$pid"
	until_true 15 holds alice "d['age_ms'] < 3000 and d['cpu'] is not None"
}

is_another_pid()
{
	local pid
	pid=$(daemon_pid)
	[ "$pid" != "$1" ] && [ "$pid" != 0 ]
}

without_the_daemon_its_own_figures_are_shown()
{
	podman kill -s USR1 winalux-telemetry
	until_true 20 shows alice 'Memory: +[0-9]+MB'
	until_true 30 shows alice 'sidecars'
	holds alice "d['is_stale'] or d['covers'] != 'pod'" || fails winalux status alice
	status 0 deploy
	until_true 15 holds alice "d['covers'] == 'pod' and not d['is_stale']"
}

a_page_of_garbage_does_no_harm()
{
	local page
	page=$(volume_of account)/telemetry/alice/metrics
	kill -STOP "$(daemon_pid)"
	head -c 4096 /dev/urandom >"$page"
	shows alice 'Memory: +[0-9]+MB'
	: >"$page"
	shows alice 'Memory: +[0-9]+MB'
	rm "$page"
	shows alice 'Memory: +[0-9]+MB'
	kill -CONT "$(daemon_pid)"
	until_true 10 holds alice "not d['is_stale']"
}

# --- ends ---

what_was_kept_of_one_goes_with_it()
{
	local account
	account=$(volume_of account)
	[ -e "$account/proc/bob/meminfo" ]
	status 0 winalux destroy --yes bob
	until_true 10 is_forgotten "$account"
	running winalux-telemetry
	status 0 winalux destroy --yes alice
	fails podman container exists winalux-telemetry
}

is_forgotten()
{
	[ ! -e "$1/proc/bob" ] && [ ! -e "$1/telemetry/bob" ] && [ -e "$1/telemetry/alice" ]
}

without_an_interval_there_is_none()
{
	WINALUX_TELEMETRY_INTERVAL_S=0 status 0 deploy
	fails podman container exists winalux-telemetry
	until_true 15 shows bob 'Memory: +[0-9]+MB'
	contains "$(winalux status bob)" "none: nobody measures"
	status 0 winalux destroy --yes alice bob
}

an_interval_of_0_ends_a_daemon()
{
	status 0 deploy
	running winalux-telemetry
	WINALUX_TELEMETRY_INTERVAL_S=0 status 0 deploy --dry-run alice
	contains "$out" "telemetry_interval_s is 0"
	WINALUX_TELEMETRY_INTERVAL_S=0 status 0 deploy alice
	running winalux-telemetry # bob has its files over his /proc
	WINALUX_TELEMETRY_INTERVAL_S=0 status 0 deploy
	fails podman container exists winalux-telemetry
	until_true 15 shows bob 'Memory: +[0-9]+MB'
	WINALUX_TELEMETRY_INTERVAL_S=0 status 0 deploy
	status 0 winalux destroy --yes alice bob
}

first "a deploy starts the daemon, and figures are there soon" deploys
it "the daemon may look at processes and files, and nothing else" the_daemon_may_look_and_nothing_else
it "figures are those of the whole pod" figures_are_those_of_the_pod
it "memory that a sidecar eats is the workspace's, and not the neighbour's" memory_of_a_sidecar_counts
it "processor time of a sidecar is what the kernel says" time_is_what_the_kernel_says
it "a storm of short processes counts" a_storm_of_short_processes_counts
it "a file of 2 GB is seen soon, and counted exactly" a_file_of_two_gigabytes_is_seen
it "a deleted file counts as long as it is open" a_deleted_file_that_is_open_counts
it "200,000 small files are counted" many_small_files_are_counted
it "free, uptime and the like see the workspace" programs_see_the_workspace
it "ps tells how long processes have run" ps_tells_how_long_processes_have_run
it "who is in by ssh is told with the key" sessions_are_told_with_their_keys
it "a daemon that is killed comes again" a_killed_daemon_comes_again
it "without the daemon a workspace shows its own figures, and a deploy starts it" \
	without_the_daemon_its_own_figures_are_shown
it "a page of garbage, an empty one or none do no harm" a_page_of_garbage_does_no_harm
it "what was kept of a workspace goes with it, and the daemon with the last one" what_was_kept_of_one_goes_with_it
it "an interval of 0 does without the daemon" without_an_interval_there_is_none
it "an interval of 0 ends a daemon, with the last that it measures" an_interval_of_0_ends_a_daemon
finish
