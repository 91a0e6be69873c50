#!/bin/bash
# SPDX-License-Identifier: MIT
# Two architectures: images of the other one, built and run by QEMU without root, and their manifest lists. The
# base of the other one takes minutes, so load-images has made it. With WINALUX_EVERY_STEP (make test-long) also
# a whole workspace of the other architecture: log in, dashboard, Redis.
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2034 # of lib.sh
case_limit_s=1500
case $(uname -m) in
x86_64) own=amd64 other=arm64 machine=aarch64 ;;
*) own=arm64 other=amd64 machine=x86_64 ;;
esac
redis=localhost/winalux/sidecar-redis

arch_of() # IMAGE
{
	podman image inspect --format '{{.Architecture}}' "$1"
}

emulators()
{
	podman ps -aq --filter label=io.winalux.emulator
}

is_native_only()
{
	fails podman run --rm --network none --label io.winalux.test localhost/winalux/base:latest-$other uname -m
}

builds_for_both()
{
	local list
	status 0 "$WINALUX" build --arch all sidecar-redis --json
	equal "$own $other" "$(json '" ".join(i["arch"] for i in d["images"])' <<<"$out")"
	equal $own "$(arch_of $redis:latest)"
	equal $other "$(arch_of $redis:latest-$other)"
	equal $other "$(arch_of localhost/winalux/base:latest-$other)"
	equal '' "$(emulators)"
	[[ $(podman --version) == *' 4.'* ]] && return
	list=$(list_name)
	equal 'amd64 arm64' "$(podman manifest inspect "$list" |
		json '" ".join(sorted(m["platform"]["architecture"] for m in d["manifests"]))')"
	equal '' "$(emulators)"
}

list_name()
{
	status 0 winalux images --json
	json '[i["name"] for i in d["images"] if i["role"] == "list" and i["state"] == "current" and
		"sidecar-redis" in i["name"]][0]' <<<"$out" |
		sed 's|^|localhost/winalux/|'
}

builds_nothing_again()
{
	status 0 "$WINALUX" build --arch amd64,arm64 sidecar-redis --json
	equal 0 "$(json 'sum(i["built"] for i in d["images"])' <<<"$out")"
	equal '' "$(emulators)"
}

# The container goes with the connection that it is held by, however its winalux ends.
goes_with_a_killed_winalux()
{
	local pid
	"$WINALUX" build --arch $other sidecar-memcached &
	pid=$!
	until_true 60 emulates
	kill -KILL $pid
	wait $pid || :
	until_true 30 no_emulator
}

emulates()
{
	[ -n "$(emulators)" ]
}

no_emulator()
{
	[ -z "$(emulators)" ]
}

shows_what_is_there()
{
	status 0 winalux images
	contains "$out" "sidecar-redis:latest-$other"
	contains "$out" "USED BY"
	status 0 winalux images --json
	equal "$other" "$(json "[i['arch'] for i in d['images'] if i['name'] == 'base:latest-$other'][0]" <<<"$out")"
	equal "current" "$(json "[i['state'] for i in d['images'] if i['name'] == 'base:latest'][0]" <<<"$out")"
}

# A list of another version, and an image of ours that has lost its name.
prunes_what_nobody_uses()
{
	[[ $(podman --version) == *' 4.'* ]] ||
		podman manifest create $redis:0.0.1 containers-storage:$redis:latest
	printf 'FROM scratch\nLABEL io.winalux.image=sidecar\nENV A=%s\n' "$RANDOM" >"$work/Containerfile"
	podman build -q -t localhost/winalux/lost:1 "$work"
	podman untag localhost/winalux/lost:1
	status 2 winalux images prune
	contains "$out" '(sidecar)'
	contains "$err" '--yes'
	status 0 winalux images prune --yes
	contains "$err" 'removed '
	fails podman manifest inspect localhost/winalux/sidecar-redis:0.0.1
	status 0 winalux images --json
	equal 0 "$(json 'sum(i["state"] in ("replaced", "old") and not i["used_by"] for i in d["images"])' <<<"$out")"
}

write_workspace() # LINE…
{
	begin_inventory
	workspace zoe "$@" >>"$inventory"
}

refuses_the_wrong_one()
{
	podman tag localhost/winalux/base:latest-$other localhost/winalux-test/foreign:1
	write_workspace 'sidecars: [{name: odd, image: "localhost/winalux-test/foreign:1"}]'
	status 5 winalux deploy "$inventory"
	contains "$err" "image 'localhost/winalux-test/foreign:1' for workspace 'zoe' is for $other, and not for $own"
	podman rmi localhost/winalux-test/foreign:1
	equal '' "$(podman ps -aq --filter label=io.winalux.workspace)"
}

refuses_strict_under_emulation()
{
	write_workspace "arch: $other" 'gate: strict'
	status 3 winalux validate "$inventory"
	contains "$err" "'gate: strict' cannot be had"
}

answers_ping()
{
	podman run -d --name arch-emulator --label io.winalux.test --network none --cap-drop ALL --cap-add SYS_ADMIN \
		--mount "type=image,source=$(guest_image),destination=/usr/lib/winalux" \
		--entrypoint /usr/lib/winalux/winalux-guest localhost/winalux/emulator:latest emulator serve $other
	until_true 10 grep_ready
	podman run --rm --network none --label io.winalux.test $redis:latest-$other sh -ec '
		uname -m
		redis-server --port 6379 --save "" --ignore-warnings ARM64-COW-BUG >/dev/null &
		for i in $(seq 200); do
			redis-cli ping 2>/dev/null | grep -x PONG && break
			sleep 0.1
		done' >"$work/said"
	equal "$machine PONG" "$(tr '\n' ' ' <"$work/said" | sed 's/ $//')"
	podman rm -f -t 1 arch-emulator
	is_native_only
}

grep_ready()
{
	podman logs arch-emulator | grep ready
}

guest_image()
{
	status 0 winalux version --json
	json 'd["guest"]["image"]' <<<"$out"
}

# --- make test-long ---

deploys_a_workspace()
{
	write_workspace "arch: $other" "profile: ${WINALUX_ARCH_PROFILE:-web}" 'gate: shell' 'sidecars: [redis]'
	status 0 "$WINALUX" deploy "$inventory"
	equal 1 "$(emulators | wc -l)"
	status 0 winalux list
	lacks "$out" ' old'
}

logs_in()
{
	use_ssh
	use_tokens zoe
	remote zoe 'uname -m; redis-cli ping; task' >"$work/said"
	grep -x "$machine" "$work/said"
	grep -x PONG "$work/said"
	grep 'W I N A L U X' "$work/said"
	fails stranger "$key" "$ssh_port_zoe" true </dev/null
}

starts_again()
{
	status 0 winalux stop zoe
	podman rm -f -t 1 winalux-emulator
	status 0 "$WINALUX" deploy "$inventory"
	status 0 winalux exec zoe -- uname -m
	equal "$machine" "$out"
}

takes_the_emulator_along()
{
	status 0 winalux destroy zoe --yes
	equal '' "$(emulators)"
}

start_service
it "programs of the other architecture do not run by themselves" is_native_only
first "base and redis are built for both, in a manifest list" builds_for_both
it "what is current is not built again, and needs no emulator" builds_nothing_again
it "the emulator goes with a winalux that is killed" goes_with_a_killed_winalux
it "redis answers PING under emulation" answers_ping
it "images shows architectures, states and users" shows_what_is_there
it "images prune removes what nobody uses" prunes_what_nobody_uses
it "a deploy refuses an image of the wrong architecture" refuses_the_wrong_one
it "a strict gate is refused under emulation" refuses_strict_under_emulation
if [ -n "${WINALUX_EVERY_STEP:-}" ]; then
	it "a workspace of the other architecture is deployed" deploys_a_workspace
	it "it takes a login with the token and shows the dashboard" logs_in
	it "it comes back after a stop, without its emulator too" starts_again
	it "the emulator goes with the last such workspace" takes_the_emulator_along
fi
