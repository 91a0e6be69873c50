#!/bin/bash
# SPDX-License-Identifier: MIT
# All built-in sidecars but Airflow (airflow.sh) in one workspace, each used over its own protocol.
. "$(dirname "$0")/lib.sh"

export WINALUX_PROFILE_DIR=$top/tests/podman/profiles

free_port
web=$port
free_port
outside=$port
begin_inventory
workspace alice "profile: clients" "extra_ports: [\"$outside:5432\", \"$web:7420\"]" "sidecars:" \
	"  - faktory" \
	"  - {name: redis, config: {maxmemory: 64mb}}" "  - {name: memcached, config: {memory-limit: 32}}" \
	"  - {name: valkey, port: 6380}" \
	"  - {name: rabbitmq, after: postgres, config: {channel_max: 77}}" \
	"  - {name: postgres, environment: {POSTGRES_PASSWORD: \"it's\"}, config: {work_mem: 9MB}}" >>"$inventory"

sidecars=(faktory redis memcached valkey rabbitmq postgres)

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

# A job pushed by one client and fetched and acknowledged by another, by hand: the protocol is lines.
faktory_runs_a_job()
{
	cat >"$work/job.py" <<-'END'
		import json, socket

		class Client:
		    def __init__(self, **hello):
		        self.file = socket.create_connection(("127.0.0.1", 7419), 10).makefile("rw", newline="")
		        assert self.file.readline().startswith("+HI ")
		        self.say("HELLO " + json.dumps({"v": 2, **hello}))

		    def say(self, line):
		        self.file.write(line + "\r\n")
		        self.file.flush()
		        answer = self.file.readline().strip()
		        assert answer[0] in "+$", answer
		        return self.file.readline().strip() if answer[0] == "$" else answer

		job = {"jid": "0123456789ab", "jobtype": "greet", "args": ["world"], "queue": "default"}
		Client().say("PUSH " + json.dumps(job))
		worker = Client(wid="w1", hostname="alice", pid=1, labels=[])
		fetched = json.loads(worker.say("FETCH default"))
		worker.say("ACK " + json.dumps({"jid": fetched["jid"]}))
		print(fetched["jobtype"], *fetched["args"])
	END
	equal "greet world" "$(remote alice python3 - <"$work/job.py")"
	curl -sSf --max-time 20 "http://127.0.0.1:$web/" >"$work/page"
	grep -q Faktory "$work/page"
}

restart_inside() # NAME
{
	remote alice "task sidecar:restart -- $1"
}

# The others go on, and the container is the one that it was.
developer_restarts()
{
	local before
	before=$(podman inspect --format '{{.Id}} {{.State.StartedAt}}' winalux-alice-postgres winalux-alice-redis)
	remote alice "redis-cli info server | grep ^process_id" >"$work/redis.before"
	remote alice "redis-cli -p 6380 info server | grep ^process_id" >"$work/valkey.before"
	contains "$(restart_inside redis)" "redis restarted"
	contains "$(restart_inside postgres)" "postgres restarted"
	fails cmp "$work/redis.before" <(remote alice "redis-cli info server | grep ^process_id")
	cmp "$work/valkey.before" <(remote alice "redis-cli -p 6380 info server | grep ^process_id")
	equal "of-6379" "$(remote alice redis-cli get key)"
	equal kept "$(psql_inside 'SELECT x FROM t')"
	equal "$before" "$(podman inspect --format '{{.Id}} {{.State.StartedAt}}' winalux-alice-postgres \
		winalux-alice-redis)"
	status 201 restart_inside nothing
	contains "$err" "'nothing' does not take restarts"
}

settings_arrive()
{
	contains "$(remote alice redis-cli config get maxmemory)" 67108864
	contains "$(ask alice 11211 'stats settings')" STAT
	remote alice "printf 'stats settings\r\nquit\r\n' | nc 127.0.0.1 11211" >"$work/settings"
	grep -q "maxbytes 33554432" "$work/settings"
	equal 9MB "$(psql_inside 'SHOW work_mem')"
	contains "$(podman exec winalux-alice-rabbitmq cat /run/winalux-rabbitmq.conf)" "channel_max = 77"
}

# PostgreSQL is behind RabbitMQ in the file and starts before it.
order_holds()
{
	[[ $(podman inspect --format '{{.State.StartedAt}}' winalux-alice-postgres) < \
		$(podman inspect --format '{{.State.StartedAt}}' winalux-alice-rabbitmq) ]]
}

only_inside()
{
	remote alice "ss -Hltn" | grep -E ':(5672|6379|6380|11211|25672) ' >"$work/listening"
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
first "a workspace with six sidecars is deployed and its info shows them" deployed
it "Redis keeps a value" redis_keeps 6379
it "Valkey keeps a value, at the port it was given" redis_keeps 6380
it "Memcached keeps a value" memcached_keeps
it "PostgreSQL keeps a row" postgres_keeps
it "a published PostgreSQL wants the password from outside" postgres_from_outside
it "RabbitMQ passes a message on" rabbitmq_passes_a_message
it "Faktory takes a job and gives it to a worker, and its web interface is published" faktory_runs_a_job
it "settings reach each sidecar in its own way" settings_arrive
it "a sidecar starts after those it names" order_holds
it "the developer restarts a sidecar from inside, and the others go on" developer_restarts
it "what is not published listens on the pod's localhost only" only_inside
it "data stay when the workspace is restarted" data_stay
