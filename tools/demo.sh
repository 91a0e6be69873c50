#!/bin/bash
# SPDX-License-Identifier: MIT
# tools/demo.sh: from a clean clone to running workspaces, and what one does with them. May be run again.
#
# The ordinary user who runs it is the one who gets the workspaces. Where only root is at hand, an account is made
# for them, and tests/runner/rootless runs commands as that account; the lines at the end say so.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$top"
example=examples/inventory.yml

# What a person would type, and what it really printed.
show()
{
	local word line=
	for word; do
		[[ $word != *[^A-Za-z0-9_./=:~@-]* ]] || word="\"$word\""
		line+=" ${word/#$HOME\//\~/}"
	done
	printf '\n$%s\n' "$line"
	"$@"
}

quietly() # LOG COMMAND…
{
	local log=$1
	shift
	"$@" >"$log" 2>&1 || { tail -n 40 "$log" >&2; die "'$*' failed; all of its output is in $log"; }
}

# --- as whoever called it ---

prepare()
{
	local started=$EPOCHREALTIME
	heading "1. What has to be there"
	if [ -z "$(tools/setup.sh --list build run)" ]; then
		echo "Every Debian package that winalux needs is installed."
	else
		tools/setup.sh build run
	fi
	heading "2. Build"
	mkdir -p build
	quietly build/demo-make.log make -j"$(nproc)"
	echo "build/winalux: $(du -h --apparent-size build/winalux | cut -f 1), $(elapsed "$started") s"
	show build/winalux version
}

main()
{
	local status=0
	prepare
	if [ "$(id -u)" = 0 ]; then
		echo
		echo "You are root, and winalux is for people who are not: an account of its own gets the workspaces."
	fi
	tests/runner/rootless --keep tools/demo.sh --as-user "$(id -u)" || status=$?
	exit $status
}

# --- as the account that owns the workspaces ---

prefix()
{
	[ "$1" != 0 ] || printf 'tests/runner/rootless --keep '
}

port_is_taken() # by something that is not ours
{
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && ! podman ps --format '{{.Ports}}' | grep -q ":$1->"
}

# The example's keys are nobody's: a copy gets the demo's own. Ports that something else holds become automatic.
write_inventory()
{
	local port
	mkdir -p "$demo"
	chmod 0700 "$demo"
	[ -f "$demo/key" ] || ssh-keygen -q -t ed25519 -N '' -C "demo@$(uname -n)" -f "$demo/key"
	sed -E "s|(public_key: ).*|\1\"$(<"$demo/key.pub")\"|" $example >"$demo/inventory.yml"
	while read -r port; do
		port_is_taken "$port" || continue
		echo "Port $port is taken on this machine, so the copy of the example says \"auto\"."
		sed -i "s/_port: $port\$/_port: auto/" "$demo/inventory.yml"
	done < <(sed -nE 's/.*_port: ([0-9]+)$/\1/p' $example)
}

# Every package that is unpacked is news on a terminal, where it passes by in one line, and noise in a file.
build_images()
{
	printf '\n$ build/winalux build --sidecars web\n'
	if [ -t 2 ]; then
		build/winalux build --sidecars web
	else
		build/winalux build --sidecars web \
			2> >(grep -E '^winalux:|Trying to pull|not pulled|importing|: RUN |: (built|failed)' >&2)
	fi
}

visit()
{
	heading "5. Log in over ssh: with the key, and with the workspace's token"
	show build/winalux ssh-config --write
	show build/winalux token list
	ssh=(ssh -F ~/.ssh/winalux/config -i "$demo/key")
	if show "${ssh[@]}" -n alice.winalux id 2>&1; then
		die "the key alone opened the workspace"
	fi
	printf '\n$ { echo "Include ~/.ssh/winalux/config"; build/winalux token show --ssh-config alice; } >%s\n' \
		"$demo/ssh_config"
	(umask 077; { echo "Include ~/.ssh/winalux/config"; build/winalux token show --ssh-config alice; } \
		>"$demo/ssh_config")
	ssh=(ssh -F "$demo/ssh_config" -i "$demo/key")
	show "${ssh[@]}" alice.winalux "id; hostname; python3 --version"
	heading "6. Redis and Memcached, seen from inside the workspace"
	show "${ssh[@]}" alice.winalux redis-cli ping
	show "${ssh[@]}" alice.winalux "echo version | nc -q 1 127.0.0.1 11211"
}

survive()
{
	local note
	note="written $(date -u '+%Y-%m-%d %H:%M:%S')"
	heading "7. Files outlive the containers"
	show "${ssh[@]}" alice.winalux "echo '$note' >note"
	show build/winalux destroy alice --keep-data
	show build/winalux deploy "$demo/inventory.yml"
	show "${ssh[@]}" alice.winalux cat note
	[ "$("${ssh[@]}" alice.winalux cat note)" = "$note" ] || die "the file did not survive"
}

closing_words() # UID
{
	local p
	p=$(prefix "$1")
	heading "The workspaces are running. What to type next:"
	cat <<-END
		  ${p}build/winalux token show alice
		  ssh -F $HOME/.ssh/winalux/config -i $demo/key alice.winalux        (asks for the token)
		  ${p}build/winalux list
		  ${p}build/winalux info alice
		  ${p}build/winalux exec alice -- python3 --version
		  ${p}build/winalux deploy $demo/inventory.yml        (after a change of that file)
		  ${p}build/winalux stop --all
		  ${p}build/winalux destroy --all                     (asks before data goes)
	END
}

as_user() # UID_OF_CALLER
{
	local started=$EPOCHREALTIME
	demo=$HOME/winalux-demo
	write_inventory
	heading "3. Images, without a registry where none answers"
	build_images
	heading "4. From an inventory to running workspaces"
	sed -nE '/^version/,$p' "$demo/inventory.yml" | sed -E 's/(ssh-ed25519 .{12})[^ ]*/\1…/'
	show build/winalux deploy "$demo/inventory.yml"
	show build/winalux list
	visit
	survive
	show build/winalux list
	echo
	echo "All of this, images included, took $(elapsed "$started") s."
	echo
	closing_words "$1"
}

case ${1:-} in
'') main ;;
--as-user) as_user "$2" ;;
*) die "usage: tools/demo.sh" ;;
esac
