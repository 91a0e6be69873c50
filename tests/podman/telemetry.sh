#!/bin/bash
# SPDX-License-Identifier: MIT
# What a workspace shows of itself, without a daemon that measures whole pods: its own figures, not the host's, and on
# the dashboard at once.
. "$(dirname "$0")/lib.sh"

export WINALUX_TELEMETRY_INTERVAL_S=0

begin_inventory
{
	workspace alice "sidecars: [redis]" 'extra_ports: ["0:7420"]'
	workspace bob
} >>"$inventory"

deploys()
{
	sed -i "s/0:7420/$(free_port; echo "$port"):7420/" "$inventory"
	status 0 deploy
	use_ssh
}

# The dashboard without a login, which would use the processor that is measured: what podman exec starts is nobody's
# child inside.
look() # NAME
{
	podman exec "winalux-$1-dev" task
}

# figure NAME LABEL: the rest of the dashboard's line
figure()
{
	look "$1" | sed -n "s/^  $2 *//p"
}

the_dashboard_is_drawn()
{
	local seen
	seen=$(remote alice task)
	contains "$seen" "W I N A L U X   W O R K S T A T I O N"
	contains "$seen" "Primary Port : 8000 (Web Server) nothing listens"
	contains "$seen" "Extra Port   : 7420"
	contains "$seen" "Admin Port   : 2222 (Internal SSH)"
	contains "$seen" "Connected as developer | Profile: WEB | "
	lacks "$seen" $'\033'
	lacks "$(remote bob task)" SIDECARS
	until_true 25 shows alice "redis 127.0.0.1:6379 up"
}

shows() # NAME TEXT
{
	contains "$(look "$1")" "$2"
}

# What listens is there with the next sample.
a_port_that_is_served_is_shown_so()
{
	remote alice 'python3 -m http.server 8000 >/dev/null 2>&1 &'
	until_true 25 served
}

served()
{
	[ "$(figure alice ".*Primary Port")" = ": 8000 (Web Server)" ]
}

a_busy_loop_is_its_own_and_not_the_neighbours()
{
	until_true 25 calm alice
	remote alice 'timeout 25 sh -c "while :; do :; done" >/dev/null 2>&1 &'
	until_true 25 busy alice
	calm bob
	remote alice 'pkill -f "[w]hile :" || :' # it may be over already
	until_true 25 calm alice
}

# In tenths of a percent of one processor.
load_of() # NAME
{
	local share_x10
	share_x10=$(figure "$1" "CPU Load:" | sed -n 's/^[^0-9]*\([0-9]*\)\.\([0-9]\)%.*/\1\2/p')
	echo $((10#$share_x10 * $(nproc)))
}

# A busy loop gets that much, however much goes on here, and an idle workspace uses far less.
busy() # NAME
{
	[ "$(load_of "$1")" -ge 200 ]
}

calm() # NAME
{
	[ "$(load_of "$1")" -le 50 ]
}

# None of them lives to see a sample.
short_processes_count()
{
	calm bob
	remote bob 'end=$((SECONDS + 30)); while [ $SECONDS -lt $end ]; do /bin/true; (/bin/true &); done' &
	local storm=$!
	until_true 25 busy bob
	kill $storm
}

memory_is_that_of_its_processes()
{
	local before
	before=$(megabytes bob)
	remote bob 'timeout 60 python3 -c "import time; x = b\"x\" * (300 << 20); time.sleep(50)" >/dev/null 2>&1 &'
	until_true 25 grown bob "$before"
	[ "$(megabytes bob)" -lt $((before + 400)) ]
}

megabytes() # NAME
{
	figure "$1" "Memory:" | sed -n 's/^\([0-9]*\)MB .*/\1/p'
}

grown() # NAME BEFORE
{
	[ "$(megabytes "$1")" -ge $(($2 + 290)) ]
}

a_login_shows_it_and_a_command_does_not()
{
	local seen
	seen=$(remote bob 'bash -lc true; bash -ic true' 2>&1)
	lacks "$seen" "STATUS"
	seen=$(echo exit | timeout 120 ssh -F "$work/ssh_config" -tt bob.winalux 2>&1)
	contains "$seen" "STATUS"
	contains "$seen" $'\033['
}

task_with_arguments_is_task()
{
	remote alice 'mkdir -p t && cat >t/Taskfile.yml' <<'END'
version: "3"
tasks:
  hello:
    cmds: ["echo hi {{.CLI_ARGS}}"]
END
	contains "$(remote alice 'cd t && task --list-all')" "hello"
	equal "hi there" "$(remote alice 'cd t && task -s hello -- there')"
	# Was run by itself for ever.
	equal "hi there" "$(remote alice 'cd t && PATH=/usr/lib/winalux/bin/:$PATH timeout 20 task -s hello -- there')"
}

what_is_not_known_is_said()
{
	podman exec --user 0 winalux-bob-dev python3 -c 'open("/run/winalux/metrics", "w").write("garbage")'
	contains "$(remote bob task)" "the figures cannot be read"
	podman exec --user 0 winalux-bob-dev python3 -c 'import os; os.unlink("/run/winalux/metrics")'
	contains "$(remote bob task)" "nothing was measured yet"
}

the_developer_cannot_write_it()
{
	fails remote alice 'echo x >>/run/winalux/metrics'
	contains "$(remote alice task)" " processes"
}

start_service
first "two workspaces come up" deploys
it "task alone draws the dashboard" the_dashboard_is_drawn
it "a port that is served is shown so" a_port_that_is_served_is_shown_so
it "a busy loop is on its own dashboard and not on the neighbour's" a_busy_loop_is_its_own_and_not_the_neighbours
it "processes that live for a moment count" short_processes_count
it "memory is that of the workspace's processes" memory_is_that_of_its_processes
it "a login shows the dashboard, a command does not" a_login_shows_it_and_a_command_does_not
it "task with arguments is Task itself" task_with_arguments_is_task
it "the developer cannot write the figures" the_developer_cannot_write_it
it "figures that are garbage or gone are said to be" what_is_not_known_is_said
