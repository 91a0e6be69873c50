#!/bin/bash
# SPDX-License-Identifier: MIT
# Access tokens over the life of a workspace: who makes them, what keeps them, what ends them. What the gate inside
# does with them is in gate.sh.
. "$(dirname "$0")/lib.sh"

printf 'version: 1\nworkspaces:\n' >"$inventory"
{
	workspace alice
	workspace bob "gate: off"
} >>"$inventory"
key_file=$XDG_CONFIG_HOME/winalux/key

gate_inside() # NAME
{
	podman exec "winalux-$1-dev" cat /etc/winalux/gate
}

started_at() # NAME
{
	podman inspect --format '{{.State.StartedAt}}' "winalux-$1-dev"
}

# Does the file inside have the hash of the token that is shown?
fits() # NAME
{
	gate_inside "$1" >"$work/gate"
	winalux token show "$1" >"$work/token"
	python3 - "$work/gate" "$work/token" <<'END'
import hashlib, sys
alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
salt, digest = open(sys.argv[1]).read().split()[3:5]
values = [alphabet.index(c) for c in open(sys.argv[2]).read().strip().replace("-", "")]
number = 0
for value in values[:26]:
    number = number << 5 | value
token = (number >> 2).to_bytes(16, "big")
sys.exit(hashlib.blake2b(token, digest_size=32, key=bytes.fromhex(salt)).hexdigest() != digest)
END
}

a_dry_run_makes_no_key()
{
	status 0 deploy --dry-run
	fails test -e "$key_file"
}

first_deploy()
{
	status 0 deploy
	contains "$err" "made the key file"
	contains "$err" "winalux token show alice"
	equal 600 "$(stat -c %a "$key_file")"
	fits alice
	equal "400 0" "$(podman exec winalux-alice-dev stat -c '%a %u' /etc/winalux/gate)"
	contains "$(podman exec winalux-alice-dev cat /etc/winalux/guest.conf)" $'gate\tshell\nforwarding\topen'
	contains "$(podman exec winalux-bob-dev cat /etc/winalux/guest.conf)" $'gate\toff'
	fails winalux token show bob
	winalux token show alice >"$work/first"
}

# The token is nowhere: in no label, no log and no inspect answer.
a_token_is_stored_nowhere()
{
	local token
	token=$(<"$work/first")
	podman volume ls -q | xargs podman volume inspect >"$work/seen"
	podman inspect winalux-alice-dev >>"$work/seen"
	podman logs winalux-alice-dev >>"$work/seen" 2>&1
	fails grep -qiF -e "$token" -e "${token//-/}" "$work/seen"
	lacks "$(winalux token list; winalux info alice; winalux list --json)" "$token"
}

what_keeps_it()
{
	status 0 deploy
	contains "$out" "as the inventory says"
	podman rm -f -t 0 winalux-alice-dev
	status 0 deploy
	equal "$(<"$work/first")" "$(winalux token show alice)"
	fits alice
	winalux destroy alice --keep-data --yes
	equal "$(<"$work/first")" "$(winalux token show alice)"
	status 0 deploy
	equal "$(<"$work/first")" "$(winalux token show alice)"
	fits alice
}

a_rotation_is_a_live_change()
{
	local before
	before=$(started_at alice)
	status 0 winalux token rotate alice
	equal "$before" "$(started_at alice)"
	fails equal "$(<"$work/first")" "$(winalux token show alice)"
	fits alice
	status 0 deploy
	contains "$out" "as the inventory says"
	equal 1 "$(podman volume ls -q --filter label=io.winalux.workspace=alice | grep -c state)"
	status 0 winalux token rotate --kick alice
	fails equal "$before" "$(started_at alice)"
	fits alice
}

ways_in_need_no_typing()
{
	use_ssh
	equal in "$(winalux ssh alice -i "$key" -oIdentitiesOnly=yes -oBatchMode=yes echo in)"
	equal in "$(winalux exec alice sh -c 'echo in')"
	LC_WINALUX_TOKEN=$(winalux token show alice) remote alice true
}

wrong_exec() # TOKEN
{
	timeout 60 podman exec -e LC_WINALUX_TOKEN="$1" winalux-alice-dev bash -c true >"$work/guess" 2>&1
}

an_administrator_ends_a_lockout()
{
	local right i pids=()
	right=$(winalux token show alice)
	for i in 1 2 3 4 5 6 7 8 9 10; do
		wrong_exec 0000-0000-0000-0000-0000-0000-0000 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || :
	done
	status 126 podman exec -e LC_WINALUX_TOKEN="$right" winalux-alice-dev bash -c 'echo in'
	contains "$err" locked
	status 0 winalux token unlock alice
	until_true 10 podman exec -e LC_WINALUX_TOKEN="$right" winalux-alice-dev bash -c true
	fits alice
	status 12 winalux token unlock alice bob
	contains "$err" "bob: has no token"
}

another_key()
{
	local token
	token=$(winalux token show alice)
	mv "$key_file" "$work/mine"
	status 9 winalux token show alice
	contains "$err" "needs key $(winalux token list --json | json 'd["workspaces"][0]["key"]')"
	sed 's/gate: off/gate: shell/' "$inventory" >"$work/all.yml"
	fails winalux deploy "$work/all.yml"
	winalux token key new
	status 0 winalux deploy "$work/all.yml"
	fits bob
	status 5 winalux token show alice
	podman rm -f -t 0 winalux-alice-dev
	status 0 deploy
	contains "$err" "made with another key"
	mv "$work/mine" "$key_file"
	equal "$token" "$(winalux token show alice)"
	fits alice
}

a_new_key_for_all()
{
	status 0 winalux token key rotate
	equal 1 "$(find "${key_file%/*}" -name 'key.old-*' -perm 600 | wc -l)"
	equal True "$(winalux token list --json | json 'str(all(w["key_is_here"] for w in d["workspaces"]))')"
	fits alice
	fits bob
}

# Whoever was slower has changed nothing, or has the other's key as its old one.
two_new_keys_at_once()
{
	local one two token_key files
	winalux token key rotate >"$work/one" 2>&1 &
	one=$!
	winalux token key rotate >"$work/two" 2>&1 &
	two=$!
	wait $one || :
	wait $two || :
	files=$(for file in "$key_file" "$key_file".old-*; do WINALUX_KEY_FILE=$file winalux token key show; done)
	winalux token list --json | json '" ".join(w["key"] for w in d["workspaces"] if w["key"])' >"$work/keys"
	for token_key in $(<"$work/keys"); do
		contains "$files" "$token_key"
	done
	equal True "$(winalux token list --json | json 'str(all(w["key_is_here"] for w in d["workspaces"]))')"
	fits alice
	fits bob
}

a_key_file_may_be_a_link()
{
	local before
	mkdir -p "$work/vault"
	mv "$key_file" "$work/vault/mine"
	ln -s "$work/vault/mine" "$key_file"
	before=$(winalux token key show)
	status 0 winalux token key rotate
	[ -L "$key_file" ]
	fails equal "$before" "$(winalux token key show)"
	equal 1 "$(find "$work/vault" -name 'mine.old-*' | wc -l)"
	fits alice
}

the_end_of_the_data_ends_it()
{
	winalux token show alice >"$work/last"
	winalux destroy alice --yes
	status 9 winalux token show alice
	status 0 deploy alice
	fails equal "$(<"$work/last")" "$(winalux token show alice)"
}

start_service
it "a dry run makes no key" a_dry_run_makes_no_key
first "the first deploy makes a key, a token, and the file inside that fits it" first_deploy
it "the token is stored nowhere" a_token_is_stored_nowhere
it "a redeploy, a new container and kept data keep the token" what_keeps_it
it "a rotation is a live change, and --kick ends sessions" a_rotation_is_a_live_change
it "a lockout ends when an administrator says so" an_administrator_ends_a_lockout
it "ssh and exec need no typing where the key file is" ways_in_need_no_typing
it "with another key tokens go on, and it is said which key is needed" another_key
it "a new key gives every workspace a new token" a_new_key_for_all
it "two new keys at once: one is made, and none is lost" two_new_keys_at_once
it "a key file that is a symbolic link stays one" a_key_file_may_be_a_link
it "with its data a workspace loses its token" the_end_of_the_data_ends_it
