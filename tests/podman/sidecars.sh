#!/bin/bash
# SPDX-License-Identifier: MIT
# Sidecars of foreign images, containers that die, services that do not answer.
. "$(dirname "$0")/lib.sh"

# An image of ours, but as the inventory names it winalux knows nothing of it.
foreign=localhost/winalux/sidecar-redis:latest

begin_inventory
{
	workspace alice "sidecars:" \
		"  - {name: cache, image: \"$foreign\", command: [redis-server, --port, \"6390\"], port: 6390}"
	workspace bob "sidecars: [redis]"
} >>"$inventory"

foreign_image()
{
	status 0 deploy
	use_ssh
	running winalux-alice-cache
	contains "$(ask alice 6390 PING)" +PONG
	status 0 deploy
	contains "$out" "as the inventory says"
}

killed_dev_container_restarts()
{
	remote bob 'echo kept >file'
	comes_back winalux-bob-dev
	until_true 20 remote bob true
	equal kept "$(remote bob cat file)"
	status 0 deploy
	remote bob true
}

killed_sidecar_restarts()
{
	comes_back winalux-bob-redis
	contains "$(ask bob 6379 PING)" +PONG
}

never_answers()
{
	workspace carol "sidecars:" \
		"  - {name: mute, image: \"$foreign\", command: [redis-server, --port, \"6399\"], port: 6390}" \
		>>"$inventory"
	export WINALUX_READY_TIMEOUT_S=3
	fails deploy
	status 8 deploy carol
	contains "$err" mute
	contains "$err" "3 s"
	equal "" "$(podman ps -aq --filter label=io.winalux.workspace=carol)"
	remote alice true
}

dies_at_once()
{
	sed -i 's/command: \[redis-server, --port, "6399"\]/command: ["false"]/' "$inventory"
	export WINALUX_READY_TIMEOUT_S=6
	fails deploy carol
	equal "" "$(podman ps -aq --filter label=io.winalux.workspace=carol)"
	sed -i '/name: carol/,$d' "$inventory"
	unset WINALUX_READY_TIMEOUT_S
	status 0 deploy
}

unknown_image()
{
	workspace dave "sidecars: [{name: none, image: \"localhost/no/such:image\"}]" >>"$inventory"
	fails deploy
	contains "$(winalux deploy "$inventory" 2>&1 || :)" "localhost/no/such:image"
	equal "" "$(podman ps -aq --filter label=io.winalux.workspace=dave)"
	remote alice true
}

start_service
first "a sidecar of a foreign image runs and answers" foreign_image
it "a dev container killed with SIGKILL restarts with its files" killed_dev_container_restarts
it "a killed sidecar restarts" killed_sidecar_restarts
it "a sidecar that never answers fails its workspace within the limit that is named" never_answers
it "a sidecar that ends at once fails its workspace" dies_at_once
it "an image that nobody has is named" unknown_image
