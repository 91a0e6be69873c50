#!/bin/bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/fake/account.sh
. "$ROOT/tests/fake/account.sh"

start_service "$(daemon running)"

it "top prints a table where there is no terminal"
run --socket "$socket" top
expect_status 0
expect_err_empty
expect_out_has '^NAME   STATE       CPU OF     10 MIN .* AGE$'
expect_out_has '^alice  running   25\.0% limit  .*▂▂.*█   512M  12\.5% limit  ~1\.2G  12\.0% FROZEN +12 +2 +[0-9]+s$'
expect_out_has '^bob    running   95\.0% host .* 512M  12\.5% host   - +12 +- +[0-9]+s$'
expect_out_has '^carol  .* 10m!$'
expect_out_has '^dora   running: its figures are damaged, or of another version of winalux$'
expect_out_has '^erin   unfinished: it does not run$'

names() { sed -n 's/^\([a-z]*\) .*/\1/p' "$SCRATCH/out" | tr '\n' ' '; }
expect_names() {
	[ "$(names)" = "$1" ] || fail "  the order is '$(names)', wanted '$1'"
}

it "top sorts by cpu, what nobody renews behind the others"
run --socket "$socket" top
expect_names 'bob alice carol dora erin '

it "top sorts by storage"
run --socket "$socket" top --once --sort storage
expect_names 'alice bob carol dora erin '

it "top of some shows those"
run --socket "$socket" top --sort=name bob alice
expect_names 'alice bob '

it "top without UTF-8 draws with letters"
LC_ALL=C run --socket "$socket" top
expect_out_has '^alice .* ::::----====\+\+\+\+\*\*\*\*####@ '

it "top refuses what it cannot sort by"
run --socket "$socket" top --sort size
expect_status 2
expect_err_has "^winalux: option '--sort': 'size' is none of cpu, memory, storage, name$"

it "top of one that is not there names it"
run --socket "$socket" top alise
expect_status 9
expect_err_has "alise"

it "top --json is one document"
run --socket "$socket" top --json
expect_status 0
expect_json '[w["name"] for w in d["workspaces"]] == ["alice", "bob", "carol", "dora", "erin"]'
expect_json 'd["workspaces"][0]["cpu"]["share"] == 0.25 and d["workspaces"][0]["cpu"]["of"] == "limit"'
expect_json 'd["workspaces"][0]["storage"]["is_estimated"] and d["workspaces"][1]["storage"] is None'
expect_json 'd["workspaces"][0]["storage"]["writers"][0] == {"command": "d\x1bd", "pid": 77, "state": "stopped"}'
expect_json 'd["workspaces"][2]["is_stale"] and not d["workspaces"][0]["is_stale"]'
expect_json 'd["workspaces"][3]["cpu"] is None and "version" in d["workspaces"][3]["reason"]'
expect_json 'len({tuple(w) for w in d["workspaces"]}) == 1'

it "one look is two lists and one archive, however many workspaces"
stop_service
start_service "$(daemon running)"
run --socket "$socket" top
stop_service
sort "$SCRATCH/requests" | grep -v _ping >"$SCRATCH/out"
[ "$(grep -c archive "$SCRATCH/out")" = 1 ] || fail "  $(cat "$SCRATCH/requests")"
start_service "$(daemon running)"

it "status shows every figure and says what is not known"
run --socket "$socket" status alice
expect_status 0
expect_out_has '^measured +[0-9]+s ago, every 10 s, the whole pod$'
expect_out_has '^cpu +25\.0% of 2 processors \(limit\), 0\.5 in use; 1 min 23 s since the first sample$'
expect_out_has '^memory +512\.0 MiB of 4\.0 GiB \(limit\), 12\.5%; .* 400\.0 MiB; peak 700\.0 MiB$'
expect_out_has '^storage +~1\.2 GiB of 10\.0 GiB \(soft limit: freeze\), ~12\.0%, 4711 files, counted 3m before that$'
expect_out_has '^FROZEN +d\\x1bd \(77\), until storage is below 95%$'
expect_out_has '^writing +redis, of sidecars: not stopped$'
expect_out_has '^pressure +cpu 1\.23%, memory 0\.00%, io 0\.05% of the last 10 s$'
expect_out_has '^ssh +2 sessions: SHA256:abc \(2\)$'
expect_out_has '^sidecars +redis 6379 up, q"\\\\x0a\\xff down$'
expect_out_has '^cpu +1 h +30\.0% +30\.0% +30\.0%$'
expect_out_has '^cpu +24 h +10\.0% +10\.8% +30\.0%$'
run --socket "$socket" status bob
expect_out_has '^measured .* the dev container without its sidecars$'
expect_out_has '^storage +not known$'
expect_out_has '^history +none yet$'

it "status says why there are no figures"
run --socket "$socket" status erin
expect_status 0
expect_out_has '^figures +none: it does not run$'

it "status --json has the history"
run --socket "$socket" status alice --json
expect_json 'len(d["history"]["entries"]) == 1439 and d["history"]["1h"]["cpu_share"]["max"] == 0.3'
expect_json 'd["history"]["24h"]["storage_bytes"] is None'
expect_json 'd["keys"] == [{"fingerprint": "SHA256:abc", "sessions": 2}]'

# --- the terminal ---

live() { # KEYS [SIGNAL…]: what was written to the terminal is standard output, and how it ended
	command_line="winalux top with keys $1" status=0
	python3 "$here/terminal.py" 80 12 "$@" -- "$WINALUX" --socket "$socket" top --interval 1 \
		>"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
}

it "top draws on the terminal and leaves it as it was"
live 'q'
expect_status 0
expect_out_has '^begin .*5 workspaces by cpu, every 1 s'
expect_out_has 'c m s n: sort by cpu, memory, storage, name; q: end'
expect_out_has 'end$'
expect_err <<'END'
exit 0, restored
END

it "keys sort, and only lines that change are written"
live 'nq'
expect_out_has '^5 workspaces by name'
[ "$(grep -c 'c m s n: sort' "$SCRATCH/out")" = 1 ] || fail "  the foot was written again"

it "Ctrl-C ends top"
live $'\003'
expect_err <<'END'
exit 0, restored
END

for signal in TERM HUP; do
	it "SIG$signal ends top and the terminal is as it was"
	live '' "$signal"
	expect_err <<'END'
exit 0, restored
END
done

it "SIGQUIT kills top, and the terminal is as it was"
live '' QUIT
expect_err <<'END'
signal 3, restored
END

it "a lower terminal shows a part, and arrows move it"
command_line='winalux top on 5 rows' status=0
python3 "$here/terminal.py" 80 5 $'\033[Bq' -- "$WINALUX" --socket "$socket" top \
	>"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
expect_out_has '^1 to 2 of 5, arrows move'
expect_out_has '^2 to 3 of 5, arrows move'

it "without a daemon it is said how there would be one"
start_service
run --socket "$socket" top
expect_out_has '^alice  running: nobody measures: .winalux deploy. starts the telemetry daemon$'

it "a daemon that has ended is named"
start_service "$(daemon exited)"
run --socket "$socket" top
expect_out_has '^alice  running: the telemetry daemon does not run'
