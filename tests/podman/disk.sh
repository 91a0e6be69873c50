#!/bin/bash
# SPDX-License-Identifier: MIT
# A full disk: the graph root is a small tmpfs that only Podman's mount namespace sees; images come from the
# account's own store, read-only.
. "$(dirname "$0")/lib.sh"

begin_inventory
workspace alice "sidecars: [redis]" >>"$inventory"
small=$work/small

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
first "a deploy works on a small disk" recovers
it "without any space the reason is told" deploy_fails_with_the_reason 0
it "with space again a second run repairs" recovers
it "with little space the reason is told" deploy_fails_with_the_reason 40K
it "with space again a second run repairs once more" recovers
clean_up >/dev/null 2>&1
