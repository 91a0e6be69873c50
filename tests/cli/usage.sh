#!/bin/bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"

commands='init deploy plan destroy list info top status metrics start stop restart logs exec ssh ssh-config cp token
build push profile stack validate schema doctor config version help completion'

it "without a command one fact and the synopsis are printed"
run
expect_status 2
expect_out_empty
expect_err <<'END'
winalux: no command given; 'winalux help' lists them
usage: winalux [OPTION…] COMMAND [ARGUMENT…]
END

it "an unknown command suggests the nearest one"
run deplyo
expect_status 2
expect_out_empty
expect_err <<'END'
winalux: unknown command 'deplyo'; did you mean 'deploy'?
usage: winalux [OPTION…] COMMAND [ARGUMENT…]
END

it "a command that is like no other names the help"
run xyzzy
expect_status 2
expect_err <<'END'
winalux: unknown command 'xyzzy'; 'winalux help' lists them
usage: winalux [OPTION…] COMMAND [ARGUMENT…]
END

it "control characters of the command line do not reach the terminal"
run $'a\033[31mb'
expect_status 2
expect_err_has "unknown command 'a\\\\x1b\[31mb'"

it "an unknown option suggests the nearest one and shows the command's synopsis"
run deploy --dry-rum
expect_status 2
expect_err <<'END'
winalux: unknown option '--dry-rum'; did you mean '--dry-run'?
usage: winalux deploy [OPTION…] [INVENTORY] [NAME…]
END

it "an unknown letter is named"
run list -x
expect_status 2
expect_err <<'END'
winalux: unknown option '-x'
usage: winalux list [OPTION…]
END

it "a flag takes no value"
run list --json=yes
expect_status 2
expect_err_has "^winalux: option '--json' takes no value$"

it "an option that needs a value says which"
run logs alice --tail
expect_status 2
expect_err_has "^winalux: option '--tail' needs a value: N$"

it "a time that is none is refused"
run logs alice --since soon
expect_status 2
expect_err_has "'soon' is not a time such as 90s, 5m, 2h"

it "jobs must be a number in its range"
run list --jobs many
expect_status 2
expect_err_has "'jobs' must be a whole number"

it "arguments that a command does not take are refused"
run version now
expect_status 2
expect_err <<'END'
winalux: 'version' takes no arguments
usage: winalux version
END

it "too few arguments are refused"
run cp one
expect_status 2
expect_err <<'END'
winalux: 'cp' needs SOURCE TARGET
usage: winalux cp SOURCE TARGET
END

it "copying between two places of this machine is refused"
run cp ./a ./b
expect_status 2
expect_err_has 'exactly one of SOURCE and TARGET is NAME:PATH'

for command in stop restart destroy; do
	it "$command wants names or --all"
	run "$command"
	expect_status 2
	expect_err_has '^winalux: name a workspace, or say --all$'
done

it "start without names means every workspace"
run --socket "$home/none.sock" start
expect_status 5

for command in start stop restart destroy; do
	it "$command refuses names together with --all"
	run "$command" --all alice
	expect_status 2
	expect_err_has '^winalux: names and --all exclude each other$'
done

it "with --json a failure is a document too"
run deploy --json missing/inventory.yml
expect_status 3
expect_json 'd["error"]["kind"] == "inventory" and "missing/inventory.yml" in d["error"]["text"]'

it "the overview lists every command"
run help
expect_status 0
expect_err_empty
expect_golden help

it "--help without a command is the same"
run --help
expect_status 0
expect_golden help

for command in $commands; do
	it "$command --help explains it"
	run "$command" --help
	expect_status 0
	expect_err_empty
	expect_golden "help-$command"

	it "help $command is the same"
	run help "$command"
	expect_status 0
	expect_golden "help-$command"
done

it "version names the program and the guest it carries"
run version
expect_status 0
expect_err_empty
expect_out_has '^winalux [^ ]+$'
expect_out_has '^guest [0-9a-f]{12}, wire [0-9]+$'

it "--version is the same"
run version
mv "$SCRATCH/out" "$SCRATCH/version"
run --version
expect_status 0
expect_out <"$SCRATCH/version"

it "version --json has the whole digest"
run version --json
expect_status 0
expect_json 'len(d["guest"]["digest"]) == 32 and d["guest"]["image"].endswith(d["guest"]["digest"])'

it "a full disk behind standard output is reported"
command_line='winalux version >/dev/full' status=0
"$WINALUX" version >/dev/full 2>"$SCRATCH/err" || status=$?
expect_status 1
expect_err <<'END'
winalux: cannot write the result: No space left on device
END

it "a full disk spoils a long result as well"
command_line='winalux schema >/dev/full' status=0
"$WINALUX" schema >/dev/full 2>"$SCRATCH/err" || status=$?
expect_status 1
expect_err_has 'cannot write the result: No space left on device'

it "the manual has what the command tables have"
command_line='docs/man/update --check' status=0
"$ROOT/docs/man/update" --check "$WINALUX" >"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
expect_out_empty
expect_status 0

it "the manual pages are sound mdoc"
if command -v mandoc >/dev/null; then
	command_line='mandoc -T lint' status=0
	mandoc -T lint -W warning "$ROOT"/docs/man/*.[1-9] >"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
	expect_out_empty
	expect_status 0
else
	skip "mandoc is not installed"
fi

it "an unknown section of the manual is refused"
run help --mdoc nothing
expect_status 2
expect_err_has "no generated section 'nothing'"

it "a closed standard output is told"
command_line='winalux version >&-' status=0
"$WINALUX" version >&- 2>"$SCRATCH/err" || status=$?
expect_status 1
expect_err <<'END'
winalux: cannot write the result: Bad file descriptor
END

it "a full disk is told with its reason"
command_line='winalux config >/dev/full' status=0
"$WINALUX" config >/dev/full 2>"$SCRATCH/err" || status=$?
expect_status 1
expect_err <<'END'
winalux: cannot write the result: No space left on device
END

it "a reader that is gone ends it without a word"
command_line='winalux help | true'
mkfifo "$SCRATCH/pipe"
exec {reader}<>"$SCRATCH/pipe"
exec {writer}>"$SCRATCH/pipe"
exec {reader}>&-
status=0
"$WINALUX" help 1>&"$writer" 2>"$SCRATCH/err" || status=$?
exec {writer}>&-
expect_status 1
expect_err_empty
