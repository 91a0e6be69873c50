# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Golden tests of the command line, sourced by tests/cli/*.sh. A case is:
#
#	it "says what is expected"
#	run ARGUMENT…              the program, in a home of its own; its output is kept
#	expect_status 2
#	expect_out <<'END'         standard output, byte for byte; expect_err the same
#	END
#	expect_out_has REGEX       one line of it; expect_err_has, expect_out_empty
#
# Only the first failure of a case counts; it shows the difference. Needed from the runner: WINALUX,
# RESULTS (a file), SCRATCH (a directory).
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
case_name='' case_failed=''
home=$SCRATCH/home
export HOME=$home LC_ALL=C.UTF-8 TERM=dumb USER=alice
unset XDG_CONFIG_HOME XDG_RUNTIME_DIR CONTAINER_HOST NO_COLOR
for variable in $(compgen -e WINALUX_); do unset "$variable"; done
mkdir -p "$home"
cd "$home" || exit 1

finish_case() {
	[ -n "$case_name" ] || return 0
	if [ -n "$case_failed" ]; then
		echo "failed $case_name" >>"$RESULTS"
	else
		echo "passed $case_name" >>"$RESULTS"
	fi
	case_name=
}
trap finish_case EXIT

it() {
	finish_case
	case_name=$1 case_failed=''
	cd "$home" || exit 1
}

fail() {
	[ -z "$case_failed" ] || return 0
	case_failed=1
	printf '%s: %s\n%s\n' "${0##*/}" "$case_name" "$1"
	printf '%s\n' "  command: $command_line" "  status:  $status"
	sed 's/^/  stderr:  /' "$SCRATCH/err"
}

command_line='' status=''
run() {
	command_line="winalux $*"
	status=0
	"$WINALUX" "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || status=$?
}

expect_status() {
	[ "$status" = "$1" ] || fail "  expected status $1, got $status"
}
compare() {
	local text
	text=$(diff -u --label expected --label "$2" - "$1") || fail "$text"
}
expect_out() { compare "$SCRATCH/out" stdout; }
expect_err() { compare "$SCRATCH/err" stderr; }
expect_out_empty() { compare "$SCRATCH/out" stdout </dev/null; }
expect_err_empty() { compare "$SCRATCH/err" stderr </dev/null; }
has() {
	grep -qE -- "$2" "$1" || fail "  no line of $3 matches '$2':
$(head -20 "$1" | sed 's/^/    /')"
}
expect_out_has() { has "$SCRATCH/out" "$1" stdout; }
expect_err_has() { has "$SCRATCH/err" "$1" stderr; }

# Standard output as in golden/NAME; UPDATE=1 writes it instead.
expect_golden() {
	if [ -n "${UPDATE-}" ]; then
		cp "$SCRATCH/out" "$here/golden/$1"
		return
	fi
	[ -e "$here/golden/$1" ] || { fail "  golden/$1 is missing; UPDATE=1 writes it"; return; }
	compare "$SCRATCH/out" stdout <"$here/golden/$1"
}

# An expression of Python about the document on standard output, called d.
expect_json() {
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
sys.exit(0 if eval(sys.argv[2]) else 1)' "$SCRATCH/out" "$1" 2>"$SCRATCH/python" ||
		fail "  the JSON document does not satisfy: $1
$(head -c 2000 "$SCRATCH/out" | sed 's/^/    /')
$(tail -1 "$SCRATCH/python" | sed 's/^/    /')"
}

# For a machine that was not set up; in CI nothing is skipped.
skip() {
	[ -z "${CI:-}" ] || { fail "  $1"; return; }
	echo "skipped $case_name: $1" >>"$RESULTS"
	case_name=
}
