#!/bin/bash
# SPDX-License-Identifier: MIT
# exec, cp, logs, list, info and their JSON on running workspaces.
. "$(dirname "$0")/lib.sh"

begin_inventory
{
	workspace alice "sidecars: [redis]"
	workspace under_score
} >>"$inventory"

first_deploy()
{
	deploy
	use_ssh
}

exec_streams()
{
	status 42 winalux exec alice -- sh -c 'echo to-out; echo to-err >&2; exit 42'
	equal to-out "$out"
	equal to-err "$err"
	status 0 winalux exec alice id -un
	equal developer "$out"
	status 143 winalux exec alice -- sh -c 'kill -TERM $$'
	status 127 winalux exec alice -- no-such-program
	status 126 winalux exec alice -- /etc/passwd
}

exec_bytes()
{
	local odd=$' two  blanks\ttab\nline "double" \'single\' $HOME `x` \\ * é'
	equal "$odd|" "$(winalux exec alice -- printf '%s|' "$odd")"
	equal "[][a b]" "$(winalux exec alice -- printf '[%s]' '' 'a b')"
	head -c 1000000 /dev/urandom >"$work/bytes"
	winalux exec alice -- cat <"$work/bytes" | cmp - "$work/bytes"
	equal 1000000 "$(winalux exec alice -- head -c 1000000 /dev/zero | wc -c)"
}

exec_without_input()
{
	status 0 winalux exec alice -- cat
	equal "" "$out"
	# A reader that goes away ends the writer, not this test.
	equal y "$(timeout 120 "$WINALUX" exec alice -- sh -c 'yes | head -n 100000' | head -n 1)"
}

exec_terminal()
{
	local seen
	# Podman 4.3 sets the size a moment after the command has begun, and tells it with SIGWINCH.
	# shellcheck disable=SC2016
	seen=$(timeout 120 script -qec "stty rows 31 cols 91; $WINALUX exec alice -- sh -c '
		tty; until [ \"\$(stty size)\" != \"0 0\" ]; do sleep 0.05; done; stty size'" /dev/null) || :
	contains "$seen" /dev/pts/
	contains "$seen" "31 91"
	status 7 script -qec "$WINALUX exec alice -- sh -c 'exit 7'" /dev/null
}

exec_elsewhere()
{
	status 0 winalux exec --help
	status 0 winalux exec under_score -- hostname
	status 0 winalux exec --sidecar redis alice -- redis-cli ping
	equal PONG "$out"
}

copies_both_ways()
{
	mkdir -p "$work/tree/deep"
	head -c 100000 /dev/urandom >"$work/tree/deep/bytes"
	echo text >"$work/tree/run"
	chmod 750 "$work/tree/run"
	status 0 winalux cp "$work/tree" alice:/home/developer/
	equal "developer developer 750" "$(winalux exec alice -- stat -c '%U %G %a' tree/run)"
	status 0 winalux cp alice:/home/developer/tree "$work/back"
	cmp "$work/tree/deep/bytes" "$(find "$work/back" -name bytes)"
	echo one >"$work/single"
	status 0 winalux cp "$work/single" alice:named
	equal one "$(winalux exec alice -- cat named)"
	status 0 winalux cp alice:named "$work/single2"
	cmp "$work/single" "$work/single2"
	equal one "$(winalux cp alice:named - | tar -xO)"
	fails winalux cp alice:/no/such/file "$work/x"
}

lists()
{
	status 0 winalux list
	contains "$out" alice
	contains "$out" running
	contains "$out" "$ssh_port_alice"
	contains "$out" under_score
	winalux list --json | json '[w["name"] for w in d["workspaces"]]' >"$work/names"
	equal '["alice", "under_score"]' "$(<"$work/names")"
	equal "$ssh_port_alice" "$(winalux list --json | json 'd["workspaces"][0]["ssh"]["port"]')"
}

informs()
{
	status 0 winalux info alice
	contains "$out" redis
	contains "$out" "$ssh_port_alice"
	contains "$out" localhost/winalux/web
	equal alice "$(winalux info alice --json | json 'd["name"]')"
	fails winalux info nobody
}

shows_logs()
{
	status 0 winalux logs alice
	contains "$out" ready
	status 0 winalux logs alice redis
	[ -n "$out" ]
	timeout 1.5 "$WINALUX" logs --follow alice >"$work/followed" || :
	contains "$(<"$work/followed")" ready
}

works_without_a_service()
{
	local socket=$WINALUX_SOCKET before
	before=$(pgrep -c -f 'podman.* system service' || :)
	unset WINALUX_SOCKET
	status 0 winalux list
	contains "$out" alice
	equal "$before" "$(pgrep -c -f 'podman.* system service' || :)"
	export WINALUX_SOCKET=$work/nothing.sock
	status 4 winalux list || status 5 winalux list
	contains "$err" nothing.sock
	export WINALUX_SOCKET=$socket
}

quiet_and_verbose()
{
	winalux stop alice
	status 0 winalux start --quiet alice
	equal "" "$err"
	status 0 winalux restart alice
	contains "$err" "start container"
}

start_service
first "the first deploy creates, an underscore in a name too" first_deploy
it "exec returns the exit status and keeps output and errors apart" exec_streams
it "exec passes arguments and input byte for byte" exec_bytes
it "exec ends with its input, and with its reader" exec_without_input
it "exec gives a terminal with its size" exec_terminal
it "exec reaches sidecars and other names" exec_elsewhere
it "cp copies files and trees both ways, for the developer" copies_both_ways
it "list shows every workspace, as a table and as JSON" lists
it "info tells about one workspace" informs
it "logs shows the guest's and a sidecar's lines, and follows" shows_logs
it "a command starts the service itself and ends it again" works_without_a_service
it "quiet says nothing, restart tells its steps" quiet_and_verbose
