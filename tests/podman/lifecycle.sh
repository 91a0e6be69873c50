#!/bin/bash
# SPDX-License-Identifier: MIT
# stop, start, restart, reboot, destroy with and without data.
. "$(dirname "$0")/lib.sh"

begin_inventory
{
	workspace alice "sidecars: [{name: redis, volume: true}]"
	workspace bob
} >>"$inventory"

host_key()
{
	ssh-keyscan -p "$ssh_port_alice" -t ed25519 127.0.0.1 2>/dev/null | cut -d ' ' -f 2-
}

redis() # COMMAND
{
	ask alice 6379 "$1"
}

first_deploy()
{
	deploy
	use_ssh
	remote alice 'echo precious >file'
	contains "$(redis "SET winalux yes")" +OK
	contains "$(redis SAVE)" +OK
	host_key >"$work/host_key"
	[ -s "$work/host_key" ]
}

stops_and_starts()
{
	local ids
	ids=$(container_id winalux-alice-dev)
	status 0 winalux stop alice
	equal false "$(podman inspect --format '{{.State.Running}}' winalux-alice-dev)"
	equal false "$(podman inspect --format '{{.State.Running}}' winalux-alice-redis)"
	remote bob true
	status 0 winalux list
	contains "$out" stopped
	status 0 winalux start alice
	equal "$ids" "$(container_id winalux-alice-dev)"
	equal precious "$(remote alice cat file)"
	contains "$(redis PING)" +PONG
}

stopping_is_quick()
{
	local started=$EPOCHREALTIME ms
	winalux stop bob
	ms=$(( (${EPOCHREALTIME/./} - ${started/./}) / 1000 ))
	[ $ms -lt 8000 ] || fail "stop took $ms ms: something waits for SIGKILL"
	winalux start bob
}

deploy_starts_what_was_stopped()
{
	winalux stop alice
	status 0 deploy
	running winalux-alice-dev winalux-alice-redis
	equal precious "$(remote alice cat file)"
}

restarts()
{
	local before
	before=$(podman inspect --format '{{.State.StartedAt}}' winalux-alice-dev winalux-alice-redis)
	status 0 winalux restart alice
	[ "$before" != "$(podman inspect --format '{{.State.StartedAt}}' winalux-alice-dev winalux-alice-redis)" ]
	remote alice true
	diff "$work/host_key" <(host_key)
}

# As after a power cut: no process of the account's containers is left, and what was in memory is gone.
reboot()
{
	local foreign
	foreign=$(podman ps -aq | wc -l)
	foreign=$((foreign - $(podman ps -aq --filter label=io.winalux.workspace | wc -l)))
	[ "$(podman pod ps -q | wc -l)" -ge $foreign ] || fail "this account has containers of its own: use another one"
	stop_service
	podman unshare bash -c '
		here=$(readlink /proc/self/ns/user)
		for round in 1 2 3; do
			for dir in /proc/[0-9]*; do
				pid=${dir#/proc/}
				[ "$pid" != $$ ] && [ "$pid" != $PPID ] || continue
				case $(cat "$dir/comm" 2>/dev/null) in
				conmon | slirp4netns | pasta* | rootlessport* | aardvark-dns) ;;
				*) [ "$(readlink "$dir/ns/user" 2>/dev/null)" = "$here" ] || continue ;;
				esac
				kill -KILL "$pid" 2>/dev/null
			done
		done; true'
	rm -rf "${XDG_RUNTIME_DIR:?}"/{containers,libpod,crun,netns,winalux,podman} "/tmp/podman-run-$(id -u)" \
		"/tmp/containers-user-$(id -u)" "/dev/shm/libpod_rootless_lock_$(id -u)" "$XDG_RUNTIME_DIR"/overlay*
}

comes_back_after_a_reboot()
{
	reboot
	until_true 10 no_banner "$ssh_port_alice"
	status 0 winalux start
	running winalux-alice-dev winalux-alice-redis winalux-bob-dev
	equal precious "$(remote alice cat file)"
	contains "$(redis "GET winalux")" '$3'
	diff "$work/host_key" <(host_key)
	remote bob true
	start_service
	status 0 deploy
	contains "$out" "as the inventory says"
}

no_banner()
{
	fails banner "$1"
}

keeps_data()
{
	status 0 winalux destroy alice --keep-data --yes
	equal "" "$(podman ps -aq --filter label=io.winalux.workspace=alice)"
	contains "$(left_of alice)" "volume winalux-alice-home"
	remote bob true
	status 0 deploy
	equal precious "$(remote alice cat file)"
	contains "$(redis "GET winalux")" '$3'
	diff "$work/host_key" <(host_key)
}

asks_before_data_goes()
{
	status 2 winalux destroy alice || [ -n "$err" ]
	contains "$err" --yes
	running winalux-alice-dev
}

destroys_with_data()
{
	status 0 winalux destroy alice --yes
	equal "" "$(left_of alice)"
	remote bob true
	status 0 deploy
	status 255 remote alice true # the old host key is pinned
	use_ssh
	status 1 remote alice test -e file
	[ "$(host_key)" != "$(<"$work/host_key")" ]
}

destroys_all()
{
	status 0 winalux destroy --all --yes
	equal "" "$(left_of alice)$(left_of bob)"
	equal "[]" "$(winalux list --json | json 'd["workspaces"]')"
}

start_service
first "the first deploy creates" first_deploy
it "stop and start take the sidecars along and leave neighbours alone" stops_and_starts
it "stop does not wait for a timeout" stopping_is_quick
it "deploy starts what was stopped" deploy_starts_what_was_stopped
it "restart restarts dev container and sidecars" restarts
it "start brings everything back after all processes and the run directory are gone" comes_back_after_a_reboot
it "destroy --keep-data and deploy bring files, Redis data and host key back" keeps_data
it "destroy without --yes and without a terminal does nothing" asks_before_data_goes
it "destroy removes a workspace with its data, and nothing else" destroys_with_data
it "destroy --all leaves nothing" destroys_all
