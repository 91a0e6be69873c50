#!/bin/bash
# SPDX-License-Identifier: MIT
# A dev container that dies comes back by itself, whatever winalux has changed in it before. Podman 5.4.2 gives up one
# that was ever sent a signal through it.
. "$(dirname "$0")/lib.sh"

printf 'version: 1\nworkspaces:\n' >"$inventory"
workspace alice "sidecars: [redis]" >>"$inventory"
make_key "$work/second"
dev=winalux-alice-dev

has_said() # EVENT COUNT
{
	[ "$(podman logs $dev 2>&1 | grep -c "\"event\":\"$1\"")" -ge "$2" ]
}

first_deploy()
{
	status 0 deploy
	use_ssh
}

come_back()
{
	comes_back $dev
	use_ssh
	use_tokens alice
	until_true 20 remote alice true
}

after_a_rotation()
{
	status 0 winalux token rotate alice
	until_true 10 has_said token 1
	come_back
}

after_new_keys()
{
	sed -i "0,/public_keys:/s|public_keys:|public_keys:\n      - \"$(<"$work/second.pub")\"|" "$inventory"
	status 0 deploy
	contains "$out" "changed live"
	come_back
}

after_an_unlock()
{
	status 0 winalux token unlock alice
	until_true 10 has_said token 2
	come_back
}

after_the_start_of_a_sidecar()
{
	podman stop -t 1 winalux-alice-redis
	status 0 winalux start alice
	running winalux-alice-redis
	come_back
}

allow_inotify() # COUNT
{
	podman unshare sh -c "echo $1 >/proc/sys/user/max_inotify_instances"
}

# Instances are counted for the account; here its user namespace gets none.
without_inotify()
{
	local limit
	limit=$(podman unshare cat /proc/sys/user/max_inotify_instances)
	# shellcheck disable=SC2064
	trap "allow_inotify $limit" EXIT
	allow_inotify 0
	status 0 winalux restart alice
	status 0 winalux token rotate alice
	until_true 10 has_said token 3
	come_back
}

nothing_is_left_to_do()
{
	status 0 deploy
	contains "$out" "as the inventory says"
}

start_service
first "the first deploy creates" first_deploy
it "it comes back after a rotation" after_a_rotation
it "it comes back after a change of keys" after_new_keys
it "it comes back after the end of a lockout" after_an_unlock
it "it comes back after a sidecar was started under it" after_the_start_of_a_sidecar
it "without inotify PID 1 looks by itself, and it comes back as well" without_inotify
it "it came back as it was deployed" nothing_is_left_to_do
