#!/bin/bash
# SPDX-License-Identifier: MIT
# Stacks: layers on top of a profile's image. First with small ones of the test's own, then the self-tests of built-in
# ones in real workspaces: those named by WINALUX_STACKS, or "all". Needs the package mirror, and for most built-in
# ones PyPI, npm, the Go module proxy, crates.io or Maven Central.
# limit_s=6000
. "$(dirname "$0")/lib.sh"

export WINALUX_PROFILE_DIR=$work/profiles
mkdir -p "$WINALUX_PROFILE_DIR/stacks"
: "${WINALUX_STACKS:=golang database}"
[ "$WINALUX_STACKS" != all ] ||
	WINALUX_STACKS=$(winalux stack list --json | json '" ".join(s["name"] for s in d["stacks"])')

stack() # NAME LINE…
{
	local name=$1
	shift
	{
		printf 'version: 1\nname: %s\n' "$name"
		printf '%s\n' "$@"
	} >"$WINALUX_PROFILE_DIR/stacks/$name.yml"
}

write_files()
{
	printf 'version: 1\nname: tiny\npackages: [less]\n' >"$WINALUX_PROFILE_DIR/tiny.yml"
	stack first 'order: 10' 'packages: [file]' 'environment: { GREETING: "a \"b\" $c" }' \
		"test: ['file --version', 'test \"\$GREETING\" = \"a \\\"b\\\" \\\$c\"']"
	stack second 'needs: [first]' 'path: [/opt/second/bin]' \
		"commands: ['file /bin/sh >/second', 'echo \"\$GREETING\" >/greeting']" \
		"test: ['test -s /second', 'case \$PATH in */opt/second/bin*) ;; *) exit 1;; esac']"
	stack third "commands: ['touch /third']" "test: ['test -e /third']"
}

# With the time that a loaded machine takes for it.
build() # IMAGE… [OPTION…]
{
	timeout 1500 "$WINALUX" build "$@"
}

id_of() # NAME
{
	podman image inspect --format '{{.Id}}' "localhost/winalux/$1:latest"
}

layers_are_named_in_their_order()
{
	status 0 build tiny.third.second --json
	local name=tiny.first.second.third
	equal $name "$(json 'd["images"][0]["name"]' <<<"$out")"
	id_of tiny && id_of tiny.first && id_of tiny.first.second
	equal 'a "b" $c' "$(podman run --rm --network none "localhost/winalux/$name:latest" cat /greeting)"
}

unchanged_ones_are_not_built()
{
	status 0 build tiny.second.third --json
	equal false "$(json 'd["images"][0]["built"]' <<<"$out")"
}

only_what_depends_is_built_again()
{
	local first second both
	first=$(id_of tiny.first) second=$(id_of tiny.first.second)
	build tiny.third
	both=$(id_of tiny.third)
	stack second 'needs: [first]' "commands: ['touch /second', 'touch /edited']" "test: ['test -e /edited']"
	status 0 build tiny.first.second.third tiny.third --json
	equal '[true, false]' "$(json '[i["built"] for i in d["images"]]' <<<"$out")"
	equal "$first" "$(id_of tiny.first)"
	equal "$both" "$(id_of tiny.third)"
	[ "$second" != "$(id_of tiny.first.second)" ]
}

a_layer_made_anew_below_counts()
{
	local id
	id=$(id_of tiny.third)
	build --no-cache tiny
	status 0 build tiny.third --json
	equal true "$(json 'd["images"][0]["built"]' <<<"$out")"
	[ "$id" != "$(id_of tiny.third)" ]
}

a_failed_command_is_named()
{
	stack broken "commands: ['touch /ok', 'echo the reason >&2; false']"
	status 7 build tiny.broken
	contains "$err" "cannot build image 'tiny.broken' at step"
	contains "$err" 'RUN echo the reason >&2; false'
	contains "$err" 'the output ended with: the reason'
	fails id_of tiny.broken
	lacks "$(podman ps -a --external --format '{{.Names}}')" working-container
	rm "$WINALUX_PROFILE_DIR/stacks/broken.yml"
}

faults_are_named_with_their_place()
{
	stack fourth 'order: 10' 'needs: [first, secnd]'
	status 3 winalux profile check "$WINALUX_PROFILE_DIR"
	contains "$err" "stacks/fourth.yml:4:8: 'first' has order 10 and does not come below 'fourth' with order 10"
	contains "$err" "stacks/fourth.yml:4:8: no stack 'secnd'; did you mean 'second'?"
	rm "$WINALUX_PROFILE_DIR/stacks/fourth.yml"
	begin_inventory
	workspace stacked 'profile: tiny' 'stacks: [frist]' >>"$inventory"
	status 3 winalux validate "$inventory"
	contains "$err" "unknown stack 'frist'; did you mean 'first'?"
}

# deploy_with PROFILE STACK…: the workspace "stacked", and how to reach it.
deploy_with()
{
	begin_inventory
	workspace stacked "profile: $1" "stacks: [$(tr ' ' , <<<"${*:2}")]" >>"$inventory"
	deploy
	use_ssh
}

tests_of() # STACK
{
	winalux stack show "$1" --json | json '"\0".join(d["test"])'
}

self_test() # STACK: each of its tests in a login shell of the developer
{
	local line
	while IFS= read -r -d '' line; do
		remote stacked "bash -lc $(printf %q "sh -euc $(printf %q "$line")")"
	done < <(tests_of "$1"; printf '\0')
}

works() # PROFILE STACK…
{
	local name
	build "$(tr ' ' . <<<"$*")"
	deploy_with "$@"
	for name in "${@:2}"; do
		self_test "$name"
	done
}

a_stack_is_added()
{
	works tiny first
	sed -i 's/stacks: \[first\]/stacks: [first] # tools/' "$inventory"
	cp "$inventory" "$work/before"
	status 2 winalux stack add stacked third --inventory "$inventory"
	contains "$out" 'recreate'
	contains "$err" 'say --yes'
	cmp "$inventory" "$work/before"
	status 0 winalux stack add stacked third --inventory "$inventory" --yes
	sed 's/\[first\] # tools/[first, third] # tools/' "$work/before" | cmp - "$inventory"
	remote stacked 'test -e /third'
	status 0 winalux stack add stacked third --inventory "$inventory"
	contains "$err" 'has them already'
}

what_cannot_be_built_is_not_added()
{
	stack broken "commands: ['false']"
	cp "$inventory" "$work/before"
	status 7 winalux stack add stacked broken --inventory "$inventory" --yes
	contains "$err" 'nothing is changed'
	cmp "$inventory" "$work/before"
	remote stacked 'test -e /third'
	rm "$WINALUX_PROFILE_DIR/stacks/broken.yml"
}

# Adds a stack whose build does not end; its process is $adding.
begin_to_add()
{
	set -m
	"$WINALUX" stack add stacked slow --inventory "$inventory" --yes >"$work/adding" 2>&1 &
	adding=$!
	set +m
	until_true 60 grep -q begun "$work/adding"
}

what_is_interrupted_is_not_added()
{
	stack slow "commands: ['echo begun && sleep 1000']"
	cp "$inventory" "$work/before"
	begin_to_add
	kill -INT $adding
	fails wait $adding
	contains "$(<"$work/adding")" 'nothing is changed'
	cmp "$inventory" "$work/before"
	begin_to_add
	echo '# by hand' >>"$inventory"
	kill -INT $adding
	fails wait $adding
	contains "$(<"$work/adding")" "was changed meanwhile and is left as it is"
	equal '# by hand' "$(tail -n 1 "$inventory")"
	cp "$work/before" "$inventory"
	rm "$WINALUX_PROFILE_DIR/stacks/slow.yml"
}

builds_and_works() # STACK
{
	build "web.$1"
	works web "$1"
}

case_limit_s=1800
first "small stacks and a profile are written" write_files
start_service
first "layers are built in their order and named after it, with environment and commands" \
	layers_are_named_in_their_order
it "an unchanged build builds nothing" unchanged_ones_are_not_built
it "after a change of one stack only what depends on it is built again" only_what_depends_is_built_again
it "a profile that was made anew makes its stacks anew" a_layer_made_anew_below_counts
it "a command that fails is named with its last words, and nothing is left of the build" a_failed_command_is_named
it "faults of stacks and unknown names are told with their place" faults_are_named_with_their_place
it "a workspace has what its stacks bring" works tiny first third second
it "a stack is added to the inventory, which else stays as it is, and to the workspace" a_stack_is_added
it "a stack that cannot be built is not added" what_cannot_be_built_is_not_added
it "nor is one whose build is interrupted, and changes by hand stay" what_is_interrupted_is_not_added
for name in $WINALUX_STACKS; do
	it "the self-test of stack $name passes in a workspace" builds_and_works "$name"
done
