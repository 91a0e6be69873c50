#!/bin/bash
# SPDX-License-Identifier: MIT
# Commands that need Podman, where there is none, or one that is no good.
. "$(dirname "$0")/lib.sh"

mkdir -p "$home/.ssh" "$SCRATCH/empty"
ssh-keygen -q -t ed25519 -N '' -C alice@laptop -f "$home/.ssh/id_ed25519" || exit 1
"$WINALUX" -q init >/dev/null || exit 1

for command in 'list' 'info alice' 'logs alice' 'exec alice true' 'ssh alice' 'ssh-config' \
	'top' 'status alice' 'metrics' \
	'start alice' 'stop --all' 'restart alice' 'destroy alice --yes' 'plan' 'deploy' 'build web' \
	'cp alice:a .'; do
	it "$command says that a named socket does not answer"
	read -ra words <<<"$command"
	run --socket "$home/none.sock" "${words[@]}"
	expect_status 5
	expect_out_empty
	expect_err_has '^winalux: .*none\.sock'

	it "$command says that Podman is not installed"
	PATH=$SCRATCH/empty run "${words[@]}"
	expect_status 5
	expect_err_has '^winalux: .*podman'
done

it "with --json the failure is a document"
run --socket "$home/none.sock" list --json
expect_status 5
expect_json 'd["error"]["kind"] == "host"'

it "an unknown profile is refused with those there are"
run build nosuch
expect_status 9
expect_err_has "^winalux: no profile 'nosuch'; there are: .*web"

it "build --names lists the profiles without Podman"
PATH=$SCRATCH/empty run build --names
expect_status 0
expect_out_has '^web$'

it "a name that no workspace can have is told"
run --socket "$home/none.sock" exec 'Not A Name' true
expect_status 9
expect_err_has "'Not A Name' cannot be the name of a workspace"

it "exec refuses --tty where standard input is no terminal"
run --socket "$home/none.sock" exec --tty alice
expect_status 2
expect_err_has '^winalux: --tty needs a terminal as standard input$'

it "doctor goes on where no service answers, and says so"
PATH=$SCRATCH/empty run doctor
expect_status 5
expect_out_has '^problem '
expect_err_has '^winalux: [0-9]+ problems? found$'

it "doctor --json has the findings"
PATH=$SCRATCH/empty run doctor --json
expect_status 5
expect_json 'd["problems"] > 0'
expect_json '{"probe", "title", "level", "found", "meaning", "remedy", "needs_admin"} <= set(d["findings"][0])'
