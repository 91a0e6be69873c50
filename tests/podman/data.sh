#!/bin/bash
# SPDX-License-Identifier: MIT
# The profile data: JupyterLab, whose login is the workspace's token. Needs the package mirror and PyPI once.
# limit_s=1500
. "$(dirname "$0")/lib.sh"

case_limit_s=1500
start_service
free_port
app=$port
echo "app=$app" >>"$work/ports"

page() # PATH [CURL OPTION…]: its body in $body, its status in $code
{
	local path=$1
	shift
	code=$(curl -sS --max-time 60 -o "$work/body" -w '%{http_code}' "$@" "http://127.0.0.1:$app$path") ||
		code=000
	body=$(<"$work/body")
	printf '%s %s\n' "$code" "$path"
}

answers()
{
	curl -sS --fail --max-time 60 -o "$work/body" "http://127.0.0.1:$app/login"
}

# log_in TOKEN [JAR]: as a browser does
log_in()
{
	local jar=${2:-$work/jar}
	rm -f "$jar"
	page /login -c "$jar" -b "$jar"
	page /login -c "$jar" -b "$jar" --data-urlencode "password=$1" \
		--data-urlencode "_xsrf=$(awk '$6 == "_xsrf" { print $7 }' "$jar")"
}

status_is() # WANTED PATH [CURL OPTION…]
{
	page "${@:2}"
	equal "$1" "$code"
}

write_inventory() # GATE
{
	begin_inventory
	port=$((app + 100))
	workspace lab 'profile: data' "gate: $1" "app_port: $app" >>"$inventory"
}

deploys()
{
	timeout 1400 "$WINALUX" build data
	write_inventory shell
	deploy
	use_ssh
	use_tokens lab
	until_true 60 answers
}

nobody_enters_without()
{
	status_is 403 /api/contents
	status_is 302 /lab
	page "/api/contents?token=$(winalux token show lab)"
	equal 403 "$code"
}

wrong_tokens_are_refused()
{
	log_in 'not a token!'
	equal 401 "$code"
	contains "$body" 'That is no token.'
	log_in 0000-0000-0000-0000-0000-0000-0001
	equal 401 "$code"
	contains "$body" 'That is mistyped.'
	log_in 0000-0000-0000-0000-0000-0000-0000
	equal 401 "$code"
	contains "$body" 'Wrong token.'
	status_is 403 /api/contents -b "$work/jar"
	contains "$(winalux audit lab)" 'refused developer by service: wrong token'
	contains "$(winalux audit lab)" 'JupyterLab for '
}

the_token_lets_in()
{
	log_in "$(winalux token show lab)"
	equal 302 "$code"
	status_is 200 /api/contents -b "$work/jar"
	status_is 200 /lab -b "$work/jar"
	contains "$(winalux audit lab)" 'developer passed the gate by service, token'
}

nothing_is_kept_of_it()
{
	local token hash
	token=$(winalux token show lab)
	podman cp winalux-lab-dev:/etc/winalux/gate "$work/gate"
	hash=$(awk '$1 == "token" { print $3 }' "$work/gate")
	[ ${#hash} -eq 64 ]
	equal '' "$(remote lab "grep -rIlsiE '${token//-/-?}|$hash' /etc/jupyter /opt/winalux/stacks ~/.jupyter \
		~/.local /opt/winalux/venv/etc/jupyter /run || true")"
}

a_kernel_runs_in_the_venv()
{
	local jar=$work/jar xsrf
	xsrf=$(awk '$6 == "_xsrf" { print $7 }' "$jar")
	page /api/kernels -b "$jar" -X POST -H "X-XSRFToken: $xsrf" -H 'Content-Type: application/json' \
		-d '{"name":"python3"}'
	equal 201 "$code"
	until_true 30 remote lab "pgrep -f '^/home/developer/venv/bin/python -m ipykernel_launcher'"
}

libraries_work()
{
	equal 3 "$(remote lab "python3 -c 'import duckdb, matplotlib, numpy, scipy, pandas as pd
d = pd.DataFrame({\"x\": [1, 2]}); print(duckdb.sql(\"select sum(x) from d\").fetchall()[0][0])'")"
}

a_restart_ends_sessions()
{
	status_is 200 /api/contents -b "$work/jar"
	winalux restart lab
	until_true 60 answers
	status_is 403 /api/contents -b "$work/jar"
}

guesses_shut_the_page_alone()
{
	local i
	remote lab true
	for i in 1 2 3 4 5 6 7 8 9 10; do
		(log_in 0000-0000-0000-0000-0000-0000-0000 "$work/jar$i") &
	done
	until_true 60 log_contains lab 'gate is locked'
	log_in "$(winalux token show lab)"
	equal 429 "$code"
	contains "$body" 'Too many wrong tokens: locked for another'
	remote lab true
	winalux token unlock lab
	log_in "$(winalux token show lab)"
	equal 302 "$code"
}

log_contains() # NAME TEXT
{
	contains "$(winalux audit "$1")" "$2"
}

without_a_gate_the_page_is_shut()
{
	write_inventory off
	deploy
	until_true 60 answers
	log_in "$(printf '0000%.0s' 1 2 3 4 5 6 7)"
	equal 403 "$code"
	contains "$body" 'The gate of this workspace is off'
}

first "a workspace of profile data starts with JupyterLab" deploys
it "without a login there is nothing but the login page, not for the token in an address either" nobody_enters_without
it "a wrong token is refused by PID 1, and a typo is told from it" wrong_tokens_are_refused
it "the workspace's token lets in" the_token_lets_in
it "neither token nor hash is in its configuration" nothing_is_kept_of_it
it "a kernel runs in ~/venv" a_kernel_runs_in_the_venv
it "pandas, NumPy, SciPy, Matplotlib and DuckDB work" libraries_work
it "a restart ends the sessions of browsers" a_restart_ends_sessions
it "ten guesses lock the login page, and ssh goes on" guesses_shut_the_page_alone
it "where the gate is off nobody logs in" without_a_gate_the_page_is_shut
