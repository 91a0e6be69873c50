#!/bin/bash
# SPDX-License-Identifier: MIT
# What a developer finds inside, and what must not be there: privileges, neighbours, secrets.
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
}

is_unprivileged()
{
	local status
	status=$(remote alice cat /proc/self/status)
	contains "$status" $'NoNewPrivs:\t1'
	contains "$status" $'Seccomp:\t2'
	contains "$status" $'CapEff:\t0000000000000000'
	# SETUID, SETGID, SYS_CHROOT, CHOWN and KILL, nothing else.
	contains "$status" $'CapBnd:\t00000000000400e1'
	fails remote alice sudo -n true
	equal 1000 "$(remote alice id -u)"
}

system_calls_are_filtered()
{
	# add_key, bpf, perf_event_open, userfaultfd, kexec_load, io_uring_setup, by number.
	equal refused "$(remote alice python3 - <<-'END'
		import ctypes, errno
		libc = ctypes.CDLL(None, use_errno=True)
		bad = []
		for number in (248, 321, 298, 323, 246, 425):
		    ctypes.set_errno(0)
		    done = libc.syscall(number, 0, 0, 0, 0, 0) != -1
		    if done or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS):
		        bad.append(number)
		print(bad or "refused")
	END
	)"
	fails remote alice mount -t tmpfs tmpfs /mnt
}

processes_are_its_own()
{
	local seen
	seen=$(remote alice 'cat /proc/[0-9]*/comm' | sort -u)
	lacks "$seen" redis
	contains "$(remote alice cat /proc/1/comm)" winalux
	remote alice 'test ! -r /proc/1/environ'
}

guest_is_read_only()
{
	fails remote alice 'echo x >/usr/lib/winalux/winalux-guest'
	fails remote alice 'cat /usr/lib/winalux/winalux-guest >/dev/null'
	remote alice 'test ! -w /etc/winalux'
}

neighbours_are_out_of_reach()
{
	local infra address
	infra=$(podman pod inspect --format '{{.InfraContainerID}}' winalux-alice-pod)
	address=$(podman inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$infra")
	[ -n "$address" ]
	remote alice "bash -c 'exec 3<>/dev/tcp/127.0.0.1/6379'"
	fails remote bob "timeout 1 bash -c 'exec 3<>/dev/tcp/$address/6379' 2>/dev/null"
	fails remote bob "timeout 1 bash -c 'exec 3<>/dev/tcp/$address/2222' 2>/dev/null"
	fails remote bob "timeout 1 bash -c 'exec 3<>/dev/tcp/winalux-alice-pod/6379' 2>/dev/null"
}

no_host_paths()
{
	local mounts
	mounts=$(podman inspect --format '{{range .Mounts}}{{.Type}} {{.Destination}} {{.RW}}{{"\n"}}{{end}}' \
		winalux-alice-dev)
	# Podman 4.3 lists an image's volume a second time, as a bind; figures come out of the account's volume.
	lacks "$(grep -vE '^bind (/usr/lib/winalux .*|/run/winalux/pod false|/proc/[a-z]+ false)$' <<<"$mounts")" bind
	contains "$mounts" /home/developer
	mounts=$(remote alice cat /proc/self/mountinfo)
	lacks "$mounts" podman.sock
	lacks "$mounts" /run/user
}

no_secrets()
{
	local seen
	seen=$(podman inspect winalux-alice-dev winalux-alice-redis; podman logs winalux-alice-dev 2>&1
		podman volume ls -q --filter label=io.winalux.workspace=alice | xargs podman volume inspect)
	lacks "$seen" "PRIVATE KEY"
	lacks "$seen" "$(sed -n 2p "$key" | cut -c 1-40)"
	seen=$(remote alice 'find / -xdev -name "ssh_host_*" -readable -exec cat {} + 2>/dev/null; true')
	lacks "$seen" "PRIVATE KEY"
}

host_keys_differ()
{
	local one two
	one=$(ssh-keyscan -p "$ssh_port_alice" -t ed25519 127.0.0.1 2>/dev/null | cut -d ' ' -f 3)
	two=$(ssh-keyscan -p "$ssh_port_bob" -t ed25519 127.0.0.1 2>/dev/null | cut -d ' ' -f 3)
	[ -n "$one" ] && [ "$one" != "$two" ]
}

orphans_are_reaped()
{
	remote alice 'setsid sh -c "sleep 0.1 & sleep 0.2 &" >/dev/null 2>&1; sleep 0.5'
	equal "" "$(remote alice 'cat /proc/[0-9]*/stat 2>/dev/null' | awk '$3 == "Z" && $4 == 1')"
}

python_and_tools()
{
	local tool
	for tool in python3 uv git curl cc task; do
		remote alice $tool --version
	done
	remote alice 'python3 -c "import ssl, sqlite3, venv"'
	printf '#include <stdio.h>\nint main(void) { puts("built"); }\n' | remote alice 'cat >x.c && cc x.c -o x'
	equal built "$(remote alice ./x)"
}

start_service
first "the first deploy creates" first_deploy
it "the developer has no capability and cannot gain one" is_unprivileged
it "system calls that workspaces do not need are refused" system_calls_are_filtered
it "processes of sidecars are not visible and PID 1 is the guest" processes_are_its_own
it "the guest can be neither read nor changed" guest_is_read_only
it "a neighbour reaches no port of the workspace, not even by name" neighbours_are_out_of_reach
it "no path of the host is mounted but figures, read-only" no_host_paths
it "no private key is in inspect output, logs, volumes or readable inside" no_secrets
it "each workspace has a host key of its own" host_keys_differ
it "orphans are reaped" orphans_are_reaped
it "the web profile has Python with uv, git, curl, a compiler and Task" python_and_tools
