#!/bin/bash
# SPDX-License-Identifier: MIT
# A full disk: the graph root is a small tmpfs that only Podman's mount namespace sees; images come from the
# account's own store, read-only. First, with that disk, the floor of free space at which nothing is made any more.
. "$(dirname "$0")/lib.sh"

begin_inventory
workspace alice "sidecars: [redis]" >>"$inventory"
cp "$inventory" "$work/alice.yml"
workspace bob >>"$inventory"
mv "$inventory" "$work/both.yml"
mv "$work/alice.yml" "$inventory"
small=$work/small
export WINALUX_MIN_FREE_GB=0 # the small disk has less than any floor

images=$(podman info --format '{{.Store.GraphRoot}}')

podman()
{
	if [ "$1" = unshare ]; then
		command podman "$@"
	else
		command podman --root "$small/root" --runroot "$XDG_RUNTIME_DIR/winalux-small" \
			--storage-driver overlay --storage-opt "additionalimagestore=$images" "$@"
	fi
}

# Image volumes cannot be mounted from a read-only store, so the guest has to be made in the small one.
small_store()
{
	local guests
	mapfile -t guests < <(command podman images --format '{{.Repository}}:{{.Tag}}' localhost/winalux/guest)
	[ ${#guests[@]} -eq 0 ] || command podman rmi -f "${guests[@]}"
	mkdir "$small"
	podman unshare mount -t tmpfs -o size=24m tmpfs "$small"
	podman unshare mkdir "$small/root"
}

fill() # BYTES_LEFT
{
	podman unshare sh -c "head -c 100M /dev/zero >$small/filler 2>/dev/null; truncate -s -$1 $small/filler"
}

deploy_fails_with_the_reason()
{
	fill "$1"
	fails deploy
	status "$(deploy >/dev/null 2>&1; echo $?)" deploy
	# Of the kernel, or of SQLite.
	[[ $err == *[Nn]"o space left"* || $err == *"disk is full"* ]] || fail "no reason in: $err"
}

below_the_floor()
{
	WINALUX_MIN_FREE_GB=1048576 "$@"
}

nothing_is_made_below_the_floor()
{
	local before
	status 5 below_the_floor deploy
	contains "$err" "too little room to build or make anything: "
	contains "$err" " free in '$small/root', 1048576 GiB wanted"
	equal "" "$(left_of alice)"
	equal "" "$(podman ps -aq)$(podman volume ls -q)"
	status 5 below_the_floor winalux build web
	status 0 deploy
	before=$(fingerprint)
	status 5 below_the_floor winalux deploy "$work/both.yml"
	equal "" "$(left_of bob)"
	equal "$before" "$(fingerprint)"
}

the_rest_works_below_the_floor()
{
	status 0 below_the_floor deploy
	status 0 below_the_floor winalux list
	contains "$out" alice
	status 0 below_the_floor winalux stop alice
	status 0 below_the_floor winalux start alice
	status 5 below_the_floor winalux doctor --json
	equal problem "$(json '[f["level"] for f in d["findings"] if f["probe"] == "floor"][0]' <<<"$out")"
	status 0 below_the_floor winalux destroy alice --yes
	equal "" "$(left_of alice)"
}

recovers()
{
	podman unshare rm -f "$small/filler"
	status 0 deploy
	status 0 winalux plan "$inventory"
	contains "$out" "as the inventory says"
	running winalux-alice-dev winalux-alice-redis
	winalux destroy alice --yes
}

clean_up()
{
	remove_everything
	stop_service
	podman unshare umount -l "$small"
}

small_store >/dev/null
start_service
it "below the floor nothing is built or made, and the reason is told" nothing_is_made_below_the_floor
it "below the floor what is there is listed, stopped, started and destroyed" the_rest_works_below_the_floor
first "a deploy works on a small disk" recovers
it "without any space the reason is told" deploy_fails_with_the_reason 0
it "with space again a second run repairs" recovers
it "with little space the reason is told" deploy_fails_with_the_reason 40K
it "with space again a second run repairs once more" recovers
clean_up >/dev/null 2>&1
