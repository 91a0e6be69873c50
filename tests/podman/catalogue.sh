#!/bin/bash
# SPDX-License-Identifier: MIT
# Every built-in sidecar in one workspace, each used over its own protocol.
. "$(dirname "$0")/lib.sh"

export WINALUX_PROFILE_DIR=$top/tests/podman/profiles
free_port
outside=$port
begin_inventory
workspace alice "profile: clients" "extra_ports: [\"$outside:5432\"]" "sidecars:" \
	"  - redis" "  - memcached" "  - {name: valkey, port: 6380}" "  - rabbitmq" \
	"  - {name: postgres, environment: {POSTGRES_PASSWORD: \"it's\"}}" >>"$inventory"

sidecars=(redis memcached valkey rabbitmq postgres)

deployed()
{
	local name
	status 0 deploy
	use_ssh
	for name in "${sidecars[@]}"; do
		running "winalux-alice-$name"
	done
	status 0 winalux info alice
	for name in "${sidecars[@]}"; do
		contains "$out" "winalux-alice-$name"
	done
}

redis_keeps()
{
	equal OK "$(remote alice redis-cli -p "$1" set key "of-$1")"
	equal "of-$1" "$(remote alice redis-cli -p "$1" get key)"
}

memcached_keeps()
{
	contains "$(ask alice 11211 'set key 0 0 5\r\nvalue')" STORED
	contains "$(ask alice 11211 'get key')" "VALUE key 0 5"
}

psql_inside() # STATEMENT
{
	remote alice "psql -h 127.0.0.1 -tAc \"$1\""
}

postgres_keeps()
{
	equal "CREATE TABLE" "$(psql_inside 'CREATE TABLE t (x text)')"
	equal "INSERT 0 1" "$(psql_inside "INSERT INTO t VALUES ('kept')")"
	equal kept "$(psql_inside 'SELECT x FROM t')"
}

psql_outside() # PASSWORD
{
	podman run --rm --network host --env PGPASSWORD="$1" localhost/winalux/clients:latest \
		psql -h 127.0.0.1 -p "$outside" -U developer -tAc 'SELECT x FROM t'
}

# The published port leads to the same database, for whoever has the password.
postgres_from_outside()
{
	equal kept "$(psql_outside "it's")"
	fails psql_outside wrong
}

rabbitmq_passes_a_message()
{
	remote alice "amqp-declare-queue -q jobs && amqp-publish -r jobs -b 'a message'"
	equal "a message" "$(remote alice amqp-get -q jobs)"
}

only_inside()
{
	remote alice "ss -Hltn '( sport = 6379 or sport = 6380 or sport = 11211 or sport = 5672 or sport = 25672 )'" \
		>"$work/listening"
	equal 5 "$(wc -l <"$work/listening")"
	equal "" "$(grep -vE '127\.0\.0\.1:[0-9]+ ' "$work/listening")"
}

data_stay()
{
	status 0 winalux restart alice
	equal kept "$(psql_inside 'SELECT x FROM t')"
	equal of-6380 "$(remote alice redis-cli -p 6380 get key)"
}

start_service
first "a workspace with every sidecar is deployed and its info shows them" deployed
it "Redis keeps a value" redis_keeps 6379
it "Valkey keeps a value, at the port it was given" redis_keeps 6380
it "Memcached keeps a value" memcached_keeps
it "PostgreSQL keeps a row" postgres_keeps
it "a published PostgreSQL wants the password from outside" postgres_from_outside
it "RabbitMQ passes a message on" rabbitmq_passes_a_message
it "what is not published listens on the pod's localhost only" only_inside
it "data stay when the workspace is restarted" data_stay
