#!/bin/bash
# SPDX-License-Identifier: MIT
# Containers inside a workspace: the stack docker, as its developer uses it over ssh, with images made on the spot. Then
# what it must not open: the gate, and workspaces without it. Needs the package mirror for the stack's layer.
# limit_s=1800
. "$(dirname "$0")/lib.sh"

export WINALUX_PROFILE_DIR=$work/profiles
mkdir -p "$WINALUX_PROFILE_DIR/stacks"
export WINALUX_TELEMETRY_INTERVAL_S=2
# Of the gate's wrapper, which stands in the place of busybox, nested containers would have no use.
cat >"$WINALUX_PROFILE_DIR/stacks/box.yml" <<'END'
version: 1
name: box
needs: [docker]
packages: [busybox-static]
commands: ['install -D /usr/bin/busybox /opt/box/bin/busybox; ln -s busybox /opt/box/bin/sh']
END

images_are_built()
{
	timeout 1500 "$WINALUX" build web.docker.box
}

workspaces_are_deployed()
{
	begin_inventory
	{
		workspace nest 'stacks: [box]' 'disk_limit_gb: 1' 'disk_policy: freeze'
		workspace kept 'stacks: [box]' 'gate: shell'
		workspace plain
	} >>"$inventory"
	deploy
	use_ssh
	use_tokens kept
}

# nest COMMAND: in a login shell of the developer.
nest()
{
	remote nest "bash -lc $(printf %q "set -eu; $1")"
}

an_image_is_imported()
{
	nest 'tar -C /opt/box -c . | docker import -q - box'
	contains "$(nest 'docker images')" localhost/box
}

a_container_runs()
{
	equal 'uid=0 gid=0 groups=0' "$(nest 'docker run --rm box busybox id' | sed 's/(root)//g')"
	nest 'docker run --rm box busybox ps' | grep -q 'busybox ps'
	nest 'docker run --rm box busybox nslookup deb.debian.org'
}

an_image_is_built()
{
	nest 'mkdir -p built && cd built && cat >Dockerfile && docker build -q -t hello .' <<'END'
FROM box
RUN echo hello >/hello && busybox chown 33:33 /hello
CMD ["busybox", "cat", "/hello"]
END
	equal hello "$(nest 'docker run --rm hello')"
}

# cron has a group of its own, which its files belong to.
debian_packages_are_installed()
{
	podman save -q localhost/winalux/base:latest >"$work/base.tar"
	remote nest 'docker load -q' <"$work/base.tar"
	nest 'mkdir -p apt && cd apt && docker build -q -t cron -f - .' <<'END'
FROM localhost/winalux/base:latest
RUN apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y cron
END
	nest 'docker run --rm cron test -x /usr/sbin/cron'
	nest 'docker rmi -f cron localhost/winalux/base:latest'
}

a_server_is_used()
{
	nest 'mkdir -p www && echo page >www/index.html
		docker run -d --name web -p 8080:80 -v ~/www:/www:ro box sh -c \
			"echo started; exec busybox httpd -f -p 80 -h /www"'
	until_true 10 nest 'curl -fsS -m 5 http://localhost:8080/ | grep -q page'
	contains "$(nest 'docker ps')" '0.0.0.0:8080->80/tcp'
	equal page "$(nest 'docker exec web busybox cat /www/index.html')"
	equal started "$(nest 'docker logs web')"
}

a_server_is_stopped()
{
	nest 'docker stop -t 0 web && docker rm web'
	equal '' "$(nest 'docker ps -aq')"
	fails nest 'curl -fsS -m 5 http://localhost:8080/'
}

a_volume_keeps()
{
	nest 'docker run --rm -v kept:/data box sh -c "echo text >/data/file"'
	equal text "$(nest 'docker run --rm -v kept:/data box busybox cat /data/file')"
}

compose_joins()
{
	nest 'mkdir -p both && cd both && cat >compose.yml && docker compose up -d' <<'END'
services:
  web:
    image: localhost/box
    command: [sh, -c, "busybox mkdir /www; echo composed >/www/index.html; exec busybox httpd -f -p 80 -h /www"]
  client:
    image: localhost/box
    command: [busybox, sleep, "1000"]
    depends_on: [web]
END
	equal composed "$(nest 'cd both && docker compose exec -T client busybox wget -T 10 -qO- http://web/')"
	nest 'cd both && docker compose down -t 0'
}

tools_find_the_api()
{
	out=$(nest 'curl -fsS -m 30 --unix-socket "${DOCKER_HOST#unix://}" http://d/v1.41/images/json')
	contains "$out" localhost/box
	contains "$(nest 'curl -fsS -m 30 --unix-socket /var/run/docker.sock http://d/v1.41/version')" '"Podman Engine"'
}

a_restart_is_survived()
{
	nest 'docker run -d --name left box busybox sleep 10000'
	winalux restart nest
	equal 'Exited' "$(nest 'docker ps -a --format "{{.Status}}" --filter name=left' | cut -d ' ' -f 1)"
	nest 'docker start left'
	contains "$(nest 'docker ps')" left
}

# As the dashboard has it; podman exec, so that no login is measured.
megabytes() # LABEL
{
	podman exec winalux-nest-dev task | sed -n "s/^  $1 *\([0-9]*\)MB .*/\1/p"
}

grown() # LABEL BEFORE
{
	[ "$(megabytes "$1")" -ge $(($2 + 190)) ]
}

nested_memory_counts()
{
	local before
	until_true 20 megabytes Memory:
	before=$(megabytes Memory:)
	nest 'docker exec -d left sh -c \
		"{ busybox head -c 300m /dev/zero; busybox sleep 100; } | busybox tail -c 300m >/dev/null"'
	until_true 25 grown Memory: "$before"
}

# Most of the limit is taken beside it; what it writes comes to lie in the home.
nested_writers_are_frozen()
{
	nest 'docker run -d --name writer box sh -c \
		"exec 3>/grown; while :; do printf %1048576s x >&3; busybox sleep 0.02; done"
		fallocate -l 900M big'
	until_true 40 writer_is_stopped
	nest 'rm big; docker rm -f -t 0 writer'
}

writer_is_stopped()
{
	nest 'test "$(sed "s/.*) //" "/proc/$(docker inspect --format "{{.State.Pid}}" writer)/stat" | cut -c 1)" = T'
}

# What a key alone gets: a socket at the other end, by forwarding.
api_by_forwarding() # NAME
{
	rm -f "$work/forwarded"
	timeout 60 ssh -F "$work/ssh_config" -o ExitOnForwardFailure=yes -N \
		-L "$work/forwarded:/run/user/1000/podman/podman.sock" "$1.winalux" &
	local ssh=$!
	until_true 10 test -S "$work/forwarded"
	curl -sS -m 10 --unix-socket "$work/forwarded" http://d/v1.41/version >"$work/answer" || :
	kill $ssh
	cat "$work/answer"
}

the_gate_is_not_passed()
{
	contains "$(api_by_forwarding nest)" 'Podman Engine'
	remote kept 'curl -fsS -m 30 --unix-socket /var/run/docker.sock http://d/v1.41/version' >/dev/null
	equal '' "$(api_by_forwarding kept)"
}

a_gated_workspace_has_it_too()
{
	remote kept 'tar -C /opt/box -c . | docker import -q - box && docker run --rm box busybox true'
}

others_are_as_before()
{
	fails remote plain 'ls -d /.proc /dev/net/tun /run/user/1000'
	remote plain 'test "$(findmnt -no OPTIONS /proc/sys | cut -d , -f 1)" = ro'
	fails remote plain 'unshare -rpfm mount -t proc proc /mnt'
}

no_right_is_gained()
{
	equal "$(remote plain 'grep -E "^(Cap|NoNew|Seccomp:)" /proc/self/status')" \
		"$(remote nest 'grep -E "^(Cap|NoNew|Seccomp:)" /proc/self/status')"
	fails nest 'echo 0 >/proc/sys/kernel/randomize_va_space'
	fails nest 'echo 1 >/proc/sys/net/ipv4/ip_forward'
	fails nest 'echo b >/.proc/sysrq-trigger'
}

strict_has_it_too()
{
	sed -i 's/gate: shell/gate: strict/' "$inventory"
	deploy
	use_ssh
	use_tokens kept
	remote kept 'docker run --rm box busybox true'
	fails podman exec winalux-kept-dev docker ps
}

case_limit_s=1600
first "the stack is built" images_are_built
case_limit_s=300
start_service
first "workspaces with and without it are deployed" workspaces_are_deployed
first "an image is imported" an_image_is_imported
it "a container runs with processes of its own, name service and network" a_container_runs
it "an image is built, and owners that there cannot be do no harm" an_image_is_built
it "an image is loaded, and Debian's packages are installed on top of it" debian_packages_are_installed
it "a server in the background answers at its published port, with a directory of the home" a_server_is_used
it "it is stopped and removed" a_server_is_stopped
it "a volume keeps what is in it" a_volume_keeps
it "compose starts containers that find each other by name" compose_joins
it "tools find the API where DOCKER_HOST and custom have it" tools_find_the_api
it "after a restart of the workspace containers are there, stopped, and start again" a_restart_is_survived
it "the memory of nested containers counts for the workspace" nested_memory_counts
it "at the limit of the disk a nested container that writes is stopped" nested_writers_are_frozen
it "with the gate on, the key alone does not reach the API by forwarding" the_gate_is_not_passed
it "a gated workspace has containers" a_gated_workspace_has_it_too
it "workspaces without the stack are not opened" others_are_as_before
it "the developer has no more rights than elsewhere" no_right_is_gained
it "with gate: strict containers run, and podman exec is refused" strict_has_it_too
