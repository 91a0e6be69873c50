#!/bin/bash
# SPDX-License-Identifier: MIT
# Interrupted, killed and left alone at every step: the next run repairs it, and nothing is left over.
. "$(dirname "$0")/lib.sh"
case_limit_s=400
# Time is what counts here: the program as it is released, which signals reach at the same places.
[ "${WINALUX##*/}" != winalux-asan ] || WINALUX=$top/build/winalux
first_step=1
[ "$suite" = host ] || first_step=2
[ -z "${WINALUX_EVERY_STEP:-}" ] || first_step=1

begin_inventory
workspace alice "sidecars: [redis]" >>"$inventory"

# interrupt SIGNAL N COMMAND…: runs it and sends SIGNAL when its Nth line about alice appears. Its status is in
# $ended, and the number of lines that came in $seen.
interrupt()
{
	{ local -; set +x; } 2>/dev/null
	local signal=$1 n=$2 pid line
	shift 2
	rm -f "$work/lines"
	mkfifo "$work/lines"
	"$@" >"$work/out" 2>"$work/lines" &
	pid=$!
	seen=0
	: >"$work/err"
	while read -r line; do
		printf '%s\n' "$line" >>"$work/err"
		[[ $line == alice:* ]] || continue
		seen=$((seen + 1))
		[ $seen -ne "$n" ] || kill -s "$signal" $pid 2>/dev/null || : # it may be over
	done <"$work/lines"
	ended=0
	wait $pid || ended=$?
	out=$(<"$work/out") err=$(<"$work/err")
	printf 'signal %s at line %s: status %s\n%s\n' "$signal" "$n" "$ended" "$err"
}

forget_lock()
{
	local names
	names=$(podman volume ls -q --filter label=io.winalux.holder)
	[ -z "$names" ] || xargs podman volume rm <<<"$names"
}

# Every object of alice, without the number of the state's generation.
objects()
{
	left_of alice | sed 's/-state-[0-9]*/-state/' | sort
}

normal_deploy()
{
	interrupt WINCH 0 "$WINALUX" deploy "$inventory"
	equal 0 "$ended"
	echo "$seen" >"$work/deploy_steps"
	objects >"$work/normal"
	[ "$seen" -ge 8 ]
	interrupt WINCH 0 "$WINALUX" destroy alice --yes
	equal 0 "$ended"
	echo "$seen" >"$work/destroy_steps"
	equal "" "$(objects)"
	[ "$seen" -ge 4 ]
}

# A killed winalux has not given its lock back, but everybody can see that it is dead: nobody waits.
converges()
{
	WINALUX_LOCK_TIMEOUT_S=3 status 0 deploy
	diff "$work/normal" <(objects)
	status 0 winalux plan "$inventory"
	contains "$out" "as the inventory says"
	[[ $(banner "$ssh_port_alice") == SSH-2.0-* ]]
}

# Each suite takes every second step, the two together all of them; WINALUX_EVERY_STEP=1 (make test-long) all.
at_every_step() # SIGNAL STATUS
{
	local n steps stride=2
	steps=$(<"$work/deploy_steps")
	[ -z "${WINALUX_EVERY_STEP:-}" ] || stride=1
	for ((n = first_step; n <= steps; n += stride)); do
		interrupt "$1" $n "$WINALUX" deploy "$inventory"
		# The last steps may be over before the signal arrives.
		[ "$ended" -eq "$2" ] || [ $n -ge $((steps - 1)) ] || fail "at step $n: status $ended: $err"
		if [ "$1" = INT ] && [ "$ended" -eq "$2" ]; then
			equal "" "$(podman volume ls -q --filter label=io.winalux.holder)"
			equal "" "$(podman ps -aq --filter label=io.winalux.workspace)"
		fi
		converges
		winalux destroy alice --yes --quiet
		equal "" "$(objects)"
		equal "" "$(podman volume ls -q --filter label=io.winalux.holder)"
	done
}

destroy_at_every_step()
{
	local n steps stride=2
	steps=$(<"$work/destroy_steps")
	[ -z "${WINALUX_EVERY_STEP:-}" ] || stride=1
	for ((n = first_step; n <= steps; n += stride)); do
		deploy --quiet
		interrupt KILL $n "$WINALUX" destroy alice --yes
		WINALUX_LOCK_TIMEOUT_S=3 status 0 winalux destroy alice --yes || contains "$err" "alice"
		equal "" "$(objects)"
	done
}

service_dies()
{
	local n steps pid
	steps=$(<"$work/deploy_steps")
	for n in 2 $((steps / 2)) $((steps - 2)); do
		rm -f "$work/lines"
		mkfifo "$work/lines"
		"$WINALUX" deploy "$inventory" >/dev/null 2>"$work/lines" &
		pid=$!
		seen=0
		while read -r line; do
			[[ $line == alice:* ]] && seen=$((seen + 1))
			[ $seen -ne "$n" ] || kill -KILL "$(<"$work/service.pid")" 2>/dev/null || :
		done <"$work/lines"
		wait $pid && fail "a deploy without its service succeeded"
		stop_service
		start_service
		converges
		winalux destroy alice --yes --quiet
	done
}

two_at_once()
{
	local first second
	deploy >"$work/first" 2>&1 &
	first=$!
	deploy >"$work/second" 2>&1 &
	second=$!
	wait $first || fail "the first one: $(<"$work/first")"
	wait $second || fail "the second one: $(<"$work/second")"
	diff "$work/normal" <(objects)
	status 0 winalux plan "$inventory"
	contains "$out" "as the inventory says"
}

lock_volume() # EXPIRES
{
	podman volume create --label io.winalux.schema=1 --label io.winalux.role=lock \
		--label "io.winalux.holder=eve@elsewhere pid 1" --label "io.winalux.expires=$1" winalux-lock-1
}

waits_for_another()
{
	winalux destroy alice --yes --quiet
	lock_volume "$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)"
	export WINALUX_LOCK_TIMEOUT_S=1
	status 11 deploy
	contains "$err" eve@elsewhere
	equal "" "$(objects)"
	export WINALUX_LOCK_TIMEOUT_S=60
	deploy 2>"$work/err" &
	local pid=$!
	until_true 10 grep -q eve@elsewhere "$work/err"
	podman volume rm winalux-lock-1
	wait $pid
	running winalux-alice-dev
}

takes_over_an_expired_lock()
{
	winalux destroy alice --yes --quiet
	lock_volume "$(date -u -d '-1 minute' +%Y-%m-%dT%H:%M:%SZ)"
	status 0 deploy
	equal "" "$(podman volume ls -q --filter label=io.winalux.holder)"
	running winalux-alice-dev
}

lists_do_not_wait()
{
	lock_volume "$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)"
	WINALUX_LOCK_TIMEOUT_S=1 status 0 winalux list
	WINALUX_LOCK_TIMEOUT_S=1 status 0 deploy
	forget_lock
}

start_service
first "a deploy and a destroy without trouble" normal_deploy
it "SIGINT at every step undoes the half-made workspace, and a second run converges" at_every_step INT 130
it "SIGKILL at every step of a deploy: a second run converges" at_every_step KILL 137
it "SIGKILL at every step of a destroy: a second run completes it" destroy_at_every_step
it "the service dies in the middle: a second run converges" service_dies
it "two deploys at once both succeed" two_at_once
it "a deploy waits for another one and says so" waits_for_another
it "an expired lock is taken over" takes_over_an_expired_lock
it "what changes nothing does not wait for the lock" lists_do_not_wait
