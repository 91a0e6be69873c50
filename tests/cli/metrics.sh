#!/bin/bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/fake/account.sh
. "$ROOT/tests/fake/account.sh"

start_service "$(daemon running)"

it "metrics escapes what comes from inside"
run --socket "$socket" metrics
expect_status 0
expect_err_empty
expect_out_has '^winalux_workspace_cpu_seconds_total\{workspace="alice"\} 83\.250000$'
expect_out_has '^winalux_workspace_sidecar_up\{workspace="alice",sidecar="q\\"\\\\\\\\x0a\\\\xff"\} 0$'
expect_out_has '^winalux_workspace_measured\{workspace="carol"\} 0$'
expect_out_has '^winalux_workspace_sample_age_seconds\{workspace="carol"\} 60[0-9]$'
! grep -q 'rss_bytes{workspace="carol"' "$SCRATCH/out" || fail "  an old figure is told as one of now"

for address in 0.0.0.0:9105 '[::]:9105' 192.0.2.1:9105 example.org:80 '[2001:db8::1]:1'; do
	it "metrics does not listen on $address"
	run metrics --listen "$address"
	expect_status 2
	expect_err_has "is not an address of the loopback"
done

for address in 9105 :9105 127.0.0.1 127.0.0.1:x 127.0.0.1:65536; do
	it "metrics refuses '$address' with the form that is right"
	run metrics --listen "$address"
	expect_status 2
	expect_err_has "is no address to listen on; write 127\.0\.0\.1:9105"
done

# --- the server ---

server='' url=''
start_server() { # ADDRESS
	command_line="winalux metrics --listen $1" status=0
	: >"$SCRATCH/err"
	"$WINALUX" --socket "$socket" metrics --listen "$1" >/dev/null 2>"$SCRATCH/err" </dev/null &
	server=$!
	for _ in {1..100}; do
		url=$(sed -n 's/^serving //p' "$SCRATCH/err")
		[ -z "$url" ] || return 0
		sleep 0.1
	done
	fail "  it does not begin to serve"
}
stop_server() { # SIGNAL
	kill -s "$1" "$server"
	wait "$server"
	status=$?
}
# One request as it stands, for what curl would not send.
raw() {
	local host=${url#http://}
	host=${host%%/*}
	exec {connection}<>"/dev/tcp/${host%:*}/${host##*:}"
	printf '%b' "$1" >&"$connection"
	timeout 10 cat <&"$connection" >"$SCRATCH/out"
	exec {connection}>&-
}

it "a served page is the same text"
start_server 127.0.0.1:0
curl -s -D "$SCRATCH/head" "$url" >"$SCRATCH/out"
expect_out_has '^winalux_workspace_up\{workspace="erin"\} 0$'
tr -d '\r' <"$SCRATCH/head" >"$SCRATCH/out"
expect_out_has '^HTTP/1\.1 200 OK$'
expect_out_has '^Content-Type: text/plain; version=0\.0\.4; charset=utf-8$'

it "a HEAD has the length and no body"
curl -s -I "$url" | tr -d '\r' >"$SCRATCH/out"
expect_out_has '^Content-Length: [1-9][0-9]*$'

it "another path, method, name and form is refused"
for case in "404 $url/x" "404 ${url%metrics}" "405 -XPOST $url" "403 -HHost:example.org $url" \
	"200 -HHost:localhost $url" "200 -HHost:[::1]:80 $url" "200 $url?x=1"; do
	read -ra words <<<"$case"
	got=$(curl -g -s -o /dev/null -w '%{http_code}' "${words[@]:1}")
	[ "$got" = "${words[0]}" ] || fail "  ${words[*]:1}: $got instead of ${words[0]}"
done
for case in '400 nonsense\r\n\r\n' '400 GET /metrics SPDY/9\r\n\r\n' '400 GET /met\0rics HTTP/1.1\r\n\r\n' \
	'400 GET metrics HTTP/1.1\r\n\r\n' '200 GET /metrics HTTP/1.0\n\n'; do
	raw "${case#* }"
	expect_out_has "^HTTP/1\.1 ${case%% *} "
done

it "a Host is one name of the loopback, or it is said what is wrong with it"
host_says() { # STATUS TEXT HEADERS [VERSION]
	raw "GET /metrics HTTP/${4:-1.1}\r\n$3\r\n"
	expect_out_has "^HTTP/1\.1 $1 "
	expect_out_has "$2"
}
host_says 200 '^winalux' 'Host: localhost\r\n'
host_says 200 '^winalux' 'X: a\r\nhOST:\t[::1]:9105 \t\r\nY:\r\n'
host_says 200 '^winalux' 'Host: 127.0.0.1:\r\n'
host_says 200 '^winalux' '' 1.0
host_says 400 '^the request has no Host$' ''
host_says 400 '^the request has several Hosts$' 'Host: localhost\r\nHost: localhost\r\n'
for value in '' ' ' ' :' ' :80' ' localhost:http' ' localhost:65536' ' localhost evil'; do
	host_says 400 '^the Host of the request is no host$' "Host:$value\r\n"
done
for header in 'Host : localhost' ' Host: localhost' 'Host' ': x' 'X: a\rHost: localhost' 'X: a\r'; do
	host_says 400 '^a header of the request is malformed$' "Host: localhost\r\n$header\r\n"
done
for value in example.org:80 ::1 '[::2]' localhost.example.org 'a:b:1'; do
	host_says 403 '^ask by the name of the loopback' "Host: $value\r\n"
done

it "a head without an end is cut off"
raw "GET /metrics HTTP/1.1\r\nX: $(head -c 9000 /dev/zero | tr '\0' x)"
expect_out_has '^HTTP/1\.1 431 '

it "clients that say nothing keep nobody out"
host=${url#http://} host=${host%%/*}
idle=()
for _ in {1..40}; do
	exec {one}<>"/dev/tcp/${host%:*}/${host##*:}"
	idle+=("$one")
done
[ "$(curl -s -m 5 -o /dev/null -w '%{http_code}' "$url")" = 200 ] || fail "  curl has no answer"
for one in "${idle[@]}"; do exec {one}>&-; done

it "a client that is slow is let go"
begun=$SECONDS
raw 'GET /metr'
[ -s "$SCRATCH/out" ] && fail "  it got an answer"
[ $((SECONDS - begun)) -lt 9 ] || fail "  it was waited for"

it "a service that has gone is told, and the server stays"
stop_service
[ "$(curl -s -m 20 -o "$SCRATCH/out" -w '%{http_code}' "$url")" = 503 ] || fail "  it is not a 503"
start_service "$(daemon running)"
[ "$(curl -s -m 20 -o "$SCRATCH/out" -w '%{http_code}' "$url")" = 200 ] || fail "  it does not come back"

it "SIGTERM ends the server"
stop_server TERM
expect_status 0

it "the other loopback is served as well"
start_server '[::1]:0'
if [ -n "$url" ]; then
	[ "$(curl -g -s -m 5 -o /dev/null -w '%{http_code}' "$url")" = 200 ] || fail "  curl has no answer"
	stop_server INT
	expect_status 0
fi

# --- docs/grafana ---

grafana=$ROOT/docs/grafana
promtool=$("$ROOT/tools/promtool.sh") || promtool=''

# promtool_says SENTENCE ARGUMENT…: a case in which it has nothing to complain of.
promtool_says() {
	it "$1"
	[ -n "$promtool" ] || { skip "tools/promtool.sh --fetch gets promtool"; return; }
	command_line="promtool ${*:2}" status=0
	"$promtool" "${@:2}" <"$SCRATCH/metrics" >"$SCRATCH/out" 2>&1 || status=$?
	[ "$status" = 0 ] || fail "$(sed 's/^/  /' "$SCRATCH/out")"
}

start_service "$(daemon running)"
run --socket "$socket" metrics
cp "$SCRATCH/out" "$SCRATCH/metrics"
promtool_says "promtool finds nothing wrong with the figures" check metrics
promtool_says "promtool finds nothing wrong with the alert rules" check rules "$grafana/alerts.yml"
promtool_says "the alert rules fire when they have to" test rules "$ROOT/tests/data/alerts_test.yml"

# As rules, which it can check: the variables of Grafana have values then.
# shellcheck disable=SC2016
python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
exprs = [t["expr"] for p in d["panels"] for t in p["targets"]]
exprs = [e.replace("$__rate_interval", "5m").replace("$workspace", ".*") for e in exprs]
rules = [{"record": "panel:%d" % i, "expr": e} for i, e in enumerate(exprs)]
json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, open(sys.argv[2], "w"))
' "$grafana/dashboard.json" "$SCRATCH/dashboard.yml"
promtool_says "promtool finds nothing wrong with the dashboard's queries" check rules "$SCRATCH/dashboard.yml"

it "the dashboard is sound"
cp "$grafana/dashboard.json" "$SCRATCH/out"
expect_json 'd["schemaVersion"] >= 38 and len({p["id"] for p in d["panels"]}) == len(d["panels"])'
expect_json 'all(t["expr"] for p in d["panels"] for t in p["targets"])'

it "the dashboard and the rules use figures that there are"
command_line='names in docs/grafana' status=0
sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' "$SCRATCH/metrics" | sort >"$SCRATCH/there"
grep -oh 'winalux_[a-z_]*' "$grafana/dashboard.json" "$grafana/alerts.yml" | sort -u >"$SCRATCH/used"
missing=$(comm -13 "$SCRATCH/there" "$SCRATCH/used")
[ -z "$missing" ] || fail "  not served: $missing"

it "a daemon that has ended is told"
start_service "$(daemon exited)"
run --socket "$socket" metrics
expect_out_has '^winalux_telemetry_up 0$'
