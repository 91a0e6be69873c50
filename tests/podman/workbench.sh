#!/bin/bash
# SPDX-License-Identifier: MIT
# What is at hand for who works in a workspace: commands, a prompt, warnings, and what programs are told of its limits.
. "$(dirname "$0")/lib.sh"

export WINALUX_PROFILE_DIR=$top/tests/podman/profiles WINALUX_TELEMETRY_INTERVAL_S=0
begin_inventory
{
	workspace alice "profile: shells" "sidecars: [redis]" "cpus: 1" "memory_limit_gb: 2" \
		"environment: [GOMAXPROCS=7]"
	workspace bob "cpus: 1" "cpu_affinity: false" "limit_environment: false"
	workspace carol "cpus: 1" "gate: shell" "limit_environment: false"
} >>"$inventory"

deploys()
{
	status 0 deploy
	use_ssh
}

# typed NAME SHELL LINE…: what a terminal shows of an interactive shell that is given these lines. SHELL "": the login.
typed()
{
	local name=$1 shell=$2
	shift 2
	printf '%s\n' "$@" exit exit | timeout 120 ssh -F "$work/ssh_config" -tt "$name.winalux" ${shell:+"$shell"} 2>&1
}

# Figures that say so much of storage, over those that PID 1 writes every 10 s. Numbers: known, storage_used_bytes in
# struct metrics.
storage_is() # NAME PERCENT
{
	podman exec --user 0 "winalux-$1-dev" pkill -f storage_used_bytes || :
	podman exec -d --user 0 "winalux-$1-dev" python3 -c '# storage_used_bytes
import os, struct, sys, time
page = os.open("/run/winalux/metrics", os.O_RDWR)
while True:
    known = struct.unpack("<I", os.pread(page, 4, 12))[0]
    os.pwrite(page, struct.pack("<I", known | 4), 12)
    os.pwrite(page, struct.pack("<QQ", int(sys.argv[1]) << 30, 100 << 30), 120)
    time.sleep(0.02)' "$2"
	until_true 5 shows_storage "$@"
}

shows_storage() # NAME PERCENT
{
	contains "$(podman exec "winalux-$1-dev" task)" "$2% ($2.00GB / 100GB)"
}

# times TEXT PART
times()
{
	grep -oF -- "$2" <<<"$1" | wc -l
}

# --- commands ---

task_lists_commands_anywhere()
{
	local place name seen
	for place in /home/developer /tmp /; do
		seen=$(remote alice "cd $place && task --list")
		for name in status services logs ports storage memory; do
			contains "$seen" "* $name:"
		done
	done
}

commands_answer()
{
	local seen
	contains "$(remote alice task status)" "W I N A L U X"
	seen=$(remote alice task services)
	contains "$seen" "SERVICES"
	contains "$seen" "cron           started, pid "
	contains "$seen" "redis 127.0.0.1:6379"
	contains "$(remote alice task logs)" " job * started, pid "
	lacks "$(remote alice task logs -- cron)" " job "
	seen=$(remote alice task ports)
	contains "$seen" "2222    ssh"
	contains "$seen" "LISTENING"
	remote alice 'mkdir -p big && head -c 3000000 /dev/zero >big/file'
	contains "$(remote alice 'cd / && task storage')" "MB  /home/developer/big"
	contains "$(remote alice task memory)" "MB "
	contains "$(remote bob task services)" "none in this profile"
}

ones_own_taskfile_is_used_alone()
{
	remote bob 'mkdir -p own/deep && cat >own/Taskfile.yml' <<'END'
version: "3"
tasks:
  mine:
    desc: my own
    cmds: ["echo done"]
END
	local seen
	seen=$(remote bob 'cd own/deep && task --list')
	contains "$seen" "mine"
	lacks "$seen" "storage"
	contains "$(remote bob 'cd own && task -t /usr/lib/winalux/Taskfile.yml --list')" "storage"
	contains "$(remote bob 'cd && task --list')" "storage"
}

# --- limits ---

tells_of_limits() # COMMAND…: prints an environment
{
	local seen
	seen=$("$@" | tr '\0' '\n')
	contains "$seen" "OMP_NUM_THREADS=1"
	contains "$seen" "UV_THREADPOOL_SIZE=4"
	contains "$seen" "GOMAXPROCS=7"
	contains "$seen" "-XX:ActiveProcessorCount=1 -XX:MaxRAM=2048m"
}

variables_reach_everything()
{
	tells_of_limits remote alice env
	tells_of_limits remote alice bash -lc env
	tells_of_limits podman exec --user developer winalux-alice-dev env
	# shellcheck disable=SC2016 # the service of the profile, looked for inside
	tells_of_limits remote alice 'cat /proc/$(pgrep -of "sleep infinity")/environ'
	lacks "$(remote bob env)" OMP_NUM_THREADS
}

the_guest_is_told_of_the_opt_out()
{
	contains "$(podman exec winalux-bob-dev cat /etc/winalux/guest.conf)" $'affinity\toff'
	lacks "$(podman exec winalux-alice-dev cat /etc/winalux/guest.conf)" affinity
}

# processors NAME PID: how many that process may run on
processors()
{
	remote "$1" "python3 -c 'import os; print(len(os.sched_getaffinity($2)))'"
}

programs_see_their_share_of_processors()
{
	equal 1 "$(remote alice env -u OMP_NUM_THREADS nproc)"
	equal 1 "$(processors alice 0)"
	# shellcheck disable=SC2016 # the service of the profile, looked for inside
	equal 1 "$(processors alice "$(remote alice 'pgrep -of "sleep infinity"')")"
	equal "$(nproc)" "$(processors bob 0)"
}

# Podman starts it outside of all that PID 1 has narrowed; the guard of the shells takes it in.
a_shell_that_passes_the_gate_sees_the_share_too()
{
	equal 1 "$(winalux exec carol -- bash -c nproc)"
}

# --- prompts ---

# Without carriage returns and what moves the cursor or changes colours.
plain()
{
	tr -d '\r' | sed 's/\x1b(B//g; s/\x1b\[[0-9;?]*[a-zA-Z]//g'
}

shells_prompt_alike()
{
	local shell seen
	remote alice touch .zshrc # or zsh asks
	for shell in "" bash "bash -l" zsh fish; do
		seen=$(LANG=C.UTF-8 TERM=xterm typed alice "$shell" "echo x" | plain)
		contains "$seen" "(venv) ➜ ~ \$ "
	done
	seen=$(TERM=dumb typed alice "env LC_ALL=C bash" "echo x")
	contains "$seen" "(venv) -> ~ \$ "
	lacks "$seen" $'\033[1;32m'
	for shell in bash zsh; do
		contains "$(TERM=xterm-256color typed alice "$shell" "echo x")" $'32m➜'
		contains "$(TERM=xterm-256color typed alice "env NO_COLOR=1 $shell" "echo x")" "➜ ~ \$ "
	done
}

an_activated_environment_is_named_once()
{
	local seen
	remote alice 'python3 -m venv --without-pip other'
	seen=$(TERM=dumb typed alice "bash" ". other/bin/activate" "echo x")
	contains "$seen" "(other) ➜ ~ \$ "
	lacks "$seen" "(other) (venv)"
}

# As VS Code's shell integration does: an init file that reads the developer's own, wraps PS1 and watches commands.
an_editor_wraps_the_prompt()
{
	remote alice 'cat >integration' <<-'END'
		if [ -n "$AS_LOGIN" ]; then . /etc/profile; fi
		. ~/.bashrc
		wrapped= PROMPT_COMMAND=wrap
		wrap() { [ "$PS1" = "$wrapped" ] || { wrapped="<<$PS1>>" PS1=$wrapped; }; }
		trap 'seen=1' DEBUG
	END
	local login
	for login in "" 1; do
		contains "$(typed alice "AS_LOGIN=$login TERM=dumb bash --init-file integration" "echo x")" \
			"<<(venv) ➜ ~ \$ >>"
	done
	storage_is alice 82
	equal 1 "$(times "$(typed alice "bash --init-file integration" "echo x")" "Storage is 82% full")"
	storage_is alice 10
}

ones_own_prompt_wins()
{
	remote bob 'echo "PS1=\"mine> \"" >>.bashrc'
	contains "$(TERM=dumb typed bob "" "echo x")" "mine> "
	contains "$(TERM=dumb typed bob bash "echo x")" "mine> "
}

# --- warnings ---

storage_warns_once_in_a_session()
{
	local seen shell
	storage_is alice 81
	seen=$(typed alice "" "bash" "echo x" exit)
	equal 2 "$(times "$seen" "Storage is 81% full")" # on the dashboard and by the prompt
	for shell in bash zsh fish; do
		storage_is alice 96
		seen=$(typed alice "$shell" "$shell" "echo x" exit)
		equal 1 "$(times "$seen" "Storage is 96% full")"
		lacks "$seen" "W I N A L U X"
	done
	storage_is alice 79
	lacks "$(typed alice bash "echo x")" "Storage is"
}

nothing_is_printed_without_a_terminal()
{
	local shell
	storage_is alice 99
	for shell in "bash -lc true" "bash -ic true" "zsh -ic true" "fish -ic true" true; do
		equal "" "$(remote alice "$shell" 2>/dev/null)"
	done
	printf 'true\n' | remote alice >"$work/out" 2>/dev/null
	equal "" "$(<"$work/out")"
}

# The fastest of thirty interactive shells, in microseconds.
startup() # RCFILE
{
	remote bob "bash -c 'least=9999999; for i in {1..30}; do begin=\${EPOCHREALTIME/./}
		env -u WINALUX_WARNED script -qec \"bash --rcfile $1 -i -c true\" /dev/null >/dev/null </dev/null
		took=\$((\${EPOCHREALTIME/./} - begin)); [ \$took -gt \$least ] || least=\$took; done; echo \$least'"
}

a_shell_begins_as_fast()
{
	local with without
	remote bob 'grep -v winalux /etc/bash.bashrc >plain'
	without=$(startup plain)
	with=$(startup /etc/bash.bashrc)
	echo "with $with us, without $without us"
	[ $((with - without)) -lt 5000 ]
}

start_service
first "three workspaces come up" deploys
it "task lists commands in any directory" task_lists_commands_anywhere
it "its commands answer without root" commands_answer
it "a Taskfile of one's own is used alone" ones_own_taskfile_is_used_alone
it "variables tell of limits in sessions, execs and services" variables_reach_everything
it "programs see their share of processors" programs_see_their_share_of_processors
it "a shell that passes the gate from podman exec sees the share too" a_shell_that_passes_the_gate_sees_the_share_too
it "the guest is told to leave the affinity alone" the_guest_is_told_of_the_opt_out
it "bash, zsh and fish show the prompt" shells_prompt_alike
it "an activated environment is named once" an_activated_environment_is_named_once
it "an editor may wrap the prompt" an_editor_wraps_the_prompt
it "a prompt of one's own wins" ones_own_prompt_wins
it "storage that is nearly used up is said once in a session" storage_warns_once_in_a_session
it "sessions without a terminal get nothing" nothing_is_printed_without_a_terminal
it "an interactive shell begins within 5 ms as fast" a_shell_begins_as_fast
