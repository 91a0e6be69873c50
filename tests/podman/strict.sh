#!/bin/bash
# SPDX-License-Identifier: MIT
# The strict gate: what it lets in, what is recorded, and that nothing fails when those that hold it are killed.
# What it refuses is tried in bypass.sh.
. "$(dirname "$0")/lib.sh"

holders=(winalux-gate-a winalux-gate-b winalux-warden)
dev=winalux-alice-dev

printf 'version: 1\nworkspaces:\n' >"$inventory"
{
	workspace alice "gate: strict" "sidecars: [redis]"
	workspace bob
} >>"$inventory"

pid_of() # CONTAINER
{
	podman inspect --format '{{.State.Pid}}' "$1"
}

# Ready, and not only started. Its log is kept over restarts.
serves() # CONTAINER STARTS
{
	[ "$(podman logs "$1" | grep -c '"event":"ready"')" -ge "$2" ]
}

starts_of() # CONTAINER
{
	podman logs "$1" | grep -c '"event":"ready"' || :
}

# kill_holders CONTAINER…: with SIGKILL, all at once; returns when they serve again.
kill_holders()
{
	local name pids=() starts=()
	for name in "$@"; do
		pids+=("$(pid_of "$name")")
		starts+=("$(starts_of "$name")")
	done
	podman unshare kill -KILL "${pids[@]}"
	for name in "$@"; do
		until_true 20 serves "$name" $((starts[0] + 1))
		starts=("${starts[@]:1}")
	done
}

first_deploy()
{
	status 0 deploy
	use_ssh
	equal true "$(podman inspect --format '{{.State.Running}}' "${holders[@]}" | sort -u)"
	equal strict "$(winalux info alice --json | json 'd["gate"]')"
	status 0 deploy
	contains "$out" "as the inventory says"
}

ways_in()
{
	equal developer "$(winalux exec alice -- id -un)"
	equal 7 "$(winalux exec alice -- python3 -c 'print(7)')"
	equal in "$(winalux exec alice -- sh -c 'echo in')"
	equal in "$(winalux ssh alice -i "$key" -oIdentitiesOnly=yes -oBatchMode=yes echo in)"
	winalux exec alice -- sh -c 'printf "#!/bin/sh\necho \"\$0 in\"\n" >script && chmod 755 script'
	contains "$(winalux exec alice -- ./script)" " in"
	equal in "$(winalux exec alice -- env LANG=C bash -c 'echo in')"
	echo hello >"$work/file"
	winalux cp "$work/file" alice:file
	equal hello "$(winalux exec alice -- cat file)"
	equal +PONG "$(winalux exec alice -- bash -c '
		exec 3<>/dev/tcp/127.0.0.1/6379
		echo PING >&3
		read -r answer <&3
		echo "${answer%?}"')"
}

ways_that_are_refused()
{
	status 1 env WINALUX_KEY_FILE="$work/no-key" timeout 60 "$WINALUX" exec alice -- id
	contains "$err" "without the key of its token this exec has no ticket"
	local options
	for options in "" "--user 0" "--user developer" "--privileged" "--privileged --user 0"; do
		# shellcheck disable=SC2086 # words
		fails podman exec $options $dev id >"$work/out" 2>"$work/err"
		contains "$(<"$work/err")" "Operation not permitted"
		equal "" "$(<"$work/out")"
	done
	status 126 podman exec $dev bash -c 'echo in'
	equal "" "$out"
	contains "$(podman logs winalux-warden)" '"event":"refused","way":"exec","workspace":"alice"'
}

# A neighbour who does not ask for it has no filter, and needs no holder.
others_are_left_alone()
{
	equal bob "$(podman exec winalux-bob-dev python3 -c 'print("bob")')"
}

a_compile() # SECONDS: programs after programs; says how many did not start
{
	timeout 90 "$WINALUX" exec alice -- bash -c '
		end=$((SECONDS + $1)) count=0 bad=0
		while [ $SECONDS -lt $end ]; do
			/bin/true || bad=$((bad + 1))
			python3 -S -c pass || bad=$((bad + 1))
			sh -c "exec /bin/true" || bad=$((bad + 1))
			count=$((count + 3))
		done
		echo "$count started, $bad failed"' compile "$1"
}

nothing_fails_when_each_is_killed_in_turn()
{
	a_compile 12 >"$work/compile" 2>"$work/compile.err" &
	local compile=$! name
	for name in "${holders[@]}" "${holders[@]}"; do
		kill_holders "$name"
	done
	for name in winalux-gate-a winalux-gate-b; do
		kill_holders "$name" winalux-warden
	done
	kill_holders winalux-gate-a winalux-gate-b
	wait $compile
	contains "$(<"$work/compile")" " started, 0 failed"
	equal "" "$(<"$work/compile.err")"
	status 0 winalux list
	lacks "$out" "gate lost"
}

# New sessions, too, while the warden is away: they wait for the next one.
execs_go_on_while_the_warden_is_killed()
{
	local i
	for i in {1..4}; do
		podman unshare kill -KILL "$(pid_of winalux-warden)"
		equal "$i" "$(winalux exec alice -- python3 -c "print($i)")"
		until_true 20 test "$(podman inspect --format '{{.State.Running}}' winalux-warden)" = true
	done
}

started_at()
{
	podman inspect --format '{{.State.StartedAt}}' "winalux-$1-dev"
}

with_all_killed_at_once_the_next_deploy_restarts_what_is_affected()
{
	local alice bob
	alice=$(started_at alice) bob=$(started_at bob)
	winalux exec alice -- sh -c 'echo kept >kept'
	kill_holders "${holders[@]}"
	status 0 winalux list
	contains "$out" "gate lost"
	contains "$err" "winalux start alice"
	status 0 deploy
	contains "$err" "workspace 'alice' was restarted: its gate was lost"
	fails equal "$alice" "$(started_at alice)"
	equal "$bob" "$(started_at bob)"
	equal kept "$(winalux exec alice -- cat kept)"
	equal in "$(winalux ssh alice -i "$key" -oIdentitiesOnly=yes -oBatchMode=yes echo in)"
	status 0 winalux list
	lacks "$out" "gate lost"
}

ways_in_repair_it_too()
{
	kill_holders "${holders[@]}"
	status 0 winalux exec alice -- id -un
	equal developer "$out"
	contains "$err" "workspace 'alice' was restarted: its gate was lost"
	kill_holders "${holders[@]}"
	status 0 winalux ssh alice -i "$key" -oIdentitiesOnly=yes -oBatchMode=yes echo in
	equal in "$out"
	contains "$err" "its gate was lost"
	status 0 winalux exec alice -- id -un
	equal "" "$err"
}

stopped_holders_are_made_anew()
{
	podman kill -s USR1 "${holders[@]}"
	until_true 20 not_running
	fails podman exec $dev true
	status 0 winalux start alice
	equal developer "$(winalux exec alice -- id -un)"
	equal in "$(winalux ssh alice -i "$key" -oIdentitiesOnly=yes -oBatchMode=yes echo in)"
}

not_running()
{
	[ "$(podman inspect --format '{{.State.Running}}' "${holders[@]}" | sort -u)" = false ]
}

a_warden_that_was_removed_by_force_is_succeeded()
{
	podman rm -f -t 0 winalux-warden || podman rm -f -t 0 winalux-warden || :
	status 0 winalux restart alice
	equal developer "$(winalux exec alice -- id -un)"
}

the_gate_changes_with_the_inventory()
{
	sed -i 's/gate: strict/gate: shell/' "$inventory"
	status 0 deploy
	equal "" "$(podman ps -aq --filter name=winalux-gate --filter name=winalux-warden)"
	equal now "$(podman exec $dev python3 -c 'print("now")')"
	sed -i 's/gate: shell/gate: strict/' "$inventory"
	status 0 deploy
	fails podman exec $dev id
	equal kept "$(winalux exec alice -- cat kept)"
}

they_go_with_the_last_strict_workspace()
{
	status 0 winalux destroy alice --yes
	equal "" "$(podman ps -aq --filter name=winalux-gate --filter name=winalux-warden)"
	equal "" "$(pgrep -u "$(id -u)" -f '^/winalux-guest (keeper|warden)' || :)"
}

start_service
first "a strict workspace gets its holders, and a second deploy finds nothing to do" first_deploy
it "winalux exec, ssh and cp, scripts and shells of programs come in" ways_in
it "programs of podman exec are refused and recorded, shells ask" ways_that_are_refused
it "a workspace beside it is not touched" others_are_left_alone
it "no program fails while holders are killed in turn, or two at once" nothing_fails_when_each_is_killed_in_turn
it "an exec while the warden is killed waits for the next one" execs_go_on_while_the_warden_is_killed
it "all killed at once: the next deploy restarts what is affected, and says so" \
	with_all_killed_at_once_the_next_deploy_restarts_what_is_affected
it "all killed at once: winalux exec and ssh restart it before they enter" ways_in_repair_it_too
it "holders that were stopped are made anew by the next start" stopped_holders_are_made_anew
it "a warden removed by force is succeeded" a_warden_that_was_removed_by_force_is_succeeded
it "the gate's strength follows the inventory" the_gate_changes_with_the_inventory
it "the holders go with the last strict workspace" they_go_with_the_last_strict_workspace
