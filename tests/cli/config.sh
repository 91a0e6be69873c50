#!/bin/bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"

it "config shows every setting with its origin"
run config
expect_status 0
expect_out_has '^KEY +VALUE +FROM$'
expect_out_has '^jobs +0 +default$'
expect_out_has '^file: .*/.config/winalux/config.yml \(does not exist\)$'

it "one setting is printed alone"
run config ready_timeout_s
expect_status 0
expect_out <<'END'
60
END

it "an unknown setting suggests the nearest one"
run config ready_timout_s
expect_status 2
expect_err_has "no setting 'ready_timout_s'; did you mean 'ready_timeout_s'\?"

mkdir -p "$home/.config/winalux"
echo 'ready_timeout_s: 11' >"$home/.config/winalux/config.yml"

it "the file wins over the default"
run config --json ready_timeout_s
expect_status 0
expect_json 'd["ready_timeout_s"]["value"] == "11" and d["ready_timeout_s"]["from"] == "file"'

it "the environment wins over the file"
WINALUX_READY_TIMEOUT_S=12 run config --json ready_timeout_s
expect_json 'd["ready_timeout_s"]["value"] == "12" and d["ready_timeout_s"]["from"] == "environment"'

it "a flag wins over the environment"
WINALUX_JOBS=2 run --jobs 3 config --json jobs
expect_json 'd["jobs"]["value"] == "3" and d["jobs"]["from"] == "flag"'

it "config --json has every setting"
run config --json
expect_status 0
expect_json 'd["settings"]["jobs"]["environment"] == "WINALUX_JOBS" and len(d["settings"]) > 10'

it "--config names another file"
echo 'jobs: 7' >other.yml
run --config other.yml config jobs
expect_status 0
expect_out <<'END'
7
END

it "a file that --config names must exist"
run --config nowhere.yml config jobs
expect_status 3
expect_err_has 'nowhere.yml'

it "a wrong value in the file is told with its place"
printf 'jobs: many\n' >wrong.yml
run --config wrong.yml config
expect_status 3
expect_err_has '^winalux: wrong.yml:1:7: '

it "an unknown key in the file is told with the nearest one"
printf 'job: 3\n' >wrong.yml
run --config wrong.yml config
expect_status 3
expect_err_has "wrong.yml:1:1: .*did you mean 'jobs'"

it "a wrong value in the environment is told by its name"
WINALUX_JOBS=many run config
expect_status 3
expect_err_has 'WINALUX_JOBS'
expect_err_has '^winalux: the environment: 1 error$'

it "a configuration that cannot be read is told once"
run --config nowhere.yml config
expect_status 3
[ "$(wc -l <"$SCRATCH/err")" = 1 ] || fail "  not one line"
