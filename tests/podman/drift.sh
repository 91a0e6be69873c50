#!/bin/bash
# SPDX-License-Identifier: MIT
# What people and other programs do behind winalux's back, and what the next deploy makes of it.
. "$(dirname "$0")/lib.sh"

begin_inventory
{
	workspace alice "sidecars: [redis]"
	workspace bob
} >>"$inventory"

first_deploy()
{
	deploy
	use_ssh
	remote alice 'echo kept >file'
}

all_well()
{
	status 0 deploy
	status 0 winalux plan "$inventory"
	contains "$out" "as the inventory says"
	remote alice true
}

removed_sidecar()
{
	local dev
	dev=$(container_id winalux-alice-dev)
	podman rm -f -t 0 winalux-alice-redis
	status 0 winalux plan "$inventory"
	contains "$out" winalux-alice-redis
	all_well
	running winalux-alice-redis
	equal "$dev" "$(container_id winalux-alice-dev)"
}

removed_dev_container()
{
	podman rm -f -t 0 winalux-alice-dev
	status 0 winalux list
	all_well
	equal kept "$(remote alice cat file)"
}

removed_pod()
{
	podman pod rm -f -t 0 winalux-alice-pod
	all_well
	equal kept "$(remote alice cat file)"
}

# The same name and the same labels, but another command: nothing but its id gives it away.
look_alike()
{
	local labels image
	mapfile -t labels < <(podman inspect winalux-alice-redis |
		python3 -c 'import json, sys
for k, v in json.load(sys.stdin)[0]["Config"]["Labels"].items(): print(f"--label={k}={v}")')
	image=$(podman inspect --format '{{.ImageName}}' winalux-alice-redis)
	podman rm -f -t 0 winalux-alice-redis
	podman create --pod winalux-alice-pod --name winalux-alice-redis "${labels[@]}" "$image" \
		redis-server --port 6399
	podman start winalux-alice-redis
	status 0 winalux plan "$inventory"
	contains "$out" winalux-alice-redis
	all_well
	lacks "$(podman inspect --format '{{.Config.Cmd}}' winalux-alice-redis)" 6399
}

stopped_sidecar()
{
	podman stop -t 1 winalux-alice-redis
	status 0 winalux list
	all_well
	running winalux-alice-redis
}

foreign_container_name()
{
	workspace carol >>"$inventory"
	podman create --label io.winalux.test=1 --name winalux-carol-dev localhost/winalux/web:latest true
	status 12 deploy
	contains "$err" winalux-carol-dev
	equal "container winalux-carol-dev" "$(left_of carol)"
	podman rm winalux-carol-dev
	all_well
	running winalux-carol-dev
}

port_taken()
{
	free_port
	python3 -c 'import socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("0.0.0.0", int(sys.argv[1])))
s.listen()
print("listening", flush=True)
time.sleep(100)' "$port" >"$work/listener" &
	local listener=$! item
	until_true 10 grep -q listening "$work/listener"
	item=$(printf '  - name: dave\n    ssh_port: %d\n    public_keys: ["%s"]' "$port" "$(<"$key.pub")")
	printf '%s\n' "$item" >>"$inventory"
	status 12 deploy
	contains "$err" "$port"
	contains "$err" dave
	contains "$out" "refused"
	equal "" "$(left_of dave)"
	status 12 winalux plan "$inventory"
	contains "$out" "x dave: refused (port $port is in use"
	kill $listener
	wait $listener || :
	all_well
	running winalux-dave-dev
}

removed_from_the_inventory()
{
	local carol
	winalux exec carol -- sh -c 'echo kept >file'
	carol=$(fingerprint carol)
	sed -i '/name: carol/,$d' "$inventory"
	status 0 deploy
	contains "$out$err" carol
	equal "$carol" "$(fingerprint carol)"
	status 0 winalux plan "$inventory"
	contains "$out" carol
	contains "$out" "not in the inventory"
}

pruned()
{
	status 0 winalux plan --prune "$inventory"
	contains "$out" carol
	status 0 deploy --prune
	equal "" "$(podman ps -aq --filter label=io.winalux.workspace=carol)"
	contains "$(left_of carol)" "volume winalux-carol-home"
	remote alice true
	printf '  - name: carol\n    ssh_port: %d\n    public_keys: ["%s"]\n' "$ssh_port_carol" "$(<"$key.pub")" \
		>>"$inventory"
	status 0 deploy
	equal kept "$(winalux exec carol -- cat file)"
}

image_missing()
{
	mkdir -p "$work/profiles"
	printf '%s\n' 'version: 1' 'name: rare' 'summary: for a test' 'base: debian' 'packages: [hello]' \
		>"$work/profiles/rare.yml"
	workspace erin "profile: rare" >>"$inventory"
	export WINALUX_PROFILE_DIR=$work/profiles
	fails deploy --no-build
	status 0 deploy --dry-run
	contains "$out" rare
	status 7 deploy --no-build || status 9 deploy --no-build || status 4 deploy --no-build
	contains "$err" rare
	equal "" "$(left_of erin)"
	running winalux-alice-dev
	unset WINALUX_PROFILE_DIR
	status 3 deploy
	contains "$err" rare
	sed -i '/name: erin/,$d' "$inventory"
}

one_of_many_fails()
{
	podman create --label io.winalux.test=1 --name winalux-frank-dev localhost/winalux/web:latest true
	{
		workspace frank
		workspace grace
	} >>"$inventory"
	fails deploy
	running winalux-grace-dev
	contains "$(left_of frank)" "container winalux-frank-dev"
	lacks "$(left_of frank)" pod
	podman rm winalux-frank-dev
	all_well
}

start_service
first "the first deploy creates" first_deploy
it "a sidecar removed by hand comes back, the dev container stays" removed_sidecar
it "a dev container removed by hand comes back with its files" removed_dev_container
it "a pod removed by hand comes back with its files" removed_pod
it "a sidecar recreated by hand with other settings is replaced" look_alike
it "a sidecar stopped by hand is started" stopped_sidecar
it "a name taken by a foreign container is a conflict, and nothing is left" foreign_container_name
it "a port taken by a foreign process refuses its workspace, and nothing is left" port_taken
it "a workspace that left the inventory is named and left alone" removed_from_the_inventory
it "deploy --prune removes its containers and keeps its data" pruned
it "a missing image is an error with --no-build" image_missing
it "one workspace that fails does not stop the others" one_of_many_fails
