# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A service whose telemetry daemon has written pages (tests/fake/main/fake_pages.c): alice, bob,
# carol and dora run, erin does not. Sourced by tests/cli/*.sh behind lib.sh.

fakes=$ROOT/build/tests
socket=$SCRATCH/fake.sock
service=''

container() { # NAME STATE
	printf '{"Id":"%s-id","Names":["winalux-%s-dev"],"State":"%s","Labels":{' "$1" "$1" "$2"
	printf '"io.winalux.schema":"1","io.winalux.workspace":"%s","io.winalux.role":"dev",' "$1"
	printf '"io.winalux.telemetry":"pod"}}'
}

daemon() { # STATE
	printf '{"Id":"T","Names":["winalux-telemetry"],"State":"%s","Labels":{' "$1"
	printf '"io.winalux.schema":"1","io.winalux.role":"telemetry"}}'
}

# answers REQUEST [file=PATH]: a case of the script whose body comes on standard input.
answers() {
	printf '>>> GET %s\n<<< 200 repeat %s\n\n' "$1" "${2-}"
	cat
	echo
}

# The pages as they are now, and a service that has them; $1: one more container.
start_service() {
	stop_service
	rm -rf "$SCRATCH/account"
	mkdir "$SCRATCH/account"
	"$fakes/fake-pages" "$SCRATCH/account"
	tar -C "$SCRATCH/account" -cf "$SCRATCH/pages.tar" telemetry
	tar -C "$SCRATCH/account/history" -cf "$SCRATCH/history.tar" alice
	{
		echo OK | answers /_ping
		echo "[$(container alice running),$(container bob running),$(container carol running)," \
			"$(container dora running),$(container erin exited)${1:+,$1}]" |
			answers '/containers/json?all=true'
		echo '[]' | answers /containers/json
		echo '[]' | answers /volumes/json
		answers '/containers/T/archive?path=%2Faccount%2Ftelemetry' "file=$SCRATCH/pages.tar" \
			</dev/null
		answers '/containers/T/archive?path=%2Faccount%2Fhistory%2Falice' \
			"file=$SCRATCH/history.tar" </dev/null
		printf '>>> GET /containers/T/archive\n<<< 404 repeat\n\n{"message":"no such file"}\n'
	} >"$SCRATCH/script"
	start_script
}

# A service that answers by $SCRATCH/script.
start_script() {
	stop_service
	mkfifo "$SCRATCH/ready"
	"$fakes/fake-libpod" "$socket" "$SCRATCH/script" >"$SCRATCH/ready" 2>"$SCRATCH/problems" &
	service=$!
	exec {log}<"$SCRATCH/ready"
	rm "$SCRATCH/ready"
	read -r -t 10 <&"$log"
}

# What was asked for is in $SCRATCH/requests then.
stop_service() {
	[ -n "$service" ] || return 0
	kill "$service"
	cat <&"$log" >"$SCRATCH/requests"
	exec {log}<&-
	wait "$service" 2>/dev/null
	service=''
}
trap 'stop_service; finish_case' EXIT

it "the fakes are there"
if [ ! -x "$fakes/fake-libpod" ] || [ ! -x "$fakes/fake-pages" ]; then
	skip "make programs builds build/tests/fake-libpod and build/tests/fake-pages"
	exit 0
fi
