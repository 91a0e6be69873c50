#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/bench/gate.sh: what the gate costs. Prints "KEY,VALUE" rows; $socket is a running service.
#
# What is compared is measured in turn, many times; a row is the median. bench1 has no gate, bench2 one of strength
# shell, bench3 a strict one. What runs inside is timed inside (spawn.c), so `winalux exec` itself is in no figure.
set -euo pipefail
. "$(dirname "$0")/../../tools/lib.sh"
export WINALUX_SOCKET=$socket
holders="winalux-gate-a winalux-gate-b winalux-warden"

row()
{
	printf '%s,%s\n' "$1" "$2"
}

# Lines "WITHOUT WITH" become rows of both, of what is added and of the ratio.
pairs() # KEY
{
	python3 -c 'import statistics, sys
pairs = [tuple(map(float, line.split())) for line in sys.stdin]
for name, values in (("without", [a for a, b in pairs]), ("with", [b for a, b in pairs]),
                     ("added", [b - a for a, b in pairs]), ("times", [b / a for a, b in pairs])):
    print(f"{sys.argv[1]}_{name},{statistics.median(values):.4f}")' "$1"
}

# ms COMMAND…: sets $ms, which a subshell would add to.
ms()
{
	local started=$EPOCHREALTIME took
	"$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; die "failed: $*"; }
	took=$((${EPOCHREALTIME/./} - ${started/./}))
	ms=$((took / 1000)).$(printf %03d $((took % 1000)))
}

inside() # NAME COMMAND…
{
	"$WINALUX" exec "$1" -- "${@:2}"
}

# The sources of a build, and spawn.
prepare() # NAME
{
	"$WINALUX" cp "$here/spawn.c" "$1:spawn.c"
	# shellcheck disable=SC2016 # the shell inside expands it
	inside "$1" bash -ec 'cc -O2 -static -o spawn spawn.c
		mkdir -p build
		cd build
		printf "all: \$(patsubst %%.c,%%.o,\$(wildcard *.c))\n" >Makefile
		for i in {1..50}; do
			printf "#include <stdio.h>\nvoid f%d(int x) { printf(\"%%d\", x + %d); }\n" $i $i >$i.c
		done
		make -s'
}

wrapper()
{
	# shellcheck disable=SC2016
	inside bench2 bash -ec 'for i in {1..60}; do
		echo "$(./spawn 100 /usr/lib/winalux-shells/sh -c true)" "$(./spawn 100 /bin/sh -c true)"
	done' | awk '{ print $1 / 1000, $2 / 1000 }' | pairs wrapper_ms
}

strict_execs()
{
	local i
	for ((i = 0; i < 30; i++)); do
		echo "$(inside bench2 ./spawn 100 /bin/true)" "$(inside bench3 ./spawn 100 /bin/true)"
	done | pairs exec_us
}

# Short builds in turn rather than two long ones: what else the machine does comes in bursts of seconds.
strict_build()
{
	local i make=(./spawn 1 /usr/bin/make -s -B -C build "-j$(nproc)")
	for ((i = 0; i < 40; i++)); do
		echo "$(inside bench2 "${make[@]}")" "$(inside bench3 "${make[@]}")"
	done | awk '{ print $1 / 1e6, $2 / 1e6 }' | pairs build_s
}

login() # NUMBER [OPTION…]
{
	ssh -F /dev/null -i "$work/key" -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -p $((ssh_base + $1)) "${@:2}" \
		developer@127.0.0.1 true
}

logins()
{
	local i off token
	token=$("$WINALUX" token show bench2)
	for ((i = 0; i < 100; i++)); do
		ms login 1
		off=$ms
		ms login 2 -o SetEnv="LC_WINALUX_TOKEN=$token"
		echo "$off" "$ms"
	done | pairs login_ms
}

deploy_of() # GATE: sets $ms
{
	"$here/inventory.sh" 8 plain "$1" >"$work/inventory.yml"
	ms "$WINALUX" deploy "$work/inventory.yml"
	"$WINALUX" destroy --yes bench{1..8} >/dev/null 2>&1
}

# The holders run already, as they do from an account's first strict workspace on: bench9 keeps them.
strict_deploy()
{
	local i shell
	"$here/inventory.sh" 9 plain strict >"$work/inventory.yml"
	"$WINALUX" deploy "$work/inventory.yml" bench9 >/dev/null 2>&1
	for ((i = 0; i < 3; i++)); do
		deploy_of shell
		shell=$ms
		deploy_of strict
		echo "$shell" "$ms"
	done | awk '{ print $1 / 1000, $2 / 1000 }' | pairs deploy_s
	"$WINALUX" destroy --all --yes >/dev/null 2>&1
}

# Of each holder: "NAME PSS_KIB SWITCHES FILTERS". Others' memory is the user namespace's root to read.
look_at_holders()
{
	# shellcheck disable=SC2016,SC2086
	podman inspect --format '{{.Name}} {{.State.Pid}}' $holders | podman unshare bash -c '
		while read -r name pid; do
			echo "$name" "$(awk "/^Pss:/ { print \$2 }" /proc/$pid/smaps_rollup)" \
				"$(awk "/^voluntary/ { print \$2 }" /proc/$pid/status)" \
				"$(find /proc/$pid/fd -lname "anon_inode:seccomp*" | wc -l)"
		done'
}

# 100 sessions: those of 10 containers, and in each 9 execs that have left a process. (100 workspaces would be more
# kernel keyrings than an account has.)
keepers()
{
	local i
	"$here/inventory.sh" 10 plain strict >"$work/inventory.yml"
	ms "$WINALUX" deploy "$work/inventory.yml"
	for ((i = 0; i < 90; i++)); do
		inside "bench$((i % 10 + 1))" setsid --fork sleep 1000 </dev/null >/dev/null 2>&1
	done
	python3 "$here/pss.py" settle
	look_at_holders >"$work/before"
	sleep 60
	look_at_holders >"$work/after"
	awk '/gate-/ { if ($2 > most) most = $2; if (!held || $4 < held) held = $4 }
		/warden/ { print "warden_kib," $2 }
		END { print "keeper_kib," most; print "keeper_held," held }' "$work/after"
	paste -d ' ' "$work/before" "$work/after" | awk '{ sum += $7 - $3 } END { print "idle_switches," sum }'
	"$WINALUX" destroy --all --yes >/dev/null 2>&1
}

"$here/inventory.sh" 3 plain off shell strict >"$work/inventory.yml"
ms "$WINALUX" deploy "$work/inventory.yml"
for name in bench1 bench2 bench3; do
	prepare $name
done
wrapper
strict_execs
strict_build
logins
"$WINALUX" destroy --all --yes >/dev/null 2>&1
strict_deploy
keepers
row podman "$(podman --version | cut -d ' ' -f 3)"
row winalux "$("$WINALUX" version | sed -n '1s/^winalux //p')"
