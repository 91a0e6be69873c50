# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the scenarios of this folder share. They run as the account whose rootless Podman is used, started by
# tests/podman/run. A scenario is a list of lines
#
#     it "says in a sentence what holds" function [ARGUMENT…]
#
# Each function runs in a subshell with -e; what it prints, and a trace of its commands, is shown when it fails.
# Cases of a scenario build on each other, scenarios do not. Nothing here sleeps where it can wait.
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib.sh"

scenario=$(basename "$0" .sh)
suite=${WINALUX_TEST_SUITE:-host}
: "${WINALUX:=$top/build/winalux-asan}"
export WINALUX WINALUX_KEY_FILE
work=$(mktemp -d "${TMPDIR:-/tmp}/winalux-$scenario.XXXXXX")
inventory=$work/inventory.yml
: >"$work/ports"
case_limit_s=300
passed=0 failed=0

# Settings of the account must not reach a test, nor the other way round.
export XDG_CONFIG_HOME=$work/config
mkdir -p "$XDG_CONFIG_HOME"
[ ! -d ~/.config/containers ] || ln -s ~/.config/containers "$XDG_CONFIG_HOME/containers"
export ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=0:detect_leaks=1} GIT_CONFIG_GLOBAL=/dev/null

# --- cases ---

it()
{
	local sentence=$1 log=$work/case.log status started=$EPOCHREALTIME watchdog
	shift
	(
		exec </dev/null >"$log" 2>&1 8>&1
		. "$work/ports"
		BASH_XTRACEFD=8 PS4='+ '
		set -eEx
		"$@"
	) &
	local case=$!
	( sleep $case_limit_s && kill -TERM $case 2>/dev/null ) >/dev/null 2>&1 &
	watchdog=$!
	wait $case
	status=$?
	kill $watchdog 2>/dev/null
	wait $watchdog 2>/dev/null
	if [ $status -eq 0 ]; then
		passed=$((passed + 1))
		printf 'ok %s (%s s)\n' "$sentence" "$(elapsed "$started")"
	else
		failed=$((failed + 1))
		printf 'not ok %s (%s s, status %d)\n' "$sentence" "$(elapsed "$started")" $status
		tail -n 40 "$log" | cut -c 1-400 | sed 's/^/    /'
	fi
}

# A case without which the others mean nothing.
first()
{
	it "$@"
	[ $failed -eq 0 ] || exit 1
}

# What a scenario started besides its workspaces; it says so by a function of its own of this name.
at_end() { :; }

# Once at the end of a scenario: what is left of its workspaces goes, then the counts. A subshell that is killed in its
# first moment, as a watchdog may be, still has these traps: it ends the scenario as little as any other.
finish()
{
	local status=$?
	[ $BASHPID -eq $$ ] || exit $status
	trap - EXIT
	at_end
	[ $((passed + failed)) -gt 0 ] || { echo "not ok $scenario ended early (status $status)"; failed=1; }
	remove_everything >/dev/null 2>&1
	stop_service
	rm -rf "$work"
	closing_line $passed $failed
	exit
}
trap finish EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

# They go last. Podman 4.3.1 does not end one that sees the host's processes when it removes it.
remove_attendants()
{
	podman kill -s USR1 winalux-gate-a winalux-gate-b winalux-warden winalux-telemetry winalux-emulator
	podman rm -f -t 0 winalux-gate-a winalux-gate-b winalux-warden winalux-telemetry winalux-emulator
}

# What scenarios make by hand carries the label io.winalux.test. A scenario begins and ends with none of it and
# no workspace; anything else in the account is left alone.
remove_everything()
{
	local label kind ids
	for label in io.winalux.workspace io.winalux.test; do
		mapfile -t ids < <(podman pod ps -q --filter label=$label)
		[ ${#ids[@]} -eq 0 ] || podman pod rm -f -t 0 "${ids[@]}"
		mapfile -t ids < <(podman ps -aq --filter label=$label)
		[ ${#ids[@]} -eq 0 ] || podman rm -f -t 0 "${ids[@]}"
	done
	remove_attendants || :
	for label in io.winalux.schema io.winalux.test; do
		for kind in volume network; do
			mapfile -t ids < <(podman "$kind" ls -q --filter label=$label)
			[ ${#ids[@]} -eq 0 ] || podman "$kind" rm -f "${ids[@]}"
		done
	done
}

# --- assertions; each prints what it saw, and its inner life is not traced ---

fail()
{
	{ local -; set +x; } 2>/dev/null
	printf 'FAILED: %s\n' "$*"
	return 1
}

equal() # WANTED GOT
{
	{ local -; set +x; } 2>/dev/null
	[ "$1" = "$2" ] || fail "wanted '$1', got '$2'"
}

contains() # TEXT PART
{
	{ local -; set +x; } 2>/dev/null
	[[ $1 == *"$2"* ]] || fail "'$2' is not in '$1'"
}

lacks() # TEXT PART
{
	{ local -; set +x; } 2>/dev/null
	[[ $1 != *"$2"* ]] || fail "'$2' is in '$1'"
}

# status WANTED COMMAND…: runs it and compares its exit status. Output in $out and $err.
status()
{
	{ local -; set +x; } 2>/dev/null
	local wanted=$1 got=0
	shift
	"$@" >"$work/out" 2>"$work/err" || got=$?
	out=$(<"$work/out") err=$(<"$work/err")
	[ "$got" -eq "$wanted" ] || fail "'$*' ended with $got, not $wanted: $out $err"
}

# fails COMMAND…: any status but 0. ("!" would not end a case.)
fails()
{
	if "$@"; then
		fail "'$*' succeeded"
	fi
}

# until_true SECONDS COMMAND…: asks again until it holds; SECONDS of an idle machine, a loaded one gets more.
until_true()
{
	{ local -; set +x; } 2>/dev/null
	local limit=$((SECONDS + 4 * $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $limit ] || { fail "'$*' did not hold in time"; return; }
		sleep 0.05
	done
}

# json PROGRAM: evaluates a Python expression over the document "d" on standard input.
json()
{
	python3 -c 'import json, sys
d = json.load(sys.stdin)
v = eval(sys.argv[1])
print(v if not isinstance(v, (dict, list, bool)) and v is not None else json.dumps(v))' "$1"
}

# --- winalux, ssh and Podman ---

winalux()
{
	timeout 280 "$WINALUX" "$@"
}

deploy() # [OPTION…]
{
	winalux deploy "$inventory" "$@"
}

# Ports of this suite: both suites share the machine's. What is set here outlives the subshell of a case.
port=$((20000 + RANDOM % 700))
[ "$suite" = host ] || port=$((port + 1000))
free_port() # sets $port
{
	{ local -; set +x; } 2>/dev/null
	while :; do
		port=$((port + 1))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "port=$port" >>"$work/ports"
}

key=$work/key
make_key() # FILE
{
	ssh-keygen -q -t ed25519 -N '' -C "${1##*/}@test" -f "$1"
}
make_key "$key"

# workspace NAME [LINE…]: an item of the inventory, with the test's key and a port of its own in ssh_port_NAME.
workspace()
{
	local name=$1 line
	shift
	free_port
	printf -v "ssh_port_${name//-/_}" %s "$port"
	echo "ssh_port_${name//-/_}=$port" >>"$work/ports"
	printf '  - name: %s\n    ssh_port: %d\n    public_keys:\n      - "%s"\n' "$name" "$port" "$(<"$key.pub")"
	for line in "$@"; do
		printf '    %s\n' "$line"
	done
}

begin_inventory()
{
	printf 'version: 1\ndefaults: { gate: off }\nworkspaces:\n' >"$inventory"
}

# How a person reaches a workspace: what ssh-config writes, in a home of the test's own, and the test's key.
use_ssh()
{
	mkdir -p "$work/home"
	HOME=$work/home winalux ssh-config --write
	cp "$work/home/.ssh/winalux/config" "$work/ssh_config"
	printf 'Host *\n\tIdentityFile %s\n\tIdentitiesOnly yes\n\tBatchMode yes\n\tConnectTimeout 15\n' "$key" \
		>>"$work/ssh_config"
}

# ssh gives the tokens of these workspaces by itself from now on.
use_tokens() # NAME…
{
	local name
	for name in "$@"; do
		winalux token show --ssh-config "$name" >>"$work/ssh_config"
	done
}

# Limits of time end a hang; a loaded machine may take its time for what works.
remote() # NAME COMMAND…
{
	local name=$1
	shift
	timeout 120 ssh -F "$work/ssh_config" "$name.winalux" "$@"
}

# stranger KEY PORT COMMAND…: in by another key, whatever the host key is.
stranger()
{
	local identity=$1 port=$2
	shift 2
	timeout 120 ssh -F /dev/null -i "$identity" -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -p "$port" developer@127.0.0.1 "$@"
}

# ask NAME PORT REQUEST: a line sent to a port inside the workspace, and the line that comes back.
ask()
{
	remote "$1" "bash -c 'exec 3<>/dev/tcp/127.0.0.1/$2 && printf \"$3\\r\\n\" >&3 &&
		read -r -t 5 line <&3 && printf \"%s\\n\" \"\$line\"'"
}

# A client on this machine talks to a port; prints the first line.
banner() # PORT
{
	local line
	exec 4<>"/dev/tcp/127.0.0.1/$1" || return
	read -r -t 5 line <&4
	exec 4>&-
	printf '%s\n' "$line"
}

# ids of containers and pods, and when they started: equal before and after means untouched.
fingerprint() # [NAME]
{
	podman ps -a --no-trunc --filter "label=io.winalux.workspace${1:+=$1}" \
		--format '{{.Names}} {{.ID}} {{.StartedAt}} {{.Pid}}' | sort
	podman pod ps --no-trunc --format '{{.Name}} {{.Id}}' | grep -- "winalux-${1:-}" | sort
}

container_id() # NAME
{
	podman inspect --format '{{.Id}}' "$1"
}

# podman 4.3.1: "runroot must be set", where a storage.conf is there that does not say it
commit() # CONTAINER IMAGE
{
	podman info --format '[storage]
driver = "{{.Store.GraphDriverName}}"
graphroot = "{{.Store.GraphRoot}}"
runroot = "{{.Store.RunRoot}}"' >"$work/storage.conf"
	CONTAINERS_STORAGE_CONF=$work/storage.conf podman commit -q "$1" "$2"
}

running() # CONTAINER…
{
	local name
	for name in "$@"; do
		[ "$(podman inspect --format '{{.State.Running}}' "$name")" = true ] || {
			fail "$name does not run"
			return
		}
	done
}

has_started_since() # CONTAINER BEFORE
{
	[ "$(podman inspect --format '{{.State.StartedAt}}' "$1")" != "$2" ] && running "$1"
}

# comes_back CONTAINER: its first process is killed behind Podman's back, and Podman starts it again.
comes_back()
{
	local before pid
	before=$(podman inspect --format '{{.State.StartedAt}}' "$1")
	pid=$(podman inspect --format '{{.State.Pid}}' "$1")
	podman unshare kill -KILL "$pid"
	until_true 20 has_started_since "$1" "$before"
}

# Objects of a workspace that are left, by kind: "container winalux-x-dev".
left_of() # NAME
{
	podman ps -a --filter "name=^winalux-$1-" --format 'container {{.Names}}'
	podman pod ps --filter "name=^winalux-$1-" --format 'pod {{.Name}}'
	podman volume ls --filter "name=winalux-$1-" --format 'volume {{.Name}}'
	podman network ls --filter "name=winalux-$1-" --format 'network {{.Name}}'
}

# A service that lives as long as the scenario; without it each winalux starts one of its own.
start_service()
{
	export WINALUX_SOCKET=$work/podman.sock
	podman system service -t 0 "unix://$WINALUX_SOCKET" >"$work/service.log" 2>&1 8>&- &
	echo $! >"$work/service.pid"
	until_true 15 rest _ping
}

# Cases are subshells, so the service may be no child of ours: its end is waited for by looking. "KILL" as argument
# is the death that tests want.
stop_service()
{
	[ -s "$work/service.pid" ] || return 0
	kill -s "${1:-TERM}" "$(<"$work/service.pid")" 2>/dev/null || :
	while kill -0 "$(<"$work/service.pid")" 2>/dev/null; do sleep 0.02; done
	rm -f "$work/service.pid" "$work/podman.sock"
	unset WINALUX_SOCKET
}

rest() # PATH [CURL OPTION…]
{
	local path=$1
	shift
	curl -sS --fail --unix-socket "$WINALUX_SOCKET" "$@" "http://d/v4.0.0/libpod/$path"
}

remove_everything >/dev/null 2>&1
