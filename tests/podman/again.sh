#!/bin/bash
# SPDX-License-Identifier: MIT
# What a second deploy does: nothing where nothing changed, and as little as possible where something did.
. "$(dirname "$0")/lib.sh"

begin_inventory
{
	workspace alice "sidecars: [redis]"
	workspace bob
} >>"$inventory"
make_key "$work/second"

first_deploy()
{
	deploy
	use_ssh
	fingerprint >"$work/before"
	remote alice 'echo kept >file'
}

untouched()
{
	fingerprint >"$work/after"
	diff "$work/before" "$work/after"
}

# Opens a session that answers each line it is sent; its process id is in $session.
open_session()
{
	mkfifo "$work/to"
	ssh -F "$work/ssh_config" alice.winalux 'while read -r line; do echo "got $line"; done' \
		<"$work/to" >"$work/from" &
	session=$!
	exec 6>"$work/to"
	echo one >&6
	until_true 15 grep -q "got one" "$work/from"
}

session_lives()
{
	echo "$1" >&6
	until_true 10 grep -q "got $1" "$work/from"
}

nothing_changes()
{
	open_session
	status 0 deploy
	contains "$out" "as the inventory says"
	untouched
	session_lives two
	status 0 deploy --verify
	untouched
	session_lives three
	exec 6>&-
	wait $session
}

no_calls_but_lists()
{
	status 0 winalux plan "$inventory"
	contains "$out" "as the inventory says"
	status 0 deploy --dry-run
	contains "$out" "as the inventory says"
	equal unchanged "$(winalux plan "$inventory" --json | json 'd["workspaces"][0]["action"]')"
}

new_key_is_live()
{
	status 255 stranger "$work/second" "$ssh_port_alice" true
	sed -i "0,/public_keys:/s|public_keys:|public_keys:\n      - \"$(<"$work/second.pub")\"|" "$inventory"
	rm -f "$work/to"
	open_session
	status 0 winalux plan "$inventory"
	contains "$out" "live"
	status 0 deploy
	untouched
	session_lives two
	exec 6>&-
	wait $session
	stranger "$work/second" "$ssh_port_alice" true
	remote alice true
}

removed_key_is_live()
{
	sed -i "\|$(<"$work/second.pub")|d" "$inventory"
	status 0 deploy
	untouched
	status 255 stranger "$work/second" "$ssh_port_alice" true
	remote alice true
}

new_sidecar_touches_one_workspace()
{
	local bob
	bob=$(fingerprint bob)
	sed -i 's/sidecars: \[redis\]/sidecars: [redis, memcached]/' "$inventory"
	status 0 deploy
	equal "$bob" "$(fingerprint bob)"
	running winalux-alice-memcached winalux-alice-redis winalux-alice-dev
	equal kept "$(remote alice cat file)"
}

environment_recreates_and_says_so()
{
	local bob
	bob=$(fingerprint bob)
	sed -i '/name: alice/a\    environment: {GREETING: "good day"}' "$inventory"
	status 0 winalux plan "$inventory"
	contains "$out" recreate
	contains "$out" environment
	status 0 deploy
	equal "$bob" "$(fingerprint bob)"
	equal "good day" "$(remote alice 'echo $GREETING')"
	equal kept "$(remote alice cat file)"
}

selection_by_name()
{
	sed -i 's/good day/good night/' "$inventory"
	status 0 deploy bob
	equal "good day" "$(remote alice 'echo $GREETING')"
	status 0 deploy alice
	equal "good night" "$(remote alice 'echo $GREETING')"
	status 9 deploy nobody
}

auto_ports_stay()
{
	local name=auto-$suite before
	printf '  - name: %s\n    app_port: auto\n    public_keys: ["%s"]\n' "$name" "$(<"$key.pub")" >>"$inventory"
	deploy "$name"
	before=$(winalux list --json | json "[w['ssh']['port'] for w in d['workspaces'] if w['name'] == '$name'][0]")
	sed -i "/name: $name/a\    environment: {A: b}" "$inventory"
	deploy "$name"
	equal "$before" "$(winalux list --json |
		json "[w['ssh']['port'] for w in d['workspaces'] if w['name'] == '$name'][0]")"
	winalux destroy "$name" --keep-data --yes
	deploy "$name"
	equal "$before" "$(winalux list --json |
		json "[w['ssh']['port'] for w in d['workspaces'] if w['name'] == '$name'][0]")"
}

start_service
first "the first deploy creates" first_deploy
it "a second deploy touches nothing and an open session lives on" nothing_changes
it "plan and --dry-run say unchanged" no_calls_but_lists
it "a new ssh key works at once, without a restart" new_key_is_live
it "a removed ssh key is refused at once, without a restart" removed_key_is_live
it "a new sidecar comes without touching the neighbour, files stay" new_sidecar_touches_one_workspace
it "a changed environment recreates one dev container and the plan says why" environment_recreates_and_says_so
it "names select workspaces" selection_by_name
it "automatic ports stay the same over redeploys" auto_ports_stay
