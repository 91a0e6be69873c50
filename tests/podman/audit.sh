#!/bin/bash
# SPDX-License-Identifier: MIT
# The ledgers: what is in them, that a developer does not get there, what they outlive, and that what was taken out
# or changed is found.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$work/state
ledger=/var/lib/winalux/audit/log.jsonl
printf 'version: 1\nworkspaces:\n' >"$inventory"
{
	workspace alice
	workspace carol "gate: strict"
} >>"$inventory"

# seen NAME TEXT: some event has it. PID 1 may answer who is refused before it writes that down, and a pipe into
# `grep -q` would fail where winalux has more to say than was read.
seen()
{
	until_true 5 is_seen "$@"
}

is_seen()
{
	contains "$(winalux audit "$1")" "$2"
}

# As root of the container, past the gate: what the account's owner can do.
at_the_ledger() # NAME PROGRAM
{
	podman exec --user 0 "winalux-$1-dev" python3 -c "$2"
}

deploys()
{
	status 0 deploy
	use_ssh
	status 0 winalux audit alice
	contains "$out" "alice  started, guest "
}

entries_and_refusals()
{
	LC_WINALUX_TOKEN=$(winalux token show alice) remote alice true
	seen alice "developer logged in with SHA256:"
	seen alice "developer passed the gate by ssh, token, key SHA256:"
	winalux exec alice -- sh -c 'true # a comment'
	seen alice "developer passed the gate by exec, ticket"
	seen alice "sh -c true # a comment"
	podman exec winalux-alice-dev python3 -c pass
	equal podman "$(winalux audit alice --json | grep '"exec","container":"winalux-alice-dev"' | tail -n 1 |
		json 'd["ledger"]')"
	fails podman exec winalux-alice-dev bash -c true
	seen alice "the gate refused root by exec: no token"
	fails podman exec -e LC_WINALUX_TOKEN=0000 winalux-alice-dev bash -c true
	lacks "$(winalux audit)" "$(winalux token show alice)"
}

each_exec_of_a_strict_workspace()
{
	equal 1 "$(winalux exec carol -- python3 -c 'print(1)')"
	fails podman exec winalux-carol-dev id -u
	seen carol "passed the gate by exec, ticket: python3 -c print(1)"
	seen carol "the gate refused uid 0 by exec: not the gate's shell: id -u"
	lacks "$(winalux audit carol)" Podman:
	equal warden "$(winalux audit carol --json | grep '"id -u"' | json 'd["ledger"]')"
}

a_rotation_and_a_lockout()
{
	status 0 winalux token rotate alice
	seen alice "the token was rotated"
	local wrong
	wrong=$(winalux token show carol)
	for _ in {1..10}; do
		timeout 120 podman exec -e LC_WINALUX_TOKEN="$wrong" winalux-alice-dev bash -c true >/dev/null 2>&1 &
	done
	wait
	seen alice "the gate is locked for"
	status 0 winalux token unlock alice
	seen alice "the token was unlocked"
}

what_the_account_changes_inside()
{
	podman cp winalux-alice-dev:/etc/winalux/keys/developer "$work/keys"
	cat "$key.pub" >>"$work/keys"
	podman cp "$work/keys" winalux-alice-dev:/etc/winalux/keys/developer
	seen alice "/etc/winalux/keys/developer was "
	podman cp "$work/keys" winalux-alice-dev:/etc/ld.so.preload
	seen alice "/etc/ld.so.preload was made"
	at_the_ledger alice 'import os; os.unlink("/etc/ld.so.preload")'
	status 0 winalux stop alice
	cat "$key.pub" >>"$work/keys"
	podman cp "$work/keys" winalux-alice-dev:/etc/winalux/keys/developer
	status 0 winalux start alice
	equal changed "$(winalux audit alice --json | grep '"changed"' | tail -n 1 | json 'd["what"]')"
}

programs_that_are_replaced_are_told()
{
	status 0 winalux restart alice
	lacks "$(winalux audit alice)" "/usr/sbin/sshd was"
	podman cp winalux-alice-dev:/usr/sbin/sshd "$work/sshd"
	podman cp "$work/sshd" winalux-alice-dev:/usr/sbin/sshd
	seen alice "/usr/sbin/sshd was changed"
	at_the_ledger alice 'import os; os.rename("/run/winalux/gate.sock", "/run/winalux/gone")'
	seen alice "/run/winalux/gate.sock was removed"
	status 0 winalux stop alice
	podman cp winalux-alice-dev:/usr/lib/winalux-shells/dash "$work/dash"
	podman cp "$work/dash" winalux-alice-dev:/usr/lib/winalux-shells/dash
	status 0 winalux start alice
	seen alice "/usr/lib/winalux-shells/dash was changed"
	lacks "$(winalux audit alice)" "/usr/lib/winalux-shells/bash was"
	lacks "$(winalux audit alice)" "/run/winalux/gate.sock was made"
	equal in "$(winalux exec alice -- sh -c 'echo in')"
}

# A container of the account that is none of winalux's.
beside() # NAME OPTION…
{
	local name=$1
	shift
	podman run -d --name "$name" --label io.winalux.test=1 --entrypoint /usr/bin/sleep "$@" 1000
}

# Nobody can refuse what the account runs beside a workspace, so it is told: here, and in the ledger.
strangers_on_the_volumes_are_told()
{
	local image=localhost/winalux/base
	beside backup --network none -v winalux-alice-home:/mnt -v winalux-carol-keys:/keys $image
	status 0 winalux list
	contains "$err" "workspace 'alice': container 'backup' of image '$image:latest' mounts 'winalux-alice-home'"
	contains "$err" "workspace 'carol': container 'backup'"
	seen alice "of image $image:latest mounts 'winalux-alice-home': winalux did not make it"
	seen carol "mounts 'winalux-carol-keys'"
	equal backup "$(winalux info alice --json | json 'd["strangers"][0]["name"]')"
	contains "$(winalux info alice)" "backup (image $image:latest) mounts 'winalux-alice-home'"
	status 0 deploy
	contains "$out" "as the inventory says"
	contains "$err" "container 'backup'"
	equal 1 "$(winalux audit alice | grep -c 'container backup')"
}

# `podman commit` keeps the labels of the container in the image.
copies_of_a_workspace_are_told_and_are_not_it()
{
	commit winalux-alice-dev localhost/winalux-copy
	beside copy --network none localhost/winalux-copy
	beside joined --pod winalux-alice-pod localhost/winalux/base
	status 0 winalux list
	contains "$err" "container 'copy' of image 'localhost/winalux-copy:latest' carries its labels"
	contains "$err" "container 'joined' of image 'localhost/winalux/base:latest' is in its pod"
	seen alice "of image localhost/winalux-copy:latest carries its labels"
	seen alice "is in its pod: winalux did not make it"
	equal alice "$(winalux exec alice -- hostname)"
	status 0 deploy
	contains "$out" "as the inventory says"
	running copy joined backup
	equal 1 "$(winalux audit alice | grep -c 'container backup')"
	podman run --rm --name gone --network none --label io.winalux.test=1 --entrypoint true localhost/winalux-copy
	seen alice "Podman: commit of container winalux-alice-dev"
	seen alice "Podman: create of container gone, image localhost/winalux-copy:latest"
	podman rm -f -t 0 copy joined backup
	podman rmi -f localhost/winalux-copy
	status 0 winalux list
	equal "" "$err"
}

out_of_the_developers_reach()
{
	winalux exec alice -- sh -c "cat $ledger || ls /var/lib/winalux/audit || echo x >>$ledger" \
		>"$work/out" 2>"$work/err" && fail "the developer got there"
	contains "$(<"$work/err")" "Permission denied"
	equal "" "$(<"$work/out")"
}

it_outlives_the_container()
{
	local first
	first=$(winalux audit alice --json | sed -n 1p)
	podman rm -f -t 1 winalux-alice-dev
	status 0 winalux audit alice
	status 0 deploy
	equal "$first" "$(winalux audit alice --json | sed -n 1p)"
	status 0 winalux audit --verify
	status 0 winalux destroy alice --keep-data --yes
	status 0 winalux audit --verify
	lacks "$out" alice
	status 0 deploy
	equal "$first" "$(winalux audit alice --json | sed -n 1p)"
	status 0 winalux audit --verify
	contains "$out" "alice: the workspace's ledger: "
	contains "$out" "carol: the warden's ledger: "
	equal 3 "$(grep -c 'the chain is whole' <<<"$out")"
}

the_last_use_is_listed()
{
	local used
	winalux exec alice -- sh -c true
	used=$(winalux token list alice --json | json 'd["workspaces"][0]["last_use"]')
	[ $(($(date +%s) - $(date -d "$used" +%s))) -lt 60 ]
	contains "$(winalux token list)" "$used"
	equal carol "$(winalux token list carol --json | json '" ".join(w["name"] for w in d["workspaces"])')"
	lacks "$(winalux token list carol)" alice
}

since()
{
	status 0 winalux audit --since 2099-01-01 alice
	equal "" "$out"
	status 0 winalux audit --since 1h alice
	contains "$out" "started, guest"
	status 2 winalux audit --since soon alice
}

# What is appended afterwards belongs to what PID 1 still knows.
a_removed_line_is_found()
{
	at_the_ledger alice "
lines = open('$ledger').readlines()
open('$ledger', 'w').writelines(lines[:4] + lines[5:])"
	status 12 winalux audit --verify alice
	contains "$out" "log.jsonl:5 follows lines that are gone"
	fails podman exec winalux-alice-dev bash -c true
	seen alice "the ledger was tampered with: lines were removed"
}

a_new_ledger()
{
	status 0 winalux destroy alice --yes
	status 0 deploy
	winalux exec alice -- sh -c true
	status 0 winalux audit --verify
}

a_changed_line_is_found()
{
	a_new_ledger
	at_the_ledger alice "
text = open('$ledger').read()
open('$ledger', 'w').write(text.replace('developer', 'develoqer'))"
	status 12 winalux audit --verify --json alice
	contains "$(json 'd["ledgers"][0]["flaw"]' <<<"$out")" "is not what was written"
}

# All links are right again; only who has seen the old end knows.
a_chain_made_anew_is_found()
{
	a_new_ledger
	at_the_ledger alice "
import hashlib, json
lines, link = open('$ledger').read().splitlines(), bytes(32)
with open('$ledger', 'w') as file:
    for number, line in enumerate(lines[:-1], 1):
        body = line[:line.rindex(',\"chain\"')].replace('developer', 'develoqer')
        link = hashlib.blake2b(link + body.encode(), digest_size=32).digest()
        file.write(body + ',\"chain\":\"' + link.hex() + '\"}\n')"
	status 12 winalux audit --verify alice
	contains "$out" "the last at the last check, is gone or is another one"
}

a_hostile_line_moves_no_cursor()
{
	a_new_ledger
	at_the_ledger alice "
line = open('$ledger').readlines()[-1]
open('$ledger', 'a').write(line.replace('\"event\":\"', '\"event\":\"\033[31m\u202e'))"
	winalux audit alice >"$work/out"
	winalux audit alice --json >>"$work/out"
	contains "$(<"$work/out")" '\u001b[31m\u202e'
	fails grep -q $'\033\|\u202e' "$work/out"
}

a_ledger_that_cannot_be_read_hides_no_other()
{
	a_new_ledger
	at_the_ledger alice "open('$ledger', 'a').write('x' * 3000000)"
	status 12 winalux audit
	contains "$err" "cannot read the workspace's ledger of 'alice'"
	contains "$out" "carol  started, guest"
	status 12 winalux audit --verify
	contains "$out" "alice: the workspace's ledger: cannot read"
	contains "$out" "carol: the warden's ledger: "
}

start_service
first "a workspace begins its ledger when it starts" deploys
it "entries and refusals are in it, and no token is" entries_and_refusals
it "with a strict gate every exec is in it" each_exec_of_a_strict_workspace
it "rotations and lockouts are in it" a_rotation_and_a_lockout
it "changes of the files that decide about entry are told, of a stopped container too" what_the_account_changes_inside
it "sshd, the real shells and the gate's socket are watched as well" programs_that_are_replaced_are_told
it "containers of the account on its volumes are told" strangers_on_the_volumes_are_told
it "copies of it and containers in its pod are told, and are not taken for it" \
	copies_of_a_workspace_are_told_and_are_not_it
it "the developer neither reads nor writes it" out_of_the_developers_reach
it "it outlives the container and destroy --keep-data, and its chain is whole" it_outlives_the_container
it "token list says when a token was last used" the_last_use_is_listed
it "--since leaves out what is older" since
it "a removed line is found" a_removed_line_is_found
it "a changed line is found" a_changed_line_is_found
it "a chain that was made anew is found by who saw its end" a_chain_made_anew_is_found
it "a hostile line moves no cursor" a_hostile_line_moves_no_cursor
it "a ledger that cannot be read hides no other" a_ledger_that_cannot_be_read_hides_no_other
