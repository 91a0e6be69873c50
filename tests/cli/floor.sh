#!/bin/bash
# SPDX-License-Identifier: MIT
# The floor of free space, at a service whose store is as full as it says.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/fake/account.sh"

mkdir -p "$home/.ssh"
ssh-keygen -q -t ed25519 -N '' -C alice@laptop -f "$home/.ssh/id_ed25519" || exit 1
"$WINALUX" -q init >/dev/null || exit 1

# 10 GiB, of which 2 are free.
full_account() {
	{
		echo OK | answers /_ping
		echo '{"store":{"graphRoot":"/no/store","graphRootAllocated":10737418240,"graphRootUsed":8589934592}}' |
			answers /info
		for kind in containers pods volumes networks images; do
			echo '[]' | answers "/$kind/json"
		done
	} >"$SCRATCH/script"
	start_script
}

# Beyond looking.
expect_no_request() {
	stop_service
	! grep -E '^(POST|PUT|DELETE)|/(build|images/pull)' "$SCRATCH/requests" >"$SCRATCH/more" ||
		fail "  asked for: $(<"$SCRATCH/more")"
}

it "build stops where less is free than min_free_gb, and says what and where"
full_account
WINALUX_MIN_FREE_GB=3 run --socket "$socket" build web
expect_status 5
expect_err_has "^winalux: too little room to build or make anything: 2\.0 GiB free in '/no/store', 3 GiB wanted; "
expect_err_has 'winalux destroy. and .podman image prune. give some back, min_free_gb is the limit$'
[ "$(wc -l <"$SCRATCH/err")" = 1 ] || fail "  not one line"
expect_no_request

it "deploy stops before anything is built or made"
full_account
WINALUX_MIN_FREE_GB=3 run --socket "$socket" deploy
expect_status 5
expect_err_has "2\.0 GiB free in '/no/store', 3 GiB wanted"
expect_no_request

it "list and a dry run do not care"
full_account
WINALUX_MIN_FREE_GB=3 run --socket "$socket" deploy --dry-run
expect_status 0
WINALUX_MIN_FREE_GB=3 run --socket "$socket" list
expect_status 0

it "with --json the failure is a document of kind host"
WINALUX_MIN_FREE_GB=3 run --socket "$socket" build web --json
expect_status 5
expect_json 'd["error"]["kind"] == "host" and "3 GiB wanted" in d["error"]["text"]'
stop_service
